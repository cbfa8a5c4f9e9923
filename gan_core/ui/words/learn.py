"""Words of the Learn tab."""

WORDS = {
    "tab.learn": ("Learn", "学习"),
    "learn.door": ("How does it learn? See for yourself", "它是怎么学的？来看看"),
    "learn.title": ("See how it learns", "看它怎么学"),
    "learn.intro": (
        "Here a picture is just a point: two numbers. That is few enough to see everything that otherwise stays hidden.",
        "在这里，一张“图片”只是一个点：两个数。正因为简单，平时看不见的过程都能看见。",
    ),
    "learn.cloud": ("Points to learn", "要学的点"),
    "learn.cloud.ring": ("Ring of eight", "八点环"),
    "learn.cloud.grid": ("Grid of 25", "25 点网格"),
    "learn.cloud.spiral": ("Spiral", "螺旋"),
    "learn.cloud.moons": ("Two moons", "双月"),
    "learn.cloud.drawn": ("Draw your own", "自己画"),
    "learn.draw_here": (
        "Draw on the field with the mouse or a finger. With keys: arrows move, space puts a point.",
        "用鼠标或手指在方框里画。用键盘：方向键移动，空格键放一个点。",
    ),
    "learn.drawn_points": ("{count} of at most {most} points", "{count} 个点（最多 {most} 个）"),
    "learn.clear": ("Clear", "清空"),
    "learn.method": ("Method", "方法"),
    "learn.method_help": (
        "Who learns the points. GANs are two networks that compete; a VAE and an autoencoder are two that work together.",
        "用哪种方法来学。GAN 是两个互相较量的网络；VAE 和自编码器是两个互相配合的网络。",
    ),
    "learn.beside": ("Beside it", "并排对比"),
    "learn.alone": ("None", "无"),
    "learn.method.gan": ("GAN", "GAN"),
    "learn.method.gan.help": (
        "As in 2014: the generator makes points, the discriminator tells them from real ones, and both take turns to improve.",
        "2014 年的原始做法：生成器造点，判别器分辨真假，两者轮流进步。",
    ),
    "learn.method.unrolled": ("Unrolled GAN", "展开 GAN"),
    "learn.method.unrolled.help": (
        "The same game, but before each move the generator works out how the discriminator would answer, a few steps ahead "
        "(Metz et al. 2017).",
        "规则相同，但生成器每走一步之前，先推算判别器接下来几步会怎样应对（Metz 等，2017）。",
    ),
    "learn.method.wgan-gp": ("WGAN-GP", "WGAN-GP"),
    "learn.method.wgan-gp.help": (
        "The second network does not say real or not, it measures how far the generated points still have to go; its slope is "
        "kept even (Gulrajani et al. 2017).",
        "第二个网络不判真假，而是衡量生成的点还差多远，并让坡度保持均匀（Gulrajani 等，2017）。",
    ),
    "learn.method.vae": ("VAE", "VAE"),
    "learn.method.vae.help": (
        "One network turns a point into a blurred code, the other turns the code back. Codes are kept close together, so that "
        "any code drawn at random gives a point that makes sense.",
        "一个网络把点变成带模糊的编码，另一个再变回来。编码被拢在一起，所以随便取一个编码都能得到合理的点。",
    ),
    "learn.method.autoencoder": ("Autoencoder", "自编码器"),
    "learn.method.autoencoder.help": (
        "Only learns to put each point back where it was. Nobody asks for order among the codes, so random ones land anywhere.",
        "只学会把每个点还原。没有人要求编码排得整齐，所以随机编码会落到任意地方。",
    ),
    "learn.pace": ("Who learns faster", "谁学得更快"),
    "learn.pace_help": (
        "Learning rates of the two networks of a GAN. When the generator runs ahead of the discriminator, a plain GAN collapses.",
        "GAN 两个网络的学习率。生成器跑在判别器前面时，普通 GAN 就会坍缩。",
    ),
    "learn.pace.even": ("Equal", "一样快"),
    "learn.pace.hurried": ("Generator 4×", "生成器 4 倍"),
    "learn.unroll": ("Steps to look ahead", "提前看几步"),
    "learn.unroll_help": (
        "For the Unrolled GAN: how many answers of the discriminator the generator works out in advance. More is steadier and slower.",
        "用于展开 GAN：生成器提前推算判别器的几步应对。越多越稳，也越慢。",
    ),
    "learn.show": ("Show", "显示"),
    "learn.layer.data": ("Real points", "真实点"),
    "learn.layer.samples": ("Samples", "样本"),
    "learn.layer.heat": ("Opinion", "判断"),
    "learn.layer.arrows": ("Arrows", "箭头"),
    "learn.layer.lattice": ("Mesh of codes", "编码网格"),
    "learn.play": ("Play", "播放"),
    "learn.pause": ("Pause", "暂停"),
    "learn.step": ("One step", "走一步"),
    "learn.reset": ("Start again", "重新开始"),
    "learn.seed": ("Other random numbers", "换一组随机数"),
    "learn.speed": ("Speed", "速度"),
    "learn.speed.slow": ("Slow", "慢"),
    "learn.speed.normal": ("Normal", "正常"),
    "learn.speed.fast": ("Fast", "快"),
    "learn.steps": ("Step {count}", "第 {count} 步"),
    "learn.losses": ("Loss", "损失"),
    "learn.loss.generator": ("Generator", "生成器"),
    "learn.loss.discriminator": ("Discriminator", "判别器"),
    "learn.loss.reconstruction": ("Reconstruction", "重建误差"),
    "learn.loss.kl": ("Disorder of codes (KL)", "编码偏离（KL）"),
    "learn.reading.plain": ("Learning the shape", "正在学形状"),
    "learn.reading.some": ("{caught} of {modes} groups found", "找到 {modes} 组中的 {caught} 组"),
    "learn.reading.collapsed": (
        "Collapsed: {caught} of {modes} groups found",
        "已坍缩：{modes} 组中只找到 {caught} 组",
    ),
    "learn.reading.all": ("All {modes} groups found", "{modes} 组全部找到"),
    "learn.lessons": ("Short explanations", "简短讲解"),
    "learn.try": ("Try this", "试一试"),
    "learn.drawing.generator": ("Generator", "生成器"),
    "learn.drawing.discriminator": ("Judge", "判别器"),
    "learn.drawing.real": ("real", "真实"),
    "learn.lesson.gan": ("What a GAN does", "GAN 在做什么"),
    "learn.lesson.gan.text": (
        "Two networks compete. The generator turns random numbers into points. The discriminator judges: real or made up? Each "
        "gets better because the other does.",
        "两个网络互相较量。生成器把随机数变成点，判别器判断真假。对手越强，自己也越强。",
    ),
    "learn.lesson.sees": ("What the two networks see", "两个网络看到什么"),
    "learn.lesson.sees.text": (
        "The colour is the discriminator's opinion: warm where it expects real points, blue where it does not. The arrows are all "
        "that the generator ever hears: move this way. It never sees a real point.",
        "颜色是判别器的判断：暖色处它认为是真的，蓝色处认为是假的。箭头是生成器得到的全部信息：往这边移。它从没见过真实的点。",
    ),
    "learn.lesson.latent": ("What a VAE's latent is", "VAE 的潜空间是什么"),
    "learn.lesson.latent.text": (
        "Every point gets a code, an address. The mesh is an even street map of codes, bent to where each address leads. In a VAE "
        "neighbours stay neighbours; this is why a slider changes a picture smoothly.",
        "每个点都有一个编码，就像地址。网格是一张均匀的编码地图，弯到每个地址通向的地方。在 VAE 里邻居仍是邻居，所以滑块能让图片平滑变化。",
    ),
    "learn.lesson.collapse": ("Why collapse happens", "为什么会坍缩"),
    "learn.lesson.collapse.text": (
        "A generator only has to please today's discriminator. If it learns faster, its samples crowd onto one spot and rush from "
        "group to group. An Unrolled GAN looks a few answers ahead and sees that the crowd would be caught: spreading out pays.",
        "生成器只需骗过眼前的判别器。它学得更快时，样本会挤成一团，从一组跑到另一组。展开 GAN 会提前看几步，知道扎堆会被识破，分散开才划算。",
    ),
}
