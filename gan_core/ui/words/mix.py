"""Words of the tool that mixes two pictures."""

WORDS = {
    "tool.mix": ("Mix", "混合"),
    "mix.title": ("Mix two pictures", "混合两张图片"),
    "mix.view": ("How to mix", "混合方式"),
    "mix.two": ("Two pictures", "两张图片"),
    "mix.table": ("A table", "表格"),
    "mix.a": ("This one", "当前图片"),
    "mix.b": ("The other", "另一张"),
    "mix.dice": ("Another picture", "换一张"),
    "mix.take": ("Use the picture shown now", "使用当前显示的图片"),
    "mix.favourites": ("From favourites", "从收藏中选择"),
    "mix.favourites_none": ("Nothing among your favourites comes from this model yet.", "收藏中还没有这个模型的图片。"),
    "mix.open": ("Go to this picture", "打开这张图片"),
    "mix.help": (
        "A style-based model draws layer by layer, and each layer can take after another picture: the coarse ones decide the picture "
        "as a whole, the middle ones its parts, the fine ones lines and shades. To mix two photos: bring in the first, press “Use the "
        "picture shown now”, then bring in the second.",
        "风格模型逐层绘制图片，每一层都可以取自另一张图片：粗层决定整体，中层决定局部，细层决定线条和深浅。"
        "想混合两张照片：先放入第一张，点“使用当前显示的图片”，再放入第二张。",
    ),
    "mix.coarse": ("As a whole", "整体"),
    "mix.middle": ("Parts", "局部"),
    "mix.fine": ("Details", "细节"),
    "mix.coarse_help": ("Coarse layers {first}–{last}", "粗层，第 {first}–{last} 层"),
    "mix.middle_help": ("Middle layers {first}–{last}", "中层，第 {first}–{last} 层"),
    "mix.fine_help": ("Fine layers {first}–{last}", "细层，第 {first}–{last} 层"),
    "mix.layers": ("Each layer", "逐层调节"),
    "mix.layer": ("Layer {n}", "第 {n} 层"),
    "mix.all": ("All of it", "全部"),
    "mix.blend": ("How much of the other", "另一张占多少"),
    "mix.one_layer": (
        "This kind of model has no separate layers, so the two pictures can only be blended as a whole. Models by style "
        "(style-based GANs) can mix the whole, the parts and the details separately.",
        "这类模型没有独立的层，两张图片只能整体混合。风格模型（风格 GAN）可以把整体、局部和细节分开混合。",
    ),
    "mix.none": ("None of the other", "不混合"),
    "mix.table_help": (
        "Each cell starts as the picture of its row and takes what you choose from the picture of its column. Click a cell to go "
        "there; click a picture at the edge to change it.",
        "每一格以所在行的图片为基础，并从所在列的图片取用所选部分。点格子可打开该图片，点边上的图片可更换。",
    ),
    "mix.halfway": ("Each cell is halfway between its row and its column.", "每一格位于所在行与所在列的正中间。"),
    "mix.takes": ("The column gives", "列提供"),
    "mix.shuffle": ("New pictures", "全部换新"),
    "mix.cell": ("Row {row} with column {column}", "第 {row} 行与第 {column} 列"),
    "mix.row": ("Picture of row {n}: change it", "第 {n} 行的图片：更换"),
    "mix.column": ("Picture of column {n}: change it", "第 {n} 列的图片：更换"),
    "mix.seed_b": ("Seed of the other picture", "另一张图片的种子"),
}
