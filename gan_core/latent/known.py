"""What directions with well-known names are called, wherever a person sees them: name -> (English, 简体中文)."""

KNOWN = {
    "smile": ("Smile", "微笑"),
    "glasses": ("Glasses", "眼镜"),
    "hat": ("Hat", "帽子"),
    "beard": ("Beard", "胡子"),
    "earrings": ("Earrings", "耳环"),
    "freckles": ("Freckles", "雀斑"),
    "long-hair": ("Long hair", "长发"),
    "light-hair": ("Light hair", "浅色头发"),
    "dyed-hair": ("Dyed hair", "染发"),
    "light-skin": ("Light skin", "浅色皮肤"),
    "warm-background": ("Warm background", "暖色背景"),
    "warm-clothes": ("Warm clothes", "暖色衣服"),
}
