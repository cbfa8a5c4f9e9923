"""Words of history and favourites, of opening saved pictures and of links."""

WORDS = {
    "history.strip": ("Pictures you visited or keep", "看过的和收藏的图片"),
    "history.visited": ("Visited", "看过"),
    "history.favourites": ("Favourites", "收藏"),
    "history.star": ("Keep as a favourite (F)", "收藏(F)"),
    "history.unstar": ("No longer a favourite (F)", "取消收藏(F)"),
    "history.kept": ("Kept as a favourite", "已收藏"),
    "history.removed": ("Removed from your favourites", "已从收藏中移除"),
    "history.undo": ("Undo", "撤销"),
    "history.more": ("More about pictures you keep", "更多收藏操作"),
    "history.open": ("Open a saved picture", "打开保存的图片"),
    "history.export": ("Save all favourites as a file", "把全部收藏存为文件"),
    "history.import": ("Add favourites from a file", "从文件添加收藏"),
    "history.go": ("Go there", "前往"),
    "history.keep": ("Keep as a favourite", "收藏"),
    "history.rename": ("Give it a name", "命名"),
    "history.name": ("Name", "名称"),
    "history.left": ("Move left", "左移"),
    "history.right": ("Move right", "右移"),
    "history.remove": ("Remove", "移除"),
    "history.seed": ("seed {seed}", "种子 {seed}"),
    "history.between": ("between pictures", "图片之间"),
    "history.place": ("a place without a seed", "没有种子的位置"),
    "history.item": ("{title}, {n} of {count}", "{title}，第 {n} 个，共 {count} 个"),
    "history.empty": (
        "Press F or the star to keep the picture you are looking at.",
        "按 F 键或点星标，即可收藏正在看的图片。",
    ),
    "history.not_kept": (
        "This browser keeps nothing for this page. Save your favourites as a file before you close it.",
        "这个浏览器不会为本页保存内容。关闭前，请把收藏存为文件。",
    ),
    "history.model_gone": (
        "This picture was made with the model “{model}”, which is not here any more. It stays in the strip.",
        "这张图片是用模型“{model}”生成的，而该模型已不在这里。图片仍会留在列表中。",
    ),
    "history.full": (
        "There is room for {most} favourites. Remove some, or save them as a file first.",
        "最多收藏 {most} 张图片。请先移除一些，或先存为文件。",
    ),
    "history.file_large": (
        "This file is too large to be favourites (at most {most} MB).",
        "这个文件太大，不像是收藏文件（最大 {most} MB）。",
    ),
    "history.file_foreign": (
        "This is not a file of favourites. Choose one that was saved here with “Save all favourites as a file”.",
        "这不是收藏文件。请选择用“把全部收藏存为文件”保存的文件。",
    ),
    "history.file_newer": (
        "A newer version of this app wrote these favourites. Update the app to read them.",
        "这个收藏文件由更新版本的应用写入。请更新应用后再读取。",
    ),
    "history.file_many": (
        "Together that would be more than {most} favourites. Remove some first.",
        "合计会超过 {most} 个收藏。请先移除一些。",
    ),
    "history.file_damaged": (
        "Nothing in this file can be read as a favourite. Use the original file.",
        "这个文件里没有可读取的收藏。请使用原始文件。",
    ),
    "history.imported": ("Favourites added: {added}", "已添加收藏：{added} 个"),
    "history.imported_known": (
        "Favourites added: {added} (already here: {known})",
        "已添加收藏：{added} 个（已有 {known} 个）",
    ),
    "history.imported_bad": (
        "Favourites added: {added}. Left out because they could not be read: {bad}",
        "已添加收藏：{added} 个。无法读取而略过：{bad} 个",
    ),
    "open.drop": ("Drop a saved picture to go back to its place", "拖放保存的图片，回到它所在的位置"),
    "open.back": ("This is where the picture was saved", "已回到这张图片保存时的位置"),
    "open.model": (
        "This picture needs the model “{model}”, which is not here. Nothing was changed.",
        "这张图片需要模型“{model}”，而它不在这里。当前内容没有改变。",
    ),
    "open.model_hub": (
        "This picture needs the model {model} from the Hugging Face Hub. Load it in the Models tab, then open the picture again.",
        "这张图片需要 Hugging Face Hub 上的模型 {model}。请先在“模型”页载入它，再打开这张图片。",
    ),
    "open.models": ("Go to Models", "前往“模型”"),
    "open.no_point": (
        "This picture was not saved here, or lost its place on the way (chats and photo apps often remove it). Use the original PNG.",
        "这张图片不是在这里保存的，或者位置信息在转发途中丢失了（聊天和相册软件常会去掉）。请使用原始 PNG 文件。",
    ),
    "open.find": ("Find it in the latent space", "在潜空间中寻找它"),
    "open.damaged": (
        "The point saved in this picture is damaged. Use the picture's original file.",
        "这张图片里保存的位置信息已损坏。请使用原始文件。",
    ),
    "open.unknown": (
        "This file is neither a picture nor a file of favourites. Choose a PNG that was saved here.",
        "这个文件既不是图片，也不是收藏文件。请选择在这里保存的 PNG。",
    ),
    "history.link_damaged": (
        "This link does not lead to a picture: it is damaged or incomplete. Ask for it again.",
        "这个链接无法打开图片：链接已损坏或不完整。请重新索取。",
    ),
    "history.link_model": (
        "This link needs the model “{model}”, which is not here. Here is another picture.",
        "这个链接需要模型“{model}”，而它不在这里。先看看别的图片吧。",
    ),
    "history.link_load": ("Load it from the Hub", "从 Hub 加载"),
    "history.link_long": (
        "A link to this place would be too long to send. Save the picture instead: whoever opens the PNG here gets to the same place.",
        "这个位置的链接太长，不便发送。请改为保存图片：在这里打开该 PNG 即可回到同一位置。",
    ),
}
