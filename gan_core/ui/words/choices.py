"""Words for what Auto chose and what a fine-tuned model began with; the English ones stand where they are made."""

from gan_core.training import preset, transfer

CHINESE = {
    "verb.will": "将训练",
    "verb.now": "训练",
    "family.dcgan": " GAN",
    "family.stylegan2": "风格 GAN",
    "family.stylegan3": "无混叠 GAN",
    "family.r3gan": "稳健 GAN",
    "family.mlp_gan": " 2014 年的 GAN",
    "family.vae": " VAE",
    "family.autoencoder": "自编码器",
    "quick": "{verb}{family}（{width} 通道）：{device}上只有{length}，小而快的网络走得最远{augmentation}。",
    "style": "{verb}{family}（{width} 通道）：{device}上有{length}，足够训练更精细的模型{augmentation}。",
    "size": "{verb}{family}：其他 GAN 都不支持 {resolution} 像素{augmentation}。",
    "plain": "{verb}{family}{augmentation}。",
    "named": "{verb}{family}（{width} 通道），适合{device}上的{length}{augmentation}。",
    "model": "{verb}{family}：“{model}”就是这种模型，沿用它的尺寸，权重才能接上{augmentation}。",
    "length.minutes": " {amount} 分钟",
    "length.steps": " {amount} 步",
    "device.cpu": "处理器",
    "device.cuda": "显卡",
    "device.mps": "Apple 图形处理器",
    "augmentation.given": "；图片按你的设置做变化",
    "augmentation.very_few": "；只有 {pictures} 张图片，无论怎样变化，模型多半只会照抄",
    "augmentation.few": "；{pictures} 张图片不算多，判别器看到的每一张都会做变化",
    "augmentation.some": "；图片有 {pictures} 张，判别器看到的有 {share}% 会做变化",
    "augmentation.many": "；图片有 {pictures} 张，足够多，原样使用",
    "augmentation.short": "；每张图片只会看到几次，原样使用",
    "augmentation.adaptive": "；图片的变化程度会自动调整",
}
TRANSFERRED = {
    "whole": "全部权重来自“{model}”。",
    "part": "{total} 个张量中有 {count} 个（{share}% 的权重）来自“{model}”；新的有：{first}。",
}

WORDS: dict[str, tuple[str, str]] = {
    f"choice.{code}": (english, CHINESE[code])
    for code, english in {**preset.SENTENCES, **preset.WORDS}.items()
    if english
} | {f"transfer.{code}": (english, TRANSFERRED[code]) for code, english in transfer.SENTENCES.items()}
