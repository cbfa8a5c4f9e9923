"""Words for the app as it is installed on somebody's computer or phone."""

WORDS = {
    "desktop.description": (
        "Walk through pictures that GANs and VAEs invent, and train your own.",
        "在 GAN 和 VAE 想象出的图片之间漫步，也可以训练自己的模型。",
    ),
    "desktop.offline": ("Latent Studio is not running", "潜空间工作室没有在运行"),
    "desktop.again": (
        "Start it again on its computer, by its icon or with “python app.py”. This page comes back by itself.",
        "请在运行它的电脑上重新启动：双击图标，或输入 python app.py。之后本页会自动恢复。",
    ),
    "desktop.try": ("Try now", "立即重试"),
}
