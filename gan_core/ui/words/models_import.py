"""Words of the part of the Models tab that opens other people's files."""

from gan_core.importers.assumptions import ENGLISH

ASSUMED = {  # the Chinese of importers.assumptions.ENGLISH
    "layout": "采用{value}的结构",
    "hidden": "层间激活为 {value}",
    "final": "输出激活为 {value}",
    "latent": "潜在数值服从{value}",
    "sizes": "尺寸变化 {value}",
    "convolution": "两种卷积都可能时取 {value}",
    "upsampling": "放大方式为{value}",
    "eps": "BatchNorm 的 ε = {value}",
    "label": "类别{value}",
    "noise": "噪声：{value}",
    "weights": "权重：{value}",
    "shape": "图片为 {value}",
}
VALUES = {
    "normal": ("normally distributed", "正态分布"),
    "uniform in (−1, 1)": ("uniform in (−1, 1)", "(−1, 1) 均匀分布"),
    "follows the latent numbers": ("follows the latent numbers", "接在潜在数值之后"),
    "comes before the latent numbers": ("comes before the latent numbers", "放在潜在数值之前"),
    "multiplies the latent numbers": ("multiplies the latent numbers", "与潜在数值相乘"),
    "the PyTorch examples' DCGAN": ("the PyTorch examples' DCGAN", " PyTorch 官方示例 DCGAN "),
    "the PyTorch examples' VAE": ("the PyTorch examples' VAE", " PyTorch 官方示例 VAE "),
    "the CryptoPunks GAN of Gradio's guide": ("the CryptoPunks GAN of Gradio's guide", " Gradio 教程 CryptoPunks GAN "),
    "nearest": ("nearest-neighbour", "最近邻"),
    "bilinear": ("bilinear", "双线性"),
    "averaged": ("averaged over training", "训练过程的平均值"),
    "of the last step": ("of the last step", "最后一步的值"),
}

WORDS = {
    "model.imported": ("Brought along", "外部导入"),
    "models.view.file": ("From a file", "来自文件"),
    "family.sequential": ("plain network", "普通网络"),
    "family.fastgan": ("FastGAN", "FastGAN"),
    "family.lucid_style": ("lucidrains' StyleGAN2", "lucidrains 的 StyleGAN2"),
    "family.lightweight_gan": ("lightweight GAN", "lightweight GAN"),
    "models.family.fastgan": ("FastGAN: learned from few pictures", "FastGAN：少量图片即可训练"),
    "models.family.lucid_style": ("StyleGAN2, as lucidrains wrote it", "StyleGAN2（lucidrains 的实现）"),
    "models.family.lightweight_gan": ("Lightweight GAN, by lucidrains", "轻量 GAN（lucidrains）"),
    "models.family.sequential": ("Somebody's network", "他人的网络"),
    "models.delete.imported": (
        "Delete this model? Your own copy of the file stays where it is.",
        "删除这个模型？你自己电脑上的原文件不受影响。",
    ),
    "import.drop": ("Drop somebody else's model here", "把别人的模型拖到这里"),
    "import.kinds": (
        ".pt, .pth, .ckpt, .bin, .safetensors or .pkl: GANs and VAEs of many authors, with a config.json beside it if there is one.",
        "支持 .pt、.pth、.ckpt、.bin、.safetensors、.pkl：多种常见的 GAN 与 VAE；如有 config.json，请一并放入。",
    ),
    "import.choose": ("Choose files", "选择文件"),
    "import.choose_folder": ("Choose a folder", "选择文件夹"),
    "import.help": (
        "Known are StyleGAN2, StyleGAN2-ADA and StyleGAN3, lucidrains' StyleGAN2 and lightweight GAN, FastGAN, the DCGAN and VAE of PyTorch's examples, PyTorch-GAN's "
        "models, pythae's, and most plain networks. Discriminators, diffusion and language models cannot be opened.",
        "可以打开 StyleGAN2、StyleGAN2-ADA、StyleGAN3，lucidrains 的 StyleGAN2 与 lightweight GAN，FastGAN，PyTorch 官方示例的 DCGAN 与 VAE，PyTorch-GAN、pythae 的模型，"
        "以及大多数结构简单的网络。判别器、扩散模型和语言模型无法打开。",
    ),
    "import.hub": ("Or from a repository on the Hugging Face Hub", "或者从 Hugging Face Hub 的仓库获取"),
    "import.hub.example": ("user/model", "用户/模型"),
    "import.fetch": ("Fetch", "获取"),
    "import.sending": ("{done} of {total}", "{done} / {total}"),
    "import.waiting": ("Waiting for its turn…", "正在排队……"),
    "import.stage.reading": ("Reading the file…", "正在读取文件……"),
    "import.stage.drawing": ("Drawing what it could be…", "正在画出可能的样子……"),
    "import.stage.keeping": ("Keeping the model…", "正在保存模型……"),
    "import.stop": ("Stop", "停止"),
    "import.stopped": ("Stopped.", "已停止。"),
    "import.done": ("The model is open.", "模型已打开。"),
    "import.lost": ("The upload did not arrive. Please send the file again.", "上传没有成功，请重新发送文件。"),
    "import.too_large": ("This file is too large to be uploaded.", "文件太大，无法上传。"),
    "import.too_large.here": (
        "These files have {size}; here at most {most} can be opened.",
        "这些文件共 {size}，这里最多打开 {most}。",
    ),
    "import.empty_folder": ("There is no weight file in this folder.", "这个文件夹里没有权重文件。"),
    "import.which": ("Which of these looks right?", "哪一个看起来对？"),
    "import.which.words": (
        "{file} does not say everything about its network. Each card fills the gaps in another way: choose the one whose pictures look right. You can change your mind later.",
        "{file} 没有完整说明网络结构。下面每张卡片是一种补全方式，请选择画面正常的那一张，之后还可以改。",
    ),
    "import.way": ("Samples, way {number}", "样例，方式 {number}"),
    "import.likeliest": ("Likeliest", "最有可能"),
    "import.chosen": ("Chosen now", "当前选择"),
    "import.safe": (
        "Only numbers are read: nothing that a file carries is ever run.",
        "只读取数值，绝不运行文件里带的任何程序。",
    ),
    "import.rights": (
        "Other people's weights keep their licence. Ask who made them before you share the model or its pictures.",
        "别人的权重仍受其许可约束。分享模型或图片之前，请先征得作者同意。",
    ),
    "import.private": (
        "Nobody else here sees what you bring, and it is deleted after a day.",
        "你导入的内容其他人看不到，一天后会删除。",
    ),
    "import.here": ("Brought along so far", "已导入的模型"),
    "import.again": ("Choose another way", "换一种方式"),
    "import.rename": ("Rename", "重命名"),
    "import.rename.keep": ("Keep", "保存"),
    "import.rename.back": ("Back", "返回"),
    **{f"assumed.{code}": (english, ASSUMED[code]) for code, english in ENGLISH.items()},
    **{f"assumed.value.{value}": pair for value, pair in VALUES.items()},
}
