"""Words of waiting in line: for pictures, for long work, for a training."""

WORDS = {
    "line.place": ("Number {place} in line.", "排在第 {place} 位。"),
    "line.job": ("Number {place} in line, about {seconds} s", "排在第 {place} 位，约 {seconds} 秒"),
    "line.job.soon": ("Number {place} in line", "排在第 {place} 位"),
    "line.pictures": ("Others are drawing too: about {seconds} s", "别人也在生成图片：约 {seconds} 秒"),
    "line.again": (
        "Many people are drawing. This page tries again by itself in {seconds} s.",
        "现在很多人在生成图片。{seconds} 秒后本页会自动重试。",
    ),
}
