"""Words of the Grid tab."""

WORDS = {
    "tab.grid": ("Grid", "网格"),
    "grid.sheet": ("Sheet of pictures", "图片网格"),
    "grid.picture": ("Picture of seed {seed}", "种子 {seed} 的图片"),
    "grid.picture_class": ("{name}, seed {seed}", "{name}，种子 {seed}"),
    "grid.first": ("First seed", "起始种子"),
    "grid.first_help": (
        "The sheet shows this seed and the ones after it. The arrows turn to the previous and next sheet.",
        "网格从这个种子开始，依次显示后面的种子。用箭头可翻到上一页或下一页。",
    ),
    "grid.rows": ("Rows", "行数"),
    "grid.columns": ("Columns", "列数"),
    "grid.each": ("A row for each", "每类一行"),
    "grid.previous": ("Previous sheet", "上一页"),
    "grid.next": ("Next sheet", "下一页"),
    "grid.explore": ("Open in Explore", "在“探索”中打开"),
    "grid.a": ("Morph from this (A)", "作为渐变起点 A"),
    "grid.b": ("Morph to this (B)", "作为渐变终点 B"),
    "grid.save_sheet": ("Save sheet", "保存整页"),
    "grid.save_zip": ("Save all as zip", "全部打包下载"),
}
