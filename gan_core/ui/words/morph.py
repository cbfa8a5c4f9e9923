"""Words of the Morph tab."""

WORDS = {
    "tab.morph": ("Morph", "渐变"),
    "morph.picture": ("The picture between A and B", "A 与 B 之间的图片"),
    "morph.from": ("From A", "起点 A"),
    "morph.to": ("To B", "终点 B"),
    "morph.use_current": ("Use the picture from Explore", "使用“探索”中的图片"),
    "morph.swap": ("Swap A and B", "交换 A 和 B"),
    "morph.path": ("Path", "路径"),
    "morph.path_help": (
        "An arc keeps every in-between picture as likely as its ends, which looks best for GANs (spherical interpolation, slerp). "
        "A straight line cuts through the middle, where pictures are more average (linear interpolation).",
        "“弧线”让中间的每张图片和两端一样自然，通常最适合 GAN（球面插值，slerp）。“直线”会从中心穿过，那里的图片更接近平均（线性插值）。",
    ),
    "morph.slerp": ("Arc", "弧线"),
    "morph.lerp": ("Straight", "直线"),
    "morph.count": ("Pictures", "图片数量"),
    "morph.back": ("There and back", "往返循环"),
    "morph.fps": ("Speed", "速度"),
    "morph.per_second": ("{n} a second", "每秒 {n} 张"),
    "morph.seconds": ("{n} s", "{n} 秒"),
    "morph.play": ("Play", "播放"),
    "morph.pause": ("Pause", "暂停"),
    "morph.scrub": ("Position between A and B", "A 与 B 之间的位置"),
    "morph.open": ("Open in Explore", "在“探索”中打开"),
}
