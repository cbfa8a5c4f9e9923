"""The model that a run leaves behind: the averaged generator as a model folder, with what made it."""

from copy import copy
from dataclasses import replace

from gan_core import parallel
from gan_core.card import model_card
from gan_core.checkpoint import save_model
from gan_core.models.base import Generator
from gan_core.training.explore import explore
from gan_core.training.learner import Learner
from gan_core.training.run import Run
from gan_core.training.samples import FixedSamples
from gan_core.training.settings import Change
from gan_core.training.state import Counters


class ModelFolder:
    """Writes the run's model/ folder, again and again while it learns."""

    def __init__(self, run: Run, learner: Learner, samples: FixedSamples, counters: Counters):
        self._run, self._learner, self._samples, self._counters = run, learner, samples, counters
        self._processes = parallel.size()

    def write(self, network: Generator, final: bool = False) -> None:
        """Write the averaged `network`; the final one with its directions. Raises OSError when the disk refuses."""
        if not final:
            network.found, network.named = {}, ()
        elif not network.found:  # not done yet: a full disk may have asked for a second attempt
            explore(network, self._learner.pictures, self._counters.elapsed)
        facts = self._facts()
        if network.named:
            facts["sliders"] = ", ".join(direction.title or direction.name for direction in network.named)
        network.config = replace(self._learner.model, training=facts)
        save_model(self._run.model_folder, network, self._samples.preview(network), model_card(network.config))

    def write_best(self, network: Generator, figures: dict) -> None:
        """Write the averaged `network` into best/, with the quality it was chosen for. Raises OSError when the disk refuses."""
        still = copy(network)  # the same tensors; what is set here stays here
        still.found, still.named = {}, ()
        measured = {name: figures[name] for name in ("kid", "noise", "diversity", "n", "extractor")}
        still.config = replace(self._learner.model, training={**self._facts(), "measured_while_training": measured})
        save_model(self._run.best_folder, still, self._samples.preview(network), model_card(still.config))

    def _facts(self) -> dict:
        """How it was made, for its config.json and card."""
        c, config, family = self._counters, self._learner.config, self._learner.family
        facts = {
            "images": c.images, "steps": c.step, "seconds": round(c.elapsed, 1), "pictures": len(self._learner.pictures),
            "seed": config.seed, "device": self._learner.device.reason, "command": self._command(), "lr": config.lr, "batch": config.batch,
            "loss": "",
        }  # fmt: skip
        if changes := self._learner.settings.changes:
            facts["changed"] = "; ".join(
                _in_words(one) for one in changes if one.step is not None and one.step <= c.step
            )
        if "discriminator" in family.networks():
            strength = round(family.adaptive().get("augment", config.augment), 3)
            facts |= {"loss": config.loss, "penalty": config.penalty, "gamma": config.gamma}
            facts |= {"augmentation": config.augmentation, "augment": strength}
        return facts

    def _command(self) -> str:
        python = "python" if self._processes == 1 else f"torchrun --nproc_per_node={self._processes}"
        return " ".join([python, "train_local.py", *self._run.config.to_argv()])


def _in_words(change: Change) -> str:
    values = (f"{name} {'as at first' if value is None else value}" for name, value in change.values.items())
    return f"{', '.join(values)} from step {change.step:,}"
