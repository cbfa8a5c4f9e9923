"""Words of saving a film, the same in every tab."""

WORDS = {
    "film.save": ("Save as film", "保存为动画"),
    "film.save_now": ("Save {kind}", "保存 {kind}"),
    "film.kind": ("Kind of file", "文件类型"),
    "film.size": ("Size", "尺寸"),
    "film.pixels": ("{n} px", "{n} 像素"),
    "film.drawing": ("{done} of {total}", "{done}/{total}"),
    "film.writing": ("Writing the file…", "正在写入文件…"),
    "film.waiting": ("Waiting for {n} before you", "前面还有 {n} 个任务"),
    "film.left": ("{time} left", "还需 {time}"),
    "film.seconds": ("{n} s", "{n} 秒"),
    "film.minutes": ("{n} min", "{n} 分钟"),
    "film.stop": ("Stop", "停止"),
    "film.stopped": ("Stopped. Nothing was saved", "已停止，没有保存"),
}
