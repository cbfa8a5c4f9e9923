"""Words of the pictures to learn from: what is wrong with them, leaving some out, mirrored ones."""

WORDS = {
    "pictures.choose_tree": ("Choose a folder", "选择文件夹"),
    "pictures.reading": ("Reading the pictures: {done} of {total}", "正在读取图片：{done} / {total}"),
    "pictures.fetching": ("Fetching from the Hub: {done} of {total}", "正在从 Hub 获取：{done} / {total}"),
    "pictures.hub": ("From the Hub", "来自 Hub"),
    "pictures.hub.label": ("user/name of a data set on the Hugging Face Hub", "Hugging Face Hub 上的数据集：用户/名称"),
    "pictures.hub.bring": ("Fetch", "获取"),
    "pictures.hub.asking": ("Asking the Hub what there is…", "正在询问 Hub…"),
    "pictures.hub.help": (
        "Or the address of its page. user/name:test takes another part, user/name?image=photo&label=kind other columns. Only what is "
        "needed is fetched.",
        "也可以粘贴网页地址。用户/名称:test 选择其他部分，用户/名称?image=列名&label=列名 选择其他列。只获取需要的部分。",
    ),
    "pictures.hub.from": ("From {page}. Licence: {licence}.", "来自 {page}。许可：{licence}。"),
    "pictures.hub.no_licence": ("not stated", "未说明"),
    "train.says.fetching": (
        "Fetching the pictures from the Hub: {done} of {total}.",
        "正在从 Hub 获取图片：{done} / {total}。",
    ),
    "pictures.checking": ("Checking the pictures…", "正在检查图片…"),
    "pictures.stop": ("Stop checking", "停止检查"),
    "pictures.stopped": (
        "Not checked. Training works all the same.",
        "没有检查完，不影响训练。",
    ),
    "pictures.again": ("Check again", "重新检查"),
    "pictures.marked": ("{count} pictures are worth a look", "有 {count} 张图片值得看一看"),
    "pictures.marked.one": ("1 picture is worth a look", "有 1 张图片值得看一看"),
    "pictures.clean": ("Nothing wrong was found with these pictures.", "没有发现有问题的图片。"),
    "pictures.out_all": ("Leave out all marked", "略去全部标出的图片"),
    "pictures.in_all": ("Use them all again", "全部重新使用"),
    "pictures.out": ("Leave out", "略去"),
    "pictures.in": ("Use", "使用"),
    "pictures.others": ("The others. Click a picture to leave it out.", "其余图片。点一下即可略去某张。"),
    "pictures.sample": (
        "{count} of the others. Click a picture to leave it out.",
        "其余图片中的 {count} 张。点一下即可略去某张。",
    ),
    "pictures.more": ("and {count} more like these", "还有 {count} 张类似的"),
    "pictures.is_out": ("left out", "已略去"),
    "pictures.left_out": ("{count} pictures are left out of the training.", "训练时将略去 {count} 张图片。"),
    "pictures.left_out.one": ("1 picture is left out of the training.", "训练时将略去 1 张图片。"),
    "pictures.checked_some": (
        "{checked} of {count} pictures were checked, evenly spread.",
        "从 {count} 张图片中均匀抽查了 {checked} 张。",
    ),
    "pictures.flip": ("Mirrored pictures", "镜像图片"),
    "pictures.flip.ask": (
        "One of the pictures, and mirrored. Do both look right?",
        "左边是其中一张图片，右边是它的镜像。两张看起来都对吗？",
    ),
    "pictures.flip.yes": ("Yes, learn from both", "都对，一起学"),
    "pictures.flip.no": ("No", "不对"),
    "pictures.flip.original": ("The picture", "原图"),
    "pictures.flip.mirrored": ("Mirrored", "镜像"),
    "pictures.private": (
        "Your pictures stay on this computer: they are read, checked and learned here, and sent nowhere.",
        "图片只留在这台电脑上：读取、检查和学习都在这里完成，不会发送到任何地方。",
    ),
    "pictures.private.shared": (
        "Your pictures go to the machine that runs this app and nowhere else. They are deleted after a day, unless a training uses them.",
        "图片只会传到运行本应用的机器上，不会发往别处。没有训练使用的图片一天后会被删除。",
    ),
    "train.fit.smart": ("Smart crop", "智能裁剪"),
    # what is wrong with one; in English the app's own words are shown
    "check.copy": ("It is nearly the same as {name}.", "与 {name} 几乎一样。"),
    "check.blank": ("It is all one colour.", "整张只有一种颜色。"),
    "check.blurred": ("It is much less sharp than the others.", "比其他图片模糊得多。"),
    "check.tiny": (
        "It has only {width} × {height} pixels; the network sees {size}.",
        "只有 {width} × {height} 像素，而网络要看 {size} 像素。",
    ),
    "check.long": ("It is {width} × {height}, far from a square.", "尺寸为 {width} × {height}，离正方形太远。"),
    "check.odd": ("It looks unlike all the others.", "与其他图片都不像。"),
    "note.most_tiny": (
        "{count} of {total} pictures are smaller than the {size} pixels at which the network sees them. Choose a smaller size.",
        "{total} 张图片中有 {count} 张小于网络要看的 {size} 像素，请选小一些的尺寸。",
    ),
    "note.most_long": (
        "{count} of {total} pictures are far from square: at least twice as long as wide, or the other way round.",
        "{total} 张图片中有 {count} 张离正方形很远：一边至少是另一边的两倍。",
    ),
    "note.table_other": (
        "{name} was not used for classes: it names {count} of {total} pictures.",
        "没有用 {name} 来分类：它只列出了 {total} 张图片中的 {count} 张。",
    ),
    "note.table_no_labels": (
        "{name} was not used for classes: it has no column of labels.",
        "没有用 {name} 来分类：里面没有标签列。",
    ),
    "note.table_classes": (
        "{name} was not used for classes: it gives {classes} different labels to {total} pictures.",
        "没有用 {name} 来分类：{total} 张图片却有 {classes} 种标签。",
    ),
    "skipped.no_label": ("it has no label in the table", "标签表里没有它的标签"),
    "note.hub_columns": (
        "The pictures come from the column “{image}”, their classes from “{label}”.",
        "图片取自“{image}”列，类别取自“{label}”列。",
    ),
    "note.hub_column": ("The pictures come from the column “{image}”.", "图片取自“{image}”列。"),
    "note.hub_capped": (
        "{count} of {total} pictures are used, evenly taken: at most {most}, or {size} MB, are fetched from the Hub.",
        "使用 {total} 张图片中均匀取出的 {count} 张：从 Hub 最多取 {most} 张或 {size} MB。",
    ),
    "note.not_there": (
        "{count} of the names to leave out are not among these pictures.",
        "要略去的名称中有 {count} 个不在这些图片里。",
    ),
}
