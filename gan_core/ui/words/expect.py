"""Words for what a training would reach in the time there is."""

WORDS = {
    "expect.measuring": ("Measuring this machine for a few seconds…", "正在用几秒钟测量这台机器…"),
    "expect.open": (
        "In that time this machine gets through about {count} pictures.",
        "这段时间里，这台机器大约能看 {count} 张次图片。",
    ),
    "expect.blobs": (
        "In that time this machine gets through about {count} pictures: enough for blobs of colour. One recognises things after about {recognisable}, clear pictures take about {clear}.",
        "这段时间里，这台机器大约能看 {count} 张次图片，只够画出色块。大约 {recognisable}后能认出画的是什么，画面清晰约需 {clear}。",
    ),
    "expect.recognisable": (
        "In that time this machine gets through about {count} pictures: one recognises things after about {recognisable}; clear pictures take about {clear}.",
        "这段时间里，这台机器大约能看 {count} 张次图片：大约 {recognisable}后能认出画的是什么，画面清晰约需 {clear}。",
    ),
    "expect.clear": (
        "In that time this machine gets through about {count} pictures: one recognises things after about {recognisable}, and they are clear after about {clear}.",
        "这段时间里，这台机器大约能看 {count} 张次图片：大约 {recognisable}后能认出画的是什么，约 {clear}后画面清晰。",
    ),
    "expect.seconds": ("{n} seconds", "{n} 秒"),
    "expect.minutes": ("{n} minutes", "{n} 分钟"),
    "expect.hours": ("{n} hours", "{n} 小时"),
}
