"""Words of the sliders in Explore, and the names of directions that many models have."""

from gan_core.latent.known import KNOWN

WORDS = {
    "sliders.method": ("How sliders are found", "滑块的来源"),
    "sliders.method_help": (
        "Nobody told the model what a smile is: its sliders have to be found. Each way finds other ones; try them. "
        "Sliders with a name of their own stay, whichever way you choose.",
        "没有人告诉过模型什么是微笑，滑块要靠算法去发现。不同的方法会找到不同的滑块，都可以试试。有名字的滑块始终保留。",
    ),
    "sliders.by.d": ("Strongest change", "变化最大"),
    "sliders.by.d_about": (
        "Where the picture changes most, strongest first.",
        "图片变化最大的方向，从强到弱。",
    ),
    "sliders.by.pca": ("Main variations (PCA)", "主要变化(PCA)"),
    "sliders.by.pca_about": (
        "The main ways in which thousands of pictures differ; known as GANSpace.",
        "成千上万张图片之间的主要差异，即 GANSpace 方法。",
    ),
    "sliders.by.sefa": ("From the network (SeFa)", "来自网络权重(SeFa)"),
    "sliders.by.sefa_about": (
        "Read straight from the network's weights, without drawing a picture.",
        "直接从网络权重中算出，无需生成图片。",
    ),
    "sliders.by.axis": ("From the training pictures", "来自训练图片"),
    "sliders.by.axis_about": (
        "The main ways in which the training pictures differ, as the model sees them.",
        "模型眼中训练图片之间的主要差异。",
    ),
    "sliders.short.d": ("strongest", "最强"),
    "sliders.short.pca": ("PCA", "PCA"),
    "sliders.short.sefa": ("SeFa", "SeFa"),
    "sliders.short.axis": ("pictures", "图片"),
    "sliders.options": ("More about sliders", "滑块选项"),
    "sliders.arrange": ("Rename, sort, hide…", "重命名、排序、隐藏…"),
    "sliders.arrange_title": ("Your sliders", "你的滑块"),
    "sliders.arrange_help": (
        "Drag a slider by its handle, or press the arrow keys on the handle, to move it. The eye hides it.",
        "拖动手柄，或选中手柄后按方向键，可调整顺序。点眼睛图标可隐藏。",
    ),
    "sliders.arrange_done": ("Done", "完成"),
    "sliders.handle": ("Move {name}: arrow keys", "移动“{name}”：按方向键"),
    "sliders.name": ("Name of {name}", "“{name}”的名称"),
    "sliders.hide": ("Hide {name}", "隐藏“{name}”"),
    "sliders.show": ("Show {name}", "显示“{name}”"),
    "sliders.remove": ("Delete {name}", "删除“{name}”"),
    "sliders.removed": ("“{name}” is deleted", "已删除“{name}”"),
    "sliders.moved": ("{name}: place {place} of {count}", "{name}：第 {place} 位，共 {count} 个"),
    "sliders.save": ("Save this change as a slider…", "把当前调整存为滑块…"),
    "sliders.save_none": ("Move a slider first; then the change can be kept.", "请先移动滑块，才能保存这次调整。"),
    "sliders.save_title": ("Save this change as a slider", "把当前调整存为滑块"),
    "sliders.save_name": ("Name", "名称"),
    "sliders.save_example": ("for example: dreamy", "例如：梦幻"),
    "sliders.save_layers": ("Acts on", "作用于"),
    "sliders.save_against": ("Keep these unchanged", "保持这些不变"),
    "sliders.save_against_help": (
        "What belongs to the chosen sliders is taken out of the new one, so that it moves them as little as possible.",
        "从新滑块中去掉属于所选滑块的部分，使它尽量不影响它们。",
    ),
    "sliders.save_do": ("Save slider", "保存滑块"),
    "sliders.saved": ("“{name}” is now a slider", "“{name}”已存为滑块"),
    "sliders.cancel": ("Cancel", "取消"),
    "sliders.export": ("Save all sliders to a file", "把全部滑块导出为文件"),
    "sliders.bring": ("Open a file of sliders…", "打开滑块文件…"),
    "sliders.brought": ("The sliders are here", "滑块已导入"),
    "sliders.none": ("This model has no sliders.", "这个模型没有滑块。"),
    "sliders.end": ("{name}: go to {value}", "{name}：移到 {value}"),
    "sliders.new": ("Unnamed", "未命名"),
    "sliders.layers": ("Acts on", "作用于"),
    "sliders.layers_help": (
        "A picture is drawn layer by layer: coarse layers decide the shape, middle ones the parts, fine ones the colours. Choose "
        "where the sliders you move next act; each has its own value there.",
        "图片是一层一层画出来的：粗层决定轮廓，中层决定局部，细层决定颜色。选择接下来移动滑块时作用的层，滑块在每处各有自己的数值。",
    ),
    "sliders.all": ("All layers", "全部"),
    "sliders.coarse": ("Coarse", "粗"),
    "sliders.middle": ("Middle", "中"),
    "sliders.fine": ("Fine", "细"),
    "travel.picture": (
        "The picture. Drag it, or use the arrow keys, to travel; with Shift in small steps. Home goes back to the start.",
        "图片。拖动图片或按方向键即可漫游，按住 Shift 走小步，按 Home 键回到起点。",
    ),
    "travel.hint": ("Drag me. Scroll: how typical", "拖动图片即可漫游，滚轮调节典型程度"),
    "travel.hint_touch": ("Drag me. Pinch: how typical", "拖动图片即可漫游，双指缩放调节典型程度"),
    "travel.menu": ("Travel: what dragging the picture does", "漫游：拖动图片的作用"),
    "travel.by": ("Dragging the picture leads to", "拖动图片时"),
    "travel.seeds": ("Other pictures", "走向其他图片"),
    "travel.sliders": ("Two sliders", "两个滑块"),
    "travel.across": ("Left – right", "左右"),
    "travel.up": ("Down – up", "上下"),
    "travel.home": ("Back to the start", "回到起点"),
    "travel.help": (
        "Arrow keys step, Shift makes it finer, Home goes back. Scrolling or pinching changes how typical the picture is. The left "
        "stick of a gamepad travels too.",
        "方向键走一步，Shift 走小步，Home 回到起点。滚轮或双指缩放调节典型程度。也可用手柄左摇杆漫游。",
    ),
}
WORDS |= {f"direction.{name}": titles for name, titles in KNOWN.items()}
