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
    "dataset.title": ("Make a data set", "制作数据集"),
    "dataset.help": (
        "Many labelled pictures in one zip, to train on or to add to your own: a folder for each kind, a table of what every picture "
        "is, and its point inside every picture. The Train tab reads the zip as it is.",
        "把大量带标签的图片打包成一个 zip，可用于训练或扩充自己的图片：每个类别一个文件夹，附一张说明表，每张图片里都有它的位置。“训练”页可直接使用。",
    ),
    "dataset.count": ("How many", "数量"),
    "dataset.own": ("{n} px (its own)", "{n} 像素(原始)"),
    "dataset.even": ("Evenly", "平均分配"),
    "dataset.drawn": ("As the seeds say", "由种子决定"),
    "dataset.change": ("Changes", "改动"),
    "dataset.change_help": (
        "None: as the seeds are. As in Explore: the sliders that are moved there now, in every picture. At random: each picture moves "
        "the chosen sliders by amounts of its own; the same seed always by the same ones.",
        "不改动：保持种子原样。同“探索”：每张图片都加上“探索”页中当前的滑块调整。随机：每张图片各自随机移动所选滑块，同一种子每次相同。",
    ),
    "dataset.none": ("None", "不改动"),
    "dataset.like": ("As in Explore", "同“探索”"),
    "dataset.random": ("At random", "随机"),
    "dataset.like_count": (
        "Sliders moved in Explore at this moment: {count}.",
        "“探索”页当前移动了 {count} 个滑块。",
    ),
    "dataset.like_none": (
        "No slider is moved in Explore at this moment, so nothing is changed.",
        "“探索”页当前没有移动滑块，因此不会改动。",
    ),
    "dataset.reach": ("How far", "幅度"),
    "dataset.sigma": ("±{n} σ", "±{n} σ"),
    "dataset.vary": ("Sliders to move at random", "随机移动的滑块"),
    "dataset.about": (
        "Seeds {first} to {last}, {typical} typical, as set above.",
        "种子 {first} 到 {last}，典型程度 {typical}，与上方设置一致。",
    ),
    "dataset.range": ("Choose from 1 to {most} pictures.", "请填写 1 到 {most} 之间的数量。"),
    "dataset.make": ("Make data set", "生成数据集"),
    "dataset.fetching": ("Fetching {size}…", "正在下载 {size}…"),
}
