"""Words of watching a training: the reading of its curves, its best model, more time, its film, what comes next."""

WORDS = {
    "watch.reading.healthy": ("Healthy: the two networks are a match for each other.", "状态良好：两个网络势均力敌。"),
    "watch.reading.healthy.help": (
        "Nothing to do. Every sheet should look a little better than those some minutes before; move the time line back to compare.",
        "无需操作。每张样图应该比几分钟前的略好一些，可以拖动时间轴比较。",
    ),
    "watch.reading.settled": ("Settled: it hardly gets better any more.", "已经稳定：几乎不再变好。"),
    "watch.reading.settled.help": (
        "You may stop here and keep the model. For more, start again with more pictures, a wider network, or another kind of model.",
        "可以在这里停下并保留模型。想要更好，请用更多图片、更宽的网络或另一种模型重新训练。",
    ),
    "watch.reading.begun": ("Just begun: too early to tell.", "刚刚开始，还看不出什么。"),
    "watch.reading.begun.help": (
        "The first sheets are noise or grey. Wait until a few thousand pictures have been seen.",
        "最初的样图是噪点或灰色。等看过几千张图片后再判断。",
    ),
    "watch.reading.blurry": ("Still blurry, keep going.", "还比较模糊，继续训练吧。"),
    "watch.reading.blurry.help": (
        "It is still learning rough shapes, and getting better. Let it run; add time if the end comes too soon.",
        "还在学习大致的形状，并且在变好。让它继续；如果时间快到了，可以加时。",
    ),
    "watch.reading.critic": (
        "The critic is winning: it tells every picture apart, so the generator learns little.",
        "判别器占了上风：它能识破每一张图，生成器学不到什么。",
    ),
    "watch.reading.critic.help": (
        "Often this mends itself; wait a minute. If not, start again with more pictures, stronger augmentation or a higher weight of the penalty (γ).",
        "常常会自己好转，先等一分钟。如果没有，请用更多图片、更强的数据增强或更大的惩罚权重（γ）重新训练。",
    ),
    "watch.reading.ahead": (
        "The critic is ahead, but the pictures still get better.",
        "判别器领先，但图片仍在变好。",
    ),
    "watch.reading.ahead.help": (
        "Nothing to do: the quality that is measured on the way is what counts, and it rises. "
        "With few pictures the critic is nearly always ahead.",
        "无需操作。途中测得的质量才是关键，而它还在提高。图片较少时，判别器几乎总是领先。",
    ),
    "watch.reading.alike": ("Samples are getting alike.", "样图变得越来越相似。"),
    "watch.reading.alike.help": (
        "The model may be collapsing: it repeats the few pictures that fool the critic. If the variety does not rise again, stop; "
        "try more varied pictures, or another seed. The best model so far is kept.",
        "模型可能在崩溃：只重复少数能骗过判别器的图。如果多样性不再回升，请停止，换更多样的图片或另一个随机种子再试。目前最好的模型会保留。",
    ),
    "watch.reading.rolled_back": (
        "The numbers ran away; training went back and goes on more slowly.",
        "数值曾经失控，训练已退回并放慢继续。",
    ),
    "watch.reading.rolled_back.help": (
        "Nothing to do: the last good state was taken up with half the learning rate. If it happens often, start again with a smaller learning rate.",
        "无需操作：已回到最近的良好状态，学习率减半。如果经常发生，请用更小的学习率重新训练。",
    ),
    "watch.reading.help": ("What to do", "该怎么办"),
    # the best model beside the last
    "watch.best": ("Best and last", "最好与最后"),
    "watch.best.help": (
        "While it learns, a few pictures are drawn now and then and compared with yours (KID: 0 would be as good as real ones; ± is how much "
        "the figure wavers by chance). The best model so far is kept beside the last. At the end both draw new pictures; the best is "
        "opened first only if it is better beyond chance.",
        "训练时会不时画几张图与你的图片比较（KID：0 表示与真实图片一样好；± 是数值的偶然波动）。目前最好的模型会与最后的一同保留。"
        "结束时两者各画新的图片，只有明显超出偶然波动时才默认打开最好的。",
    ),
    "watch.best.best": ("Best ★", "最好 ★"),
    "watch.best.last": ("Last", "最后"),
    "watch.best.figures": ("KID {kid} ± {noise} · variety {diversity}", "KID {kid} ± {noise} · 多样性 {diversity}"),
    "watch.best.seen": ("after {count} pictures", "看过 {count} 张图片后"),
    "watch.best.open": ("Open", "打开"),
    "watch.best.better": (
        "The earlier model is better than the last, beyond chance.",
        "较早的模型明显好于最后的模型。",
    ),
    "watch.best.same": (
        "The difference is within chance, so the last is opened.",
        "差别在偶然范围内，默认打开最后的模型。",
    ),
    # control
    "watch.more_time": ("Add {n} minutes", "加 {n} 分钟"),
    "watch.more_time.done": ("{n} more minutes", "已加 {n} 分钟"),
    "watch.branch": ("Branch from here", "从这里分支"),
    "watch.branch.said": (
        "The new training starts from “{name}”. Choose its pictures.",
        "新的训练会从“{name}”开始，请选择图片。",
    ),
    "watch.memory": ("Memory", "内存"),
    "watch.memory.of": ("{used} of {all}", "{used} / {all}"),
    "watch.film": ("Film of the training", "训练过程动画"),
    # waiting for another training
    "watch.queue": ("Start when it ends", "等它结束后开始"),
    "watch.queue.when": ("Starts in about {time}.", "大约 {time} 后开始。"),
    "watch.queue.unknown": ("Starts when the ones before it have ended.", "前面的训练结束后开始。"),
    "watch.queue.sheet": ("Its samples appear here once it has begun.", "开始训练后，样图会显示在这里。"),
    "watch.branch.help": (
        "A new training that starts from this model, with other pictures if you like. This one stays as it is.",
        "从这个模型开始一个新的训练，可以换别的图片。现在的训练保持不变。",
    ),
    "train.state.queued": ("Waiting", "排队中"),
    "train.says.queued": (
        "Waiting for its turn. It starts by itself when the training before it ends, also after the app was restarted.",
        "正在排队。前面的训练结束后会自动开始，重新启动应用也不影响。",
    ),
}
