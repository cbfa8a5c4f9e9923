"""Words of the photo tool."""

WORDS = {
    "tool.photo": ("Photo", "照片"),
    "photo.title": ("My own picture", "我的图片"),
    "photo.help": (
        "The studio looks for the point in latent space whose picture is nearest to yours (inversion). From then on it is a picture like any other: "
        "sliders, mixing, morphing all work on it. The model can only draw what it has learned: a face model makes a face of everything.",
        "工作室会在潜空间中寻找与你的图片最接近的位置(反演)。找到之后，它就和其他图片一样，可以用滑块调整、混合和渐变。模型只会画它学过的东西：人脸模型会把一切都画成脸。",
    ),
    "photo.bring": ("Choose a picture, drop it here, or paste it.", "选择一张图片，拖到这里，或者直接粘贴。"),
    "photo.choose": ("Choose a picture", "选择图片"),
    "photo.camera": ("Take a photo", "拍照"),
    "photo.promise": (
        "Your picture stays on this machine and is not kept.",
        "图片只在本机上处理，不会保存。",
    ),
    "photo.promise_space": (
        "The square you cut is sent to this Space for the search and is not stored.",
        "裁好的方块会发送到这个 Space 用于寻找，不会被存储。",
    ),
    "photo.crop": (
        "The part that is used. Drag it, or use the arrow keys; + and − change its size.",
        "要使用的部分。可以拖动，或用方向键移动；用 + 和 − 缩放。",
    ),
    "photo.turn": ("Turn by 90°", "旋转 90°"),
    "photo.mirror": ("Mirror", "左右翻转"),
    "photo.zoom": ("Size", "大小"),
    "photo.tilt": ("Tilt", "角度"),
    "photo.sees": ("What the model sees", "模型看到的样子"),
    "photo.sees_help": (
        "Cut it the way the model's own pictures look: same distance, same pose.",
        "请参照模型自己的图片来裁剪：相近的远近和姿势，效果最好。",
    ),
    "photo.any_class": ("Find the class too", "类别也一起找"),
    "photo.find": ("Find it", "开始寻找"),
    "photo.other": ("Another picture", "换一张图片"),
    "photo.yours": ("Yours", "你的图片"),
    "photo.found": ("Found", "找到的"),
    "photo.stop": ("Stop here", "到此为止"),
    "photo.waiting": ("Waiting for others…", "正在等待其他人…"),
    "photo.learning": (
        "Getting to know the model. Only the first time…",
        "正在熟悉这个模型，只有第一次需要…",
    ),
    "photo.searching": ("Searching…", "正在寻找…"),
    "photo.left": ("About {n} s.", "大约还要 {n} 秒。"),
    "photo.stopped": ("Stopped before anything was found.", "还没有找到结果就停止了。"),
    "photo.close": ("Very close", "非常接近"),
    "photo.close_help": ("The model can draw this picture almost exactly.", "模型几乎能原样画出这张图片。"),
    "photo.alike": ("Recognisable", "认得出来"),
    "photo.alike_help": (
        "The model has its own way of drawing it; details differ.",
        "模型用自己的方式画了出来，细节有所不同。",
    ),
    "photo.mood": ("Only the mood", "只有几分神似"),
    "photo.mood_help": (
        "The colours and rough shapes are there, not more. A closer cut may come nearer.",
        "颜色和大致形状还在，但也仅此而已。裁得更准一些，也许会更接近。",
    ),
    "photo.strange": (
        "The picture is unlike what this model has learned; another model may suit it better.",
        "这张图片和这个模型学过的不一样，换一个模型也许更合适。",
    ),
    "photo.early": ("It was stopped early.", "寻找提前停止了。"),
    "photo.use": ("Use it", "使用它"),
    "photo.used": ("This is your picture now: all sliders work on it.", "现在就是你的图片了：所有滑块都可以用。"),
    "photo.again": ("Cut again", "重新裁剪"),
    "photo.second": ("Morph to a second photo", "渐变到第二张照片"),
    "photo.morph": ("Morph between the two", "在两张之间渐变"),
    "photo.first": ("First photo. Now bring the second.", "第一张照片。现在请选择第二张。"),
    "photo.forget": ("Forget it", "不用了"),
    "photo.svg": (
        "SVG drawings cannot be opened here. Save it as PNG first.",
        "这里无法打开 SVG 图形。请先另存为 PNG。",
    ),
    "photo.large": (
        "This file is larger than 200 MB. Choose a smaller one.",
        "这个文件超过 200 MB，请选择小一些的。",
    ),
    "photo.cannot": (
        "This browser cannot open that picture. Save it as JPEG or PNG first.",
        "浏览器无法打开这张图片。请先另存为 JPEG 或 PNG。",
    ),
}
