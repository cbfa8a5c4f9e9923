"""The model card as it stands on the Hub: front matter that the Hub reads, samples, how to use it, and every fact of the config."""

import json
import re

from gan_core import sharing
from gan_core.card import LICENCE_IDS, QUALITY, table
from gan_core.config import ModelConfig
from gan_core.hub.browse import TAG, TASK

LICENCES = {  # the Hub's id -> name
    "cc0-1.0": "CC0 1.0",
    "cc-by-4.0": "CC BY 4.0",
    "cc-by-sa-4.0": "CC BY-SA 4.0",
    "cc-by-nc-4.0": "CC BY-NC 4.0",
    "mit": "MIT",
    "apache-2.0": "Apache-2.0",
    "cc-by-sa-3.0": "CC BY-SA 3.0",
    "other": "",  # in words of one's own
}
ENGLISH = {
    "samples": "Pictures that this model invented",
    "what": "A `{family}` model for Latent Studio: {size} × {size} px, {channels} channels, {numbers} latent numbers{classes}.",
    "classes": ", {count} classes ({names})",
    "invented": "Pictures it draws are invented by a machine; say so where you show them.",
    "use": "Use",
    "studio": "In Latent Studio: *Models* → *On the Hub*, or `{repo}` in the field for names. From Python, with Latent Studio's `gan_core`:",
    "training": "Training",
    "data": "data",
    "data_licence": "licence of the data",
    "quality": "Quality",
    "sharing": "Sharing",
    "licence": "Licence",
    "unchecked": "Nobody has looked whether its pictures are copies of training pictures.",
    "notes": "Notes",
}
CHINESE = {
    "samples": "这个模型画出的图片",
    "what": "潜空间工作室（Latent Studio）的 `{family}` 模型：{size} × {size} 像素，{channels} 个通道，{numbers} 个潜变量{classes}。",
    "classes": "，{count} 个类别（{names}）",
    "invented": "它画的图片由机器生成；展示时请注明。",
    "use": "使用",
    "studio": "在潜空间工作室中：“模型”→“Hub 上的模型”，或在名称栏填写 `{repo}`。在 Python 中使用其 `gan_core`：",
    "training": "训练",
    "data": "训练图片",
    "data_licence": "图片的许可",
    "quality": "质量",
    "sharing": "分享",
    "licence": "许可",
    "unchecked": "尚未检查它画的图片是否照抄训练图片。",
    "notes": "说明",
}
WORDS = {"en": ENGLISH, "zh": CHINESE}
SHARING_ZH = {  # what sharing.ENGLISH says
    "people": {
        "none": "没有真实的人",
        "agreed": "有真实的人，他们同意分享这个模型",
        "unasked": "有真实的人，没有征求过他们的意见",
    },
    "rights": {"own": "训练者制作了这些图片或拥有其权利", "licence": "图片的许可允许", "unsure": "不清楚"},
    "verdicts": {
        "fresh": "没有照抄的迹象：{samples} 张样图中有 {close} 张与某张训练图片过于接近，偶然也会有约 {expected} 张",
        "some": "有些样图可能是照抄：{samples} 张中有 {close} 张与某张训练图片过于接近，偶然也会有约 {expected} 张",
        "copies": "基本上在照抄：{samples} 张样图中有 {close} 张与某张训练图片过于接近，偶然也会有约 {expected} 张",
    },
    "held_out": "{fresh} 张未参加训练的真实图片；误报率 {alarms}",
    "one_out": "训练集中的 {fresh} 张真实图片，每张与其余的相比；误报率 {alarms}",
    "rows": {
        "licence": "模型的许可",
        "people": "图片里的人",
        "rights": "分享的权利",
        "copies": "照抄训练图片",
        "against": "对照",
        "pictures": "训练图片数",
        "diversity": "相对的多样性",
    },
}
TRAINING_ZH = {
    "images": "看过的图片", "steps": "步数", "seconds": "秒数", "pictures": "图片数", "seed": "随机种子", "device": "设备", "command": "命令",
    "lr": "学习率", "batch": "批量", "loss": "损失", "penalty": "正则化", "augmentation": "数据增强", "sliders": "滑块",
}  # fmt: skip
QUALITY_ZH = """`n` 张样图与同样多的未参加训练的图片相比；`…_floor` 是其他真实图片在同样的 `n` 下达到的值。KID 为 × 10³；KID 和 Fréchet
距离越低越好，其余越高越好。不能与论文中的数值相比，那里用的是另一个网络。"""
PYTHON = """```python
from gan_core.hub import StudioModel

model = StudioModel.from_pretrained("{repo}")
pictures = model(model.draw(seeds=[1, 2, 3]))  # float [3, {channels}, {size}, {size}] in [-1, 1]
```"""


def front_matter(config: ModelConfig, licence: str, language: str) -> str:
    """Return the YAML block that the Hub reads. Every value is written as JSON, which YAML takes as it is."""
    facts = {
        "library_name": TAG,
        "license": licence,
        **({"license_name": "see-model-card"} if licence == "other" else {}),
        "pipeline_tag": TASK,
        "language": [language],
        "tags": [
            TAG,
            config.family,
            "autoencoder" if re.search("vae|autoencoder", config.family) else "gan",
            "image-generation",
        ],
    }
    return "\n".join(["---", *(f"{name}: {json.dumps(value)}" for name, value in facts.items()), "---"])


def hub_card(
    config: ModelConfig, repo_id: str, licence: str, licence_words: str = "", language: str = "en", checked: bool = True
) -> str:
    """Return the whole README.md for the Hub, in English ("en") or Chinese ("zh"); every figure comes from the config.

    checked: False adds that nobody has looked for copies of training pictures.
    """
    say, size = WORDS[language], config.resolution
    names = ", ".join(config.labels) if config.labels else str(config.num_classes)
    classes = say["classes"].format(count=config.num_classes, names=_line(names)) if config.num_classes else ""
    what = say["what"].format(
        family=config.family, size=size, channels=config.channels, numbers=config.z_dim, classes=classes
    )
    training = config.training
    if language == "zh":
        training = {TRAINING_ZH.get(name, name): value for name, value in training.items()}
    parts = [
        front_matter(config, licence, language),
        f"# {_line(config.title or config.name) or repo_id}",
        f"![{say['samples']}](preview.webp)",
        what,
        say["invented"],
        f"## {say['use']}",
        say["studio"].format(repo=repo_id),
        PYTHON.format(repo=repo_id, channels=config.channels, size=size),
        f"## {say['licence']}",
        _line(licence_words) if licence == "other" else LICENCES[licence],
        f"## {say['training']}",
        "\n".join(table({say["data"]: config.data, say["data_licence"]: config.licence, **training})),
    ]
    if config.quality:
        figures = QUALITY_ZH if language == "zh" else QUALITY.partition("\n\n")[2]
        parts += [f"## {say['quality']}", figures, "\n".join(table(config.quality))]
    told = sharing.facts(config.sharing, SHARING_ZH if language == "zh" else sharing.ENGLISH)
    facts = {name: value for name, value in told.items() if value not in ("", None)}
    if facts or not checked:
        parts += [f"## {say['sharing']}"]
        parts += ["\n".join(table(facts))] if facts else []
        parts += [] if checked else [say["unchecked"]]
        parts += [str(config.sharing["words"])] if config.sharing.get("words") else []
    if config.notes:
        parts += [f"## {say['notes']}", config.notes]
    return "\n\n".join(parts) + "\n"


def known_licence(config: ModelConfig) -> str:
    """The Hub's id of the licence that the config names already, "" where it names none that we know."""
    chosen = sharing.licence(config.sharing)[1]
    return chosen or next((id for name, id in LICENCE_IDS.items() if name.lower() in config.licence.lower()), "")


def _line(text: str) -> str:
    """A text as one line that begins no Markdown block."""
    return re.sub(r"\s+", " ", str(text)).strip().lstrip("#>-*+|` ")
