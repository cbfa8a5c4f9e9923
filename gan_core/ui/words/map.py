"""Words of the map in Explore."""

WORDS = {
    "tool.map": ("Map", "地图"),
    "map.title": ("Like beside like", "相似的在一起"),
    "map.help": (
        "Hundreds of this model's pictures, laid out so that those that look alike lie side by side. Point anywhere and the large "
        "picture shows what is there; between two pictures it is a blend. Click to go there. Turn the wheel or pinch to zoom, drag to "
        "move; on a touch screen one finger looks and two fingers move. With the keyboard: arrow keys point, Enter goes there, + and − "
        "zoom, 0 shows everything.",
        "把这个模型的几百张图片按相似程度排成一张地图，相像的挨在一起。指向任意位置，大图就显示那里的样子；两张图片之间是它们的混合。"
        "点击即可前往。滚轮或双指捏合缩放，拖动平移；触摸屏上单指查看、双指移动。键盘：方向键移动指针，回车前往，+ 和 − 缩放，0 显示全部。",
    ),
    "map.canvas": (
        "Map of {count} pictures. Arrow keys point, Enter goes there, plus and minus zoom.",
        "包含 {count} 张图片的地图。方向键移动指针，回车前往，加减号缩放。",
    ),
    "map.kind": ("What is laid out", "地图内容"),
    "map.samples": ("Invented", "生成的图片"),
    "map.pictures": ("Training pictures", "训练图片"),
    "map.pictures_note": (
        "These are real pictures. The large picture is the model's own version of them.",
        "这些是真实的图片，大图是模型自己画出的版本。",
    ),
    "map.pictures_stage": ("Gathering pictures…", "正在收集图片…"),
    "map.layout_stage": ("Putting like beside like…", "正在按相似程度排列…"),
    "map.waiting": ("Waiting for a free processor…", "正在等待空闲的处理器…"),
    "map.stop": ("Stop", "停止"),
    "map.stopped": ("The map was not drawn.", "地图没有绘制。"),
    "map.again": ("Draw the map", "绘制地图"),
    "map.in": ("Zoom in", "放大"),
    "map.out": ("Zoom out", "缩小"),
    "map.fit": ("Show everything", "显示全部"),
    "map.enlarge": ("Fill the window", "放大到整个窗口"),
    "map.shrink": ("Back to the side (Esc)", "回到侧栏(Esc)"),
    "map.here": ("Show where I am", "显示当前位置"),
    "map.mode": ("What a click does", "点击的作用"),
    "map.look": ("Look", "查看"),
    "map.region": ("Region {name}", "区域 {name}"),
    "map.region_name": ("Region", "区域"),
    "map.regions_help": (
        "A new slider from two groups of pictures. Choose A and draw around pictures that lack something, or click single ones; then B "
        "around pictures that have it. The slider leads from the middle of A to the middle of B.",
        "用两组图片做一个新滑块：选 A，圈出没有某种特征的图片(也可以逐张点选)；再选 B，圈出有这种特征的图片。滑块从 A 的中心通向 B 的中心。",
    ),
    "map.regions": ("A slider of your own", "自制滑块"),
    "map.empty_a": ("A: draw around pictures", "A：圈出图片"),
    "map.empty_b": ("B: draw around others", "B：圈出另一些图片"),
    "map.count": ("{name}: {count} pictures", "{name}：{count} 张"),
    "map.count_one": ("{name}: 1 picture", "{name}：1 张"),
    "map.clear": ("Empty region {name}", "清空区域 {name}"),
    "map.name": ("Name of the slider", "滑块名称"),
    "map.name_example": ("for example: long hair", "例如：长发"),
    "map.make": ("Make a slider from A to B", "生成从 A 到 B 的滑块"),
    "map.made": ("“{name}” is now a slider", "“{name}”已成为滑块"),
    "map.many": (
        "A region holds at most {most} pictures; the rest were left out.",
        "一个区域最多 {most} 张图片，其余的没有加入。",
    ),
    "map.classes": ("Kinds on the map", "地图上的类别"),
    "map.all": ("All", "全部"),
}
