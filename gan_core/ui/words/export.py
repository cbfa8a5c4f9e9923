"""Words of exporting a model from the Models tab."""

WORDS = {
    "export.open": ("Export…", "导出…"),
    "export.model": ("The whole model…", "整个模型…"),
    "export.title": ("Export “{model}”", "导出“{model}”"),
    "export.kind": ("What it becomes", "导出为"),
    "export.page": ("A page to mail to a friend", "发给朋友的网页"),
    "export.page_about": (
        "One file that opens in any browser, on any machine, without a network: sliders, morphs, travelling, all of it.",
        "只有一个文件，任何电脑的浏览器都能打开，无需联网：滑块、渐变、漫游都在里面。",
    ),
    "export.folder": ("Latent Studio’s own folder, as a zip", "Latent Studio 模型文件夹(zip)"),
    "export.folder_about": (
        "To open it in another Latent Studio, or to keep it.",
        "可在另一个 Latent Studio 中打开，或留作备份。",
    ),
    "export.onnx": ("For other programs (ONNX)", "供其他程序使用(ONNX)"),
    "export.onnx_about": (
        "A standard that many programs and languages run. It is compared with the model before you get it.",
        "许多程序和编程语言通用的格式，导出前会核对图片与模型一致。",
    ),
    "export.half": ("Half the size (16-bit weights)", "体积减半(16 位权重)"),
    "export.torch": ("For programming (PyTorch weights)", "供编程使用(PyTorch 权重)"),
    "export.torch_about": (
        "The numbers as a state dict, with a few lines of source where they are needed.",
        "以 state_dict 保存的权重，必要时附带几行源代码。",
    ),
    "export.torch_not": (
        "Not for this model: it is more than a chain of layers.",
        "此模型不适用：它不只是一串网络层。",
    ),
    "export.large": (
        "This model is too large for that on a shared machine. Run Latent Studio at home.",
        "模型太大，无法在共享的机器上导出。请在自己的电脑上运行 Latent Studio。",
    ),
    "export.about_size": ("about {size}", "约 {size}"),
    "export.do": ("Export", "导出"),
    "export.making": ("Making it, and comparing its pictures: step {done} of {total}", "正在生成并核对图片：第 {done} 步，共 {total} 步"),
    "export.fetching": ("Fetching {size}", "正在下载 {size}"),
    "export.licence": ("Licence: {licence}. Say that the pictures are invented by a model.", "许可：{licence}。展示时请注明图片由模型生成。"),
    "export.stopped": ("Stopped. Nothing was saved", "已停止，没有保存"),
}  # fmt: skip
