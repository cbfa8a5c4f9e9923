"""Words of the tool that makes children of a picture."""

WORDS = {
    "tool.children": ("Children", "后代"),
    "children.title": ("Make children", "生成后代"),
    "children.help": (
        "In the middle is your picture, around it eight that are a little different. Click the one you like best: it moves to the "
        "middle and has eight of its own. Arrow keys and Enter do the same.",
        "中间是当前图片，周围是八张略有不同的变化。点你最喜欢的一张，它会移到中间，并生成自己的八个变化。也可用方向键和回车键操作。",
    ),
    "children.board": ("The picture and its eight children", "当前图片和它的八个后代"),
    "children.child": ("Child {n}: go on from here", "后代 {n}：从这里继续"),
    "children.parent": ("Your picture, the parent. Click for eight other children", "当前图片。点击可换八个后代"),
    "children.amount": ("How different", "差异程度"),
    "children.again": ("More of these", "换一批"),
    "children.others": ("Other kinds too", "也要其他类别"),
    "children.line": ("Where it comes from", "演变过程"),
    "children.ancestor": ("Generation {n}: go back to it", "第 {n} 代：回到这里"),
    "children.go": ("Go on from this one", "从这张继续"),
    "children.keep": ("Keep as a favourite", "收藏"),
    "children.kept": ("Kept among your favourites", "已收藏"),
}
