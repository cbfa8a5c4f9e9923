"""Auto: which kind of model, how wide and with what augmentation suits the pictures, the machine and the time; and why."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from gan_core.augment.strength import strength_for
from gan_core.config import ModelConfig, TrainConfig
from gan_core.device import Device
from gan_core.errors import StudioError
from gan_core.later import torch
from gan_core.models import build, family

if TYPE_CHECKING:
    from gan_core.models.base import Family

# Work is counted in minutes of two bf16 cores at 64 px, where it was measured that a small, fast network wins up to 20, and
# that one of half the widths, corrected more often and in larger steps, is ahead at 0.25, 0.5 and 1 (quality_per_minute). In the very
# first quarter, steps four times the usual did not settle on 1,000 pictures, twice did.
FIRST, QUICK = 0.4, 2
STEPS_A_MINUTE, BATCH = 800, 32  # of a small dcgan there
THREADS = 8  # beyond these, small networks gain little
SPEED = {"cuda": 40.0, "mps": 4.0}  # against those two cores; rough, as it only has to find the right line below


@dataclass(frozen=True)
class Rung:
    """What suits up to so much work: a family, its usual widths, batch and learning rate times these."""

    work: float
    family: str
    widths: float = 1
    batch: float = 1
    rate: float = 1


LADDER = (
    Rung(FIRST, "dcgan", 0.5, 0.5, 2),
    Rung(QUICK, "dcgan", 0.5, 0.5, 4),
    Rung(20, "dcgan"),
    Rung(200, "stylegan2"),
    Rung(2000, "stylegan2", 2),
    Rung(math.inf, "stylegan2", 4),
)
# What learns by copying takes many small steps where there is time for few: with its usual ones a VAE of faces draws brown blots
# after a minute of one core without bf16 (KID × 10³ 5931), with these faces (3332, and 2225 after 4 minutes).
HASTE = dict(widths=0.5, batch=0.25, rate=3)
ANY_SIZE = "mlp_gan"  # the family without convolutions takes sizes that do not halve, as long as they are small
ANY_SIZE_MOST = 32  # pixels
CUDA_BATCH = 64
VERY_FEW, ADAPT_BELOW = 50, 50_000  # pictures
# Times each picture is seen before augmentation helps at all, and before it is wanted in full.
OFTEN, BY_HEART = 20, 500

SENTENCES = {  # {verb}, {family}, {length}, {device} and {augmentation} are words of their own, by code: see WORDS
    "quick": "{verb} {family} ({width} channels), because in {length} on {device} a small, fast network gets furthest{augmentation}.",
    "style": "{verb} {family} ({width} channels), because {length} on {device} leaves time for the finer kind{augmentation}.",
    "size": "{verb} {family}, because no other kind of GAN can do {resolution} px{augmentation}.",
    "plain": "{verb} {family}{augmentation}.",
    "named": "{verb} {family} ({width} channels), because that suits {length} on {device}{augmentation}.",
    "model": "{verb} {family}, because “{model}” is one, with its sizes, so that its weights fit{augmentation}.",
}  # fmt: skip
WORDS = {
    "verb.will": "Will train",
    "verb.now": "Training",
    "family.dcgan": "a GAN",
    "family.stylegan2": "a style-based GAN",
    "family.stylegan3": "an alias-free GAN",
    "family.r3gan": "a steady GAN",
    "family.mlp_gan": "the GAN of 2014",
    "family.vae": "a VAE",
    "family.autoencoder": "an autoencoder",
    "length.minutes": "{amount} min",
    "length.steps": "{amount} steps",
    "device.cpu": "a processor",
    "device.cuda": "a graphics card",
    "device.mps": "an Apple graphics processor",
    "augmentation.none": "",
    "augmentation.given": "; pictures are varied as you set it",
    "augmentation.very_few": "; {pictures} pictures are so few that it will mostly repeat them, however they are varied",
    "augmentation.few": "; as {pictures} pictures are few, the judging network sees every one varied",
    "augmentation.some": "; with {pictures} pictures, the judging network sees {share} % of them varied",
    "augmentation.many": "; {pictures} pictures are enough to show them as they are",
    "augmentation.short": "; each picture is seen only a few times, so all are shown as they are",
    "augmentation.adaptive": "; how much the pictures are varied adapts itself",
}  # fmt: skip


@dataclass(frozen=True)
class Situation:
    """What is known before training: the pictures, the machine (device cpu, cuda or mps) and the time."""

    pictures: int
    resolution: int  # pixels a side
    device: str = "cpu"
    threads: int = 2
    bf16: bool = True
    minutes: float = 10.0
    steps: int | None = None  # instead of minutes

    @classmethod
    def of(cls, config: TrainConfig, pictures: int, resolution: int, device: Device) -> Situation:
        """The situation of a config on a device."""
        bf16, threads = device.dtype == torch.bfloat16, torch.get_num_threads()
        return cls(pictures, resolution, device.device.type, threads, bf16, config.minutes, config.steps)

    @property
    def work(self) -> float:
        """How much can be learned, in minutes of two bf16 cores at 64 px. Larger pictures cost as their area grows."""
        if self.steps:
            return self.steps / STEPS_A_MINUTE
        cores = min(self.threads, THREADS) / 2 * (1 if self.bf16 else 0.5)
        return self.minutes * SPEED.get(self.device, cores) * min(1, (64 / self.resolution) ** 2)

    @property
    def seen(self) -> float:
        """About how many pictures the run will look at."""
        return self.work * STEPS_A_MINUTE * BATCH


@dataclass(frozen=True)
class Choice:
    """What was chosen (TrainConfig fields by name) and why: `code` and `facts` in any language, `message` in English.

    `options` are sizes for `ModelConfig.options` that no field can say.
    """

    fields: dict
    code: str
    facts: dict
    options: dict = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence in English."""
        facts = {name: value if isinstance(value, str) else f"{value:,g}" for name, value in self.facts.items()}
        parts = ("family", "length", "device", "augmentation")
        words = {name: WORDS.get(f"{name}.{facts[name]}", facts[name]).format(**facts) for name in parts}
        return SENTENCES[self.code].format(**{**facts, **words, "verb": WORDS["verb.will"]})

    def to_event(self) -> dict:
        """Return what an event says of it."""
        return {"code": self.code, "facts": self.facts, "message": self.message}

    def to_dict(self) -> dict:
        """Return a JSON-ready dict; `from_dict` gives the same choice back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict) -> Choice:
        """Build a choice from parsed JSON. Raises StudioError when it is damaged."""
        try:
            choice = cls(**raw)
            choice.applied(TrainConfig()).checked()
            _ = choice.message, {**choice.options}
            return choice
        except (KeyError, TypeError, ValueError):
            raise StudioError(
                "file.not_json", "{file} cannot be read: it is damaged or not JSON.", file="choice.json"
            ) from None

    def applied(self, config: TrainConfig) -> TrainConfig:
        """The config with every choice made; what was asked for stays."""
        return replace(config, **{k: v for k, v in self.fields.items() if getattr(config, k) in (None, "auto")})


def choose(config: TrainConfig, situation: Situation, model: ModelConfig | None = None) -> Choice:
    """Choose every field that `config` leaves open; `model` is the one it starts from, whose kind and sizes are kept.

    Raises StudioError when no family can do the resolution, naming near ones that work.
    """
    code, rung = _kind(config, situation)
    name, sizes, options = rung.family, {}, {}
    if model is not None:
        code, name, sizes = "model", model.family, family(model.family).sizes(model)
        rung = Rung(rung.work, name, sizes.get("width", 0) / family(name).defaults()["width"] or 1)
        options = {} if config.width else {k: v for k, v in model.options.items() if k not in family(name).SIZES}
    defaults = settings(config, family(name), situation, rung) | sizes
    full = config.with_defaults(defaults)
    facts = {
        "family": name, "width": full.width, "resolution": situation.resolution, "pictures": situation.pictures,
        "device": situation.device, "length": "steps" if config.steps else "minutes", "amount": config.steps or config.minutes,
        "share": round(100 * full.augment), "augmentation": _augmentation(config, full, situation),
    }  # fmt: skip
    if model is not None:
        facts |= {"model": model.title or model.name, "name": model.name}
    return Choice({**defaults, "family": name}, code, facts, options)


def settings(config: TrainConfig, chosen: type[Family], situation: Situation, rung: Rung) -> dict:
    """A value for every field that may be None: the family's own, made to suit the situation and what was asked for."""
    defaults = chosen.defaults()
    for name in ("width", "d_width") if rung.widths != 1 and chosen.SIZES else ():
        defaults[name] = max(8, int(defaults[name] * rung.widths) // 4 * 4)
    defaults |= {"batch": int(defaults["batch"] * rung.batch), "lr": defaults["lr"] * rung.rate}
    if situation.device == "cuda":
        defaults["batch"] = max(defaults["batch"], CUDA_BATCH)
    if config.loss == "wgan":
        defaults |= {"penalty": "gp", "gamma": None}
    elif config.gamma and defaults["penalty"] == "none":
        defaults["penalty"] = "r1r2"
    if config.penalty not in (None, defaults["penalty"]):
        defaults["gamma"] = None
    if config.augment and defaults["augmentation"] == "none":
        defaults["augmentation"] = "diffaugment"
    if config.loss == "nonsaturating" and defaults["augmentation"] != "none" and situation.pictures < ADAPT_BELOW:
        defaults["augmentation"] = "ada"
    pipeline = config.augmentation or defaults["augmentation"]
    defaults["augment"] = 0.0
    times = situation.seen / situation.pictures
    if pipeline == "diffaugment" and times >= OFTEN:
        defaults["augment"] = round(strength_for(situation.pictures) * min(1, times / BY_HEART), 2)
    full = config.with_defaults(defaults)
    if defaults.get("gamma") is None:
        from gan_core.losses import gamma_for

        defaults["gamma"] = gamma_for(full.penalty, situation.resolution, full.batch)
    return defaults


def fits(name: str, resolution: int) -> bool:
    """Whether a family can do a resolution: asked of an empty network, which takes no memory."""
    try:
        with torch.device("meta"):
            build(ModelConfig(name, resolution))
    except StudioError:
        return False
    return True


def near(name: str, resolution: int) -> int:
    """The resolution nearest to `resolution` that a family ("auto": those made of convolutions) can do."""
    name = LADDER[0].family if name == "auto" else name
    sizes = sorted(range(8, 257), key=lambda size: (abs(size - resolution), size))
    return next(size for size in sizes if fits(name, size))


def _kind(config: TrainConfig, situation: Situation) -> tuple[str, Rung]:
    """(why, what suits). A family that was asked for gets the widths of its own, or larger ones where there is time."""
    rung = next(rung for rung in LADDER if situation.work < rung.work)
    name = config.family
    if name != "auto":
        if name == rung.family:
            own = rung
        elif rung.work <= QUICK and family(name).Generator.can_encode:
            own = Rung(rung.work, name, **HASTE)
        else:
            own = Rung(rung.work, name, max(rung.widths, 1))
        return "named" if family(name).SIZES else "plain", own
    if not fits(rung.family, situation.resolution) and situation.resolution <= ANY_SIZE_MOST:
        return "size", Rung(rung.work, ANY_SIZE)
    with torch.device("meta"):
        build(ModelConfig(rung.family, situation.resolution))  # says which sizes near it work
    return "quick" if rung.family == LADDER[0].family else "style", rung


def _augmentation(config: TrainConfig, full: TrainConfig, situation: Situation) -> str:
    """The code of the words that say what happens to the pictures that are judged."""
    if full.augmentation == "none":
        return "none"
    if config.augment is not None:
        return "given"
    if situation.pictures < VERY_FEW:
        return "very_few"
    if full.augmentation == "ada":
        return "adaptive"
    if full.augment == 0:
        return "short" if strength_for(situation.pictures) else "many"
    return "few" if full.augment == 1 else "some"
