"""Words of the exported page: key -> (English, 简体中文)."""

WORDS = {
    "unpacking": ("Unpacking the model…", "正在解压模型…"),
    "starting": ("Waking the model…", "正在启动模型…"),
    "old": (
        "This browser is too old for this page. Open it with a current Chrome, Edge, Firefox or Safari.",
        "浏览器版本过旧，无法打开本页。请使用新版 Chrome、Edge、Firefox 或 Safari。",
    ),
    "failed": ("The model could not be started in this browser.", "模型无法在此浏览器中启动。"),
    "picture": (
        "The picture. Drag it, or use the arrow keys, to travel; with Shift in small steps. Home goes back to the start.",
        "图片。拖动图片或按方向键即可漫游，按住 Shift 走小步，按 Home 键回到起点。",
    ),
    "hint": ("Drag me. Scroll: how typical", "拖动图片即可漫游，滚轮调节典型程度"),
    "seed": ("Picture no.", "第几张"),
    "previous": ("Previous picture", "上一张"),
    "next": ("Next picture", "下一张"),
    "surprise": ("Surprise me", "随机一张"),
    "save": ("Save picture", "保存图片"),
    "class": ("Kind", "类别"),
    "class_seed": ("As the number says", "由编号决定"),
    "typical": ("How typical", "典型程度"),
    "average": ("average", "平均"),
    "daring": ("daring", "大胆"),
    "morph": ("Morph into another", "渐变到另一张"),
    "morph_to": ("no.", "编号"),
    "morph_place": ("How far on the way", "渐变进度"),
    "morph_other": ("Another end", "换一个终点"),
    "play": ("Play", "播放"),
    "pause": ("Pause", "暂停"),
    "change": ("Change", "调整"),
    "direction": ("Direction {n}", "方向 {n}"),
    "reset": ("Reset", "全部复位"),
    "more": ("More sliders", "更多滑块"),
    "fewer": ("Fewer sliders", "收起滑块"),
    "to_dark": ("Dark colours", "深色模式"),
    "to_light": ("Light colours", "浅色模式"),
    "invented": (
        "Every picture here is invented by a model. Say so where you show one.",
        "这里的每张图片都由模型生成。展示时请注明。",
    ),
    "data": ("Learned from", "学习自"),
    "licence": ("Licence", "许可"),
    "people": ("People", "人物"),
    "made": ("Made with", "制作工具"),
    "keys": ("Keys", "快捷键"),
    "keys_help": (
        "R: surprise me. N, P: next and previous picture. M: play the morph. S: save. On the picture: arrow keys travel, Shift makes "
        "them finer, Home goes back. A double click on a slider sets it back.",
        "R：随机一张。N、P：下一张、上一张。M：播放渐变。S：保存。选中图片时：方向键漫游，Shift 走小步，Home 回到起点。双击滑块可复位。",
    ),
    "inside": ("What is inside this page", "本页包含什么"),
    "inside_help": (
        "The whole model and ONNX Runtime Web, which runs it here in your browser. The page asks nothing of any network and sends "
        "nothing anywhere.",
        "完整的模型，以及在浏览器中运行它的 ONNX Runtime Web。本页不访问任何网络，也不发送任何数据。",
    ),
}  # fmt: skip
