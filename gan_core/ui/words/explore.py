"""Words of the Explore tab."""

WORDS = {
    "tab.explore": ("Explore", "探索"),
    "tool.all": ("Tools", "工具"),
    "tool.sliders": ("Change", "调整"),
    "explore.picture": ("The picture at this point", "当前位置的图片"),
    "explore.start": ("Waking the model…", "正在唤醒模型…"),
    "explore.undo": ("Undo (Ctrl+Z)", "撤销(Ctrl+Z)"),
    "explore.redo": ("Redo (Ctrl+Shift+Z)", "重做(Ctrl+Shift+Z)"),
    "explore.link": ("Copy link", "复制链接"),
    "explore.save": ("Save picture", "保存图片"),
    "explore.save_large": ("PNG, {size} px", "PNG,{size} 像素"),
    "explore.save_own": ("PNG, the model's own {size} px", "PNG,模型原始大小 {size} 像素"),
    "explore.seed_help": (
        "Every seed is a different picture; the same seed always gives the same one. Press R for a new one.",
        "每个种子对应一张不同的图片；同一个种子永远得到同一张。按 R 键可随机换一个。",
    ),
    "explore.bad_seed": ("A seed is a whole number from 0 to {high}.", "种子必须是 0 到 {high} 之间的整数。"),
    "explore.sliders": ("Change it", "改变图片"),
    "explore.sliders_help": (
        "Each slider walks the latent space along one direction, the strongest first. The middle is where the seed is; the ends are "
        "three standard deviations (σ) away. Double-click a slider to put it back.",
        "每个滑块让图片在潜空间中沿一个方向移动，影响最大的排在最前。中间是种子所在的位置，两端相距三个标准差(σ)。双击滑块可复位。",
    ),
    "explore.direction": ("Direction {n}", "方向 {n}"),
    "explore.reset": ("Put back", "复位"),
    "explore.reset_all": ("Reset all", "全部复位"),
    "explore.between": ("between two pictures", "两张图片之间"),
}
