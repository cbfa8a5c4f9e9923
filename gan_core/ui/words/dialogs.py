"""Words of the frame's dialogs: settings, keys, about."""

WORDS = {
    "settings.title": ("Settings", "设置"),
    "settings.language": ("Language", "语言"),
    "settings.language.auto": ("As the browser", "跟随浏览器"),
    "settings.language.en": ("English", "English"),
    "settings.language.zh-CN": ("简体中文", "简体中文"),
    "settings.theme": ("Appearance", "外观"),
    "settings.theme.system": ("As the system", "跟随系统"),
    "settings.theme.light": ("Light", "浅色"),
    "settings.theme.dark": ("Dark", "深色"),
    "settings.motion": ("Motion", "动画"),
    "settings.motion.system": ("As the system", "跟随系统"),
    "settings.motion.less": ("Less", "减少"),
    "settings.kept": (
        "Kept in this browser only, as is all that the tabs remember.",
        "设置只保存在这个浏览器中，各页记住的内容也是如此。",
    ),
    "settings.reset": ("Reset everything", "全部重置"),
    "settings.reset_what": (
        "Deletes what this browser keeps for this page: settings, the pictures you visited, the way back, the order of your sliders, "
        "the journey you are working on, and on a Space the proof that trainings there are yours. Models and trainings themselves stay.",
        "将删除这个浏览器为本页保存的内容：设置、看过的图片、撤销记录、滑块顺序、正在编辑的旅程；在 Space 上还包括“训练属于你”的凭证。模型和训练本身不受影响。",
    ),
    "settings.reset_favourites": (
        "Your favourites ({count}) go, too; save them as a file first if you want to keep them.",
        "收藏（{count} 个）也会一并删除；如需保留，请先存为文件。",
    ),
    "settings.reset_do": ("Reset…", "重置…"),
    "settings.reset_ask": (
        "Delete all of it from this browser? It cannot be undone.",
        "要从这个浏览器中全部删除吗？此操作无法撤销。",
    ),
    "settings.reset_yes": ("Delete", "删除"),
    "settings.reset_no": ("Keep", "保留"),
    "keys.title": ("Keyboard shortcuts", "键盘快捷键"),
    "keys.everywhere": ("Everywhere", "所有页面"),
    "keys.space": ("Space", "空格"),
    "keys.sheet": ("Show these shortcuts", "显示本页快捷键"),
    "keys.next": ("Next or previous control", "下一个或上一个控件"),
    "keys.row": (
        "Along a row of tabs, tools or choices; a slider by one step",
        "在一排标签、工具或选项间移动；滑块移动一步",
    ),
    "keys.close": ("Close a menu or dialog", "关闭菜单或对话框"),
    "keys.undo": ("Undo", "撤销"),
    "keys.redo": ("Redo", "重做"),
    "keys.surprise": ("Surprise me: another picture", "随机换一张"),
    "keys.favourite": ("Keep as a favourite, or no longer", "收藏或取消收藏"),
    "keys.travel": ("On the picture: travel", "选中图片时：移动"),
    "keys.travel_fine": ("On the picture: in small steps", "选中图片时：小步移动"),
    "keys.home": ("On the picture: back to the start", "选中图片时：回到起点"),
    "keys.strip": ("In the strip below: along the pictures", "在下方图片条中：前后移动"),
    "keys.strip_remove": ("In the strip below: remove a favourite", "在下方图片条中：移除收藏"),
    "keys.map": ("On the map: point", "在地图上：指向"),
    "keys.map_go": ("On the map: go there", "在地图上：前往"),
    "keys.map_zoom": ("On the map: closer or farther", "在地图上：放大或缩小"),
    "keys.play": ("Play or pause", "播放或暂停"),
    "keys.frames": ("On a keyframe: the one before or after", "选中关键帧时：前一个或后一个"),
    "keys.frames_move": ("On a keyframe: move it", "选中关键帧时：移动它"),
    "keys.frames_remove": ("On a keyframe: remove it", "选中关键帧时：删除它"),
    "keys.field": ("On the field, while you draw: move", "绘制时在画布上：移动"),
    "keys.field_put": ("On the field, while you draw: put a point", "绘制时在画布上：放一个点"),
    "about.title": ("About", "关于"),
    "about.what": (
        "Latent Studio draws pictures with GANs and VAEs, trains them, and lets you move through what they learned. "
        "Every picture made here is invented by a machine; saved files say so.",
        "潜空间工作室用 GAN 和 VAE 生成图片、训练模型，让你在模型学到的空间里漫游。这里的每张图片都由机器虚构，保存的文件中会注明。",
    ),
    "about.privacy": ("What happens to your data", "你的数据去了哪里"),
    "about.privacy.drawn": (
        "Pictures are drawn by the computer that runs this app. Nothing is counted, measured or reported to anybody.",
        "图片由运行本应用的电脑生成。不统计、不上报任何信息。",
    ),
    "about.privacy.home": (
        "Here that is your own computer: your pictures, trainings and models do not leave it.",
        "在这里就是你自己的电脑：你的图片、训练和模型都不会离开它。",
    ),
    "about.privacy.space": (
        "Here that is a server on the Hugging Face Hub that strangers share. Nobody else sees your pictures, trainings or models, "
        "but do not bring what must not leave your computer.",
        "这里是 Hugging Face Hub 上由许多人共用的服务器。别人看不到你的图片、训练和模型，但请勿上传不能离开你电脑的内容。",
    ),
    "about.privacy.home_kept": (
        "What you train or import stays until you delete it. Pictures sent for a training that is gone are deleted after a day; "
        "a photo in “My own picture” is never written to the disk.",
        "训练和导入的模型会一直保留，直到你删除。为训练上传的图片在不再使用一天后删除；“照片”中的图片不会写入磁盘。",
    ),
    "about.privacy.space_kept": (
        "Uploads and finished files are deleted {minutes} minutes after they were last used, trainings and imported models after a day, and all of "
        "it when the Space restarts. A photo in “My own picture” is never written to the disk.",
        "上传的文件和生成的文件在最后一次使用 {minutes} 分钟后删除，训练和导入的模型一天后删除；Space 重启时全部清空。“照片”中的图片不会写入磁盘。",
    ),
    "about.privacy.browser": (
        "Settings, favourites and the pictures you visited are kept in this browser and sent nowhere.",
        "设置、收藏和看过的图片保存在这个浏览器里，不会发送到任何地方。",
    ),
    "about.privacy.hub": (
        "Only when you ask for it does the app speak to the Hugging Face Hub: to look for, fetch or publish models and data sets.",
        "只有在你要求时，应用才会连接 Hugging Face Hub：查找、下载或发布模型和数据集。",
    ),
    "about.machine": ("This app and this machine", "应用与运行环境"),
    "about.device": ("Computes on", "计算设备"),
    "about.cpu": ("the processor ({threads} threads)", "处理器（{threads} 个线程）"),
    "about.why.no_gpu": (
        "{device}, {dtype}: PyTorch found no graphics card that it can use",
        "{device}，{dtype}：PyTorch 没有找到可用的显卡",
    ),
    "about.why.gpu": ("{device}, {dtype}: the fastest that PyTorch found", "{device}，{dtype}：PyTorch 找到的最快设备"),
    "about.why.asked": (
        "{device}, {dtype}: as asked for when the app was started",
        "{device}，{dtype}：按启动时的指定",
    ),
    "about.memory": ("Memory", "内存"),
    "about.memory_of": ("{used} in use by the app, of {most}", "应用占用 {used}，共 {most}"),
    "about.report": ("Copy for a bug report", "复制用于问题报告"),
    "about.folders": ("Folders", "文件夹"),
    "about.folder.weights": ("Included models", "自带模型"),
    "about.folder.runs": ("Your trainings", "你的训练"),
    "about.folder.imported": ("Imported models", "导入的模型"),
    "about.folder.hub": ("Fetched from the Hub", "从 Hub 下载"),
    "about.licences": ("Licences", "许可"),
    "about.licence_app": (
        "The app is under the MIT licence. The included models have the licence of the pictures they learned from, here beside each; "
        "below them the included pictures and whose work they are.",
        "本应用采用 MIT 许可。自带模型沿用其训练图片的许可，列在各自旁边；其后是自带图片及其来源。",
    ),
    "about.unknown": ("not stated", "未注明"),
    "about.programs": ("For programs", "供程序调用"),
    "about.programs_what": (
        "Programs ask this app for pictures, too: render, morph, grid, invert and list_models.",
        "程序也可以向本应用请求图片：render、morph、grid、invert 和 list_models。",
    ),
    "about.programs_python": ("Example in Python", "Python 示例"),
    "about.programs_js": ("Example in JavaScript", "JavaScript 示例"),
    "about.programs_more": (
        "Files that the app hands out are deleted after an hour.",
        "应用提供的文件会在一小时后删除。",
    ),
    "about.copy": ("Copy", "复制"),
    "about.copied": ("Copied", "已复制"),
    "about.copy_failed": ("The browser did not allow copying", "浏览器不允许复制"),
}
