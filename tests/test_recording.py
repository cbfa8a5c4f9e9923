"""A step that is recorded and replayed leaves the weights that a step taken anew leaves.

Without a GPU the recorder here takes the place of CUDA's: it notes every operation with its very tensors and does them again in
the same memory. What would break a CUDA graph breaks it, too: numbers or choices that stay behind in Python, new memory for what
changes from step to step, a wait for a value.
"""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from gan_core.device import pick
from gan_core.draws import Share
from gan_core.errors import StudioError
from gan_core.models import family
from gan_core.models.base import Batch
from gan_core.models.recording import CudaGraphs
from gan_core.training.learner import Learner
from gan_core.training.run import Run
from gan_core.training.setup import prepare

GANS = ("mlp_gan", "dcgan", "stylegan2", "stylegan3", "r3gan")


class Operations(TorchDispatchMode):
    """Notes every operation; refuses to tell a value to Python, for which a GPU would have to be waited for."""

    def __init__(self):
        super().__init__()
        self.noted = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function is torch.ops.aten._local_scalar_dense.default:
            raise RuntimeError("operation would wait for the device")
        result = function(*args, **kwargs)
        self.noted.append((function, args, kwargs, result))
        return result


class Replayed:
    """A recorder that does operations again. They are done when recorded, so what they change is put back: a graph's are not."""

    def __init__(self, networks):
        self._networks = networks

    def warm_up(self, work):
        work()

    def record(self, work):
        buffers = [buffer for network in self._networks for buffer in network.buffers()]
        before = [buffer.clone() for buffer in buffers]
        with Operations() as operations:
            result = work()
        with torch.no_grad(), torch.autograd._unsafe_preserve_version_counter(tuple(buffers)):
            for buffer, value in zip(buffers, before, strict=True):
                buffer.copy_(value)
        return result, lambda: self._again(operations.noted)

    @staticmethod
    @torch.no_grad()
    def _again(noted):
        for function, args, kwargs, result in noted:
            touched = (*_tensors(args), *_tensors(list(kwargs.values())), *_tensors(result))
            with torch.autograd._unsafe_preserve_version_counter(touched):  # a graph is replayed behind autograd's back
                for old, new in zip(_tensors(result), _tensors(function(*args, **kwargs)), strict=True):
                    if old.data_ptr() != new.data_ptr():
                        old.copy_(new)


def _tensors(found):
    if isinstance(found, torch.Tensor):
        return [found]
    return [tensor for part in found for tensor in _tensors(part)] if isinstance(found, (list, tuple)) else []


def trained(tiny, recorded, steps=5, **changes):
    """(losses of each step, the state of all networks, how many recordings were made) after a few steps."""
    config, model, _ = prepare(tiny(**changes))
    torch.manual_seed(0)
    learning = family(config.family)(model, config, pick("cpu"))
    if recorded:
        learning.recorder = lambda: Replayed(tuple(learning.networks().values()))
    rng, told = torch.Generator().manual_seed(0), []
    for step in range(steps):
        images = (torch.rand(8, model.channels, 16, 16, generator=rng) * 2 - 1).contiguous(
            memory_format=torch.channels_last
        )
        labels = torch.eye(model.num_classes)[torch.arange(8) % model.num_classes] if model.num_classes else None
        learning.progress = step / steps
        losses = learning.train_step(Batch(images, labels, 0, step, Share(0, 8, 8)))
        told.append({name: float(value) for name, value in losses.items()})
    states = {f"{name}.{k}": v for name, net in learning.networks().items() for k, v in net.state_dict().items()}
    return told, states, len(learning.recordings)


def check_equal(tiny, kinds, **changes):
    """Compare the two ways. They may differ by the rounding of the penalty's weight, which is a float64 in one, a float32 in the other."""
    told, states, _ = trained(tiny, False, **changes)
    again, same, made = trained(tiny, True, **changes)
    assert made == kinds
    for one, other in zip(told, again, strict=True):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-6)
    for name, value in states.items():
        torch.testing.assert_close(
            same[name], value, rtol=1e-4, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.parametrize("name", GANS)
def test_replayed_equals_eager(name, tiny):
    check_equal(
        tiny,
        2,
        family=name,
        penalty="r1r2",
        gamma=1.0,
        gamma_final=0.1,
        penalty_every=3,
        augmentation="diffaugment",
        augment=0.5,
    )


@pytest.mark.parametrize(
    "changes",
    [
        dict(loss="wgan", penalty="gp", gamma=10.0, penalty_every=1),
        dict(penalty="none", augmentation="none", spectral_norm=True),
        dict(loss="hinge", penalty="r1", gamma=1.0, penalty_every=1, conditional="no"),
    ],
)
def test_losses_and_penalties_are_replayed(changes, tiny):
    check_equal(tiny, 1, family="dcgan", **changes)


def test_the_path_length_penalty_is_taken_beside_a_recording(tiny):
    check_equal(tiny, 2, family="stylegan2", path_length=2.0, penalty_every=4, gamma=1.0)


@pytest.mark.parametrize("changes", [dict(accumulate=2), dict(augmentation="ada", augment=0.1), dict(unroll=1)])
def test_what_python_decides_in_mid_step_is_not_recorded(changes, tiny):
    assert trained(tiny, True, steps=1, family="dcgan", **changes)[2] == 0


def test_changed_settings_are_recorded_anew(tiny):
    config, model, _ = prepare(tiny(family="dcgan"))
    learning = family("dcgan")(model, config, pick("cpu"))
    learning.recordings["old"] = None
    learning.retune(config)
    assert not learning.recordings


def test_what_cannot_be_recorded_says_why(tiny):
    class Refusing(Replayed):
        def record(self, work):
            raise RuntimeError("operation not permitted when stream is capturing\nmore")

    config, model, _ = prepare(tiny(family="dcgan"))
    learning = family("dcgan")(model, config, pick("cpu"))
    learning.recorder = lambda: Refusing(())
    with pytest.raises(StudioError, match="stream is capturing.*--cuda-graphs") as caught:
        learning.train_step(Batch(torch.zeros(8, 3, 16, 16), torch.eye(2)[[0, 1] * 4], 0, 0, Share(0, 8, 8)))
    assert caught.value.code == "train.no_graph" and "more" not in str(caught.value)


def test_on_the_cpu_nothing_is_recorded(tiny):
    learner = Learner(prepare(tiny(family="dcgan", cuda_graphs=True))[0], Run(tiny().out))
    assert learner.family.recorder is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_cuda_graphs_equal_eager_steps(tiny):  # pragma: no cover
    config, model, _ = prepare(tiny(family="dcgan", device="cuda", gamma=1.0, penalty_every=2))
    device, results = pick("cuda"), []
    for recorder in (None, CudaGraphs):
        torch.manual_seed(0)
        learning = family("dcgan")(model, config, device)
        learning.recorder = recorder
        rng = torch.Generator("cuda").manual_seed(0)
        for step in range(6):
            images = torch.rand(8, 3, 16, 16, generator=rng, device="cuda") * 2 - 1
            learning.train_step(Batch(images, torch.eye(2, device="cuda")[[0, 1] * 4], 0, step, Share(0, 8, 8)))
        results.append([p.detach().clone() for p in learning.generator.parameters()])
    for eager, replayed in zip(*results, strict=True):
        torch.testing.assert_close(replayed, eager, rtol=2e-2, atol=2e-3)
