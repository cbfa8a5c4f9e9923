"""Words of the tool that shows a second picture beside the first."""

WORDS = {
    "tool.compare": ("Compare", "比较"),
    "compare.title": ("Side by side", "并排比较"),
    "compare.help": (
        "A second picture stands beside the first and follows everything you do: seed, sliders, how typical, kind. The same seed is "
        "another picture in another model, because each model has learned its own meaning for the numbers; sliders with the same name "
        "do the same in both.",
        "第二张图片显示在旁边，并跟随你的每一步操作：种子、滑块、典型程度、类别。同一个种子在另一个模型里是另一张图片，"
        "因为每个模型对数字有自己的理解；同名滑块在两个模型中作用相同。",
    ),
    "compare.with": ("Beside it", "旁边显示"),
    "compare.model": ("Another model", "另一个模型"),
    "compare.moment": ("An earlier moment", "训练早期"),
    "compare.moment_help": (
        "The same model as it was earlier in its training: drag to see what it had learned by then.",
        "同一个模型在训练早期的样子：拖动滑块，看它当时学会了什么。",
    ),
    "compare.no_moments": (
        "There is nothing earlier of this model. Models that you train here keep some moments of their way.",
        "这个模型没有保留训练早期的状态。在这里训练的模型会自动保留若干时刻。",
    ),
    "compare.seen": ("after {n} pictures", "看过 {n} 张图片后"),
    "compare.now": ("as it is now", "现在"),
    "compare.on": ("Show beside", "显示在旁边"),
    "compare.off": ("Close", "关闭"),
    "compare.off_title": ("Close the second picture", "关闭第二张图片"),
    "compare.picture": ("The second picture: the same place in {name}", "第二张图片：{name} 中的同一位置"),
    "compare.save": ("Save side by side", "保存并排图片"),
    "compare.pick": ("The second model: {name}. Choose another", "第二个模型：{name}。点击更换"),
    "compare.left_out": (
        "Left out, because the other model does not know it: {what}.",
        "另一个模型没有对应项，因此略过：{what}。",
    ),
    "compare.sliders": ("{n} sliders", "{n} 个滑块"),
    "compare.slider": ("1 slider", "1 个滑块"),
    "compare.and": (" and ", "、"),
    "compare.styles": ("mixed styles", "混合的风格"),
    "compare.kind": ("the kind “{name}”", "类别“{name}”"),
    "compare.elsewhere": (
        "This place exists in its own model only, so the other one cannot show it. It comes from a photo or from many steps. Pick a "
        "seed to compare again.",
        "这个位置只存在于它自己的模型里（来自照片或多次演变），另一个模型无法显示。换一个种子即可继续比较。",
    ),
    "compare.gan_vae": (
        "Both learned from the same pictures. “{gan}” invents sharp details until they pass for real; “{vae}” draws the average of "
        "everything that would fit, so it is smooth and soft.",
        "两者学习的是同一批图片。“{gan}”会凭空创造清晰的细节，直到以假乱真；“{vae}”画的是所有可能结果的平均，因此平滑柔和。",
    ),
    "compare.earlier": (
        "The same place, after {n} of {all} pictures. Early on only colours and outlines are there; details come last.",
        "同一位置，学习了 {all} 张图片中的 {n} 张之后。最初只有颜色和轮廓，细节最后才出现。",
    ),
    "compare.same_data": (
        "Both learned from the same pictures, each in its own way: the same seed leads to different pictures.",
        "两者学习的是同一批图片，但各有各的方式：同一个种子会得到不同的图片。",
    ),
    "compare.other_data": (
        "They learned from different pictures; what they share is the number that each picture begins with.",
        "两者学习的图片不同，相同的只是图片开始时的那个数字。",
    ),
}
