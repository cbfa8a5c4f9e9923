"""Several processes, here two on the CPU: the same gradients as one, one run folder, and an end in words when one dies."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from test_memory import GAMES, gradients
from torch import multiprocessing

import gan_core
from benchmarks.common import free_port
from gan_core import StudioError, TrainConfig, parallel
from gan_core.training.learner import Learner
from gan_core.training.run import Run
from gan_core.training.settings import change

ROOT = Path(__file__).resolve().parents[1]
RANKS = 2
pytestmark = pytest.mark.timeout(600)  # every process imports torch anew, which takes its time on a busy machine


def environment(rank: int, port: int) -> dict[str, str]:
    """What torchrun sets for each process."""
    return {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(RANKS), "LOCAL_WORLD_SIZE": str(RANKS),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1",
    }  # fmt: skip


def in_two_processes(function, *arguments) -> None:
    """Call function(rank, *arguments) in two processes; an exception in either fails the test."""
    multiprocessing.spawn(_enter, (free_port(), function, arguments), RANKS)


def _enter(rank: int, port: int, function, arguments) -> None:
    os.environ.update(environment(rank, port))
    torch.set_num_threads(1)
    function(rank, *arguments)


def game(name: str, tiny) -> TrainConfig:
    return tiny(family=name, lr=1e-7, d_lr=1e-7, batch=16, **GAMES[name])  # minibatch-std: shares are whole groups


# ---- the same numbers as one process


def learn_in_turn(rank: int, folder: str, configs: list[TrainConfig]) -> None:
    """Every config's first gradients and losses, into a file; then the small things that processes do together."""
    with parallel.joined("cpu"):
        for config in configs:
            learner = Learner(config, Run(config.out))
            assert len(learner.batches.at(0)) == 8 and learner.start(None) is None
            losses = learner.step(0, 0.0, 1.0)
            numbers = {"gradients": gradients(learner.family), "losses": torch.stack(list(losses.values()))}
            save_file(numbers, Path(folder) / f"{config.family}-{rank}.safetensors")
        parallel.align([given := torch.full((3, 2), float(rank))])
        assert not given.any() and parallel.largest(rank) == 1
        assert float(parallel.mean(torch.tensor(float(rank)))) == 0.5
        with parallel.alone():
            assert parallel.size() == 1 and parallel.largest(rank) == rank


def test_two_processes_have_the_gradients_of_one(tiny, tmp_path):
    configs = [replace(game(name, tiny), out=str(tmp_path / name)) for name in GAMES]
    in_two_processes(learn_in_turn, str(tmp_path), configs)
    for config in configs:
        first, second = (load_file(tmp_path / f"{config.family}-{rank}.safetensors") for rank in range(RANKS))
        learner = Learner(config, Run(config.out))
        losses = torch.stack(list(learner.step(0, 0.0, 1.0).values()))
        alone = gradients(learner.family)
        assert torch.equal(first["gradients"], second["gradients"])
        assert torch.allclose(first["gradients"], alone, rtol=1e-3, atol=1e-4 * alone.abs().max())
        assert torch.allclose(first["losses"], losses, rtol=1e-4, atol=1e-5)


def run_with_trouble(rank: int, config: TrainConfig, another_port: int) -> None:
    """A run in which the second process alone meets a loss that is not finite, and memory for 2 pictures only."""
    from gan_core.models.vae import VAE

    real, poisoned = VAE.objective, []

    def objective(self, batch):
        if rank == 1 and len(batch) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        loss, terms = real(self, batch)
        if rank == 1 and batch.step == 2 and parallel.size() > 1 and not poisoned:
            poisoned.append(True)
            return loss * float("nan"), {**terms, "kl": terms["kl"] * float("nan")}
        return loss, terms

    VAE.objective = objective
    run, seen, resumed = Run(config.out), [], []
    for event in gan_core.train(config):
        seen.append(event["type"])
        if event["type"] == "checkpoint" and event["step"] == 4:
            run.control("pause")
            change(run, {"lr": 5e-4, "beta": 2.0})
        elif event["type"] == "paused":
            run.control("resume")
        elif event["type"] == "resumed":
            resumed.append(event["step"])
        if resumed and event["type"] == "checkpoint" and event["step"] > resumed[0] + 1:
            run.control("stop")
    assert (rank == 0) == bool(seen)
    assert ("changed" in seen) == (rank == 0)
    os.environ["MASTER_PORT"] = str(another_port)
    with pytest.raises(StudioError) as caught:
        list(gan_core.train(config))
    assert caught.value.code == ("train.first_failed" if rank else "run.exists")


def test_what_one_process_meets_all_answer_together(tiny):
    config = tiny(family="vae", steps=1000, batch=7, checkpoint_seconds=0.0)
    in_two_processes(run_with_trouble, config, free_port())
    run = Run(config.out)
    events = run.read_events()[0]
    told = {e["code"]: e for e in events if e["type"] == "warning"}
    assert set(told) == {"train.batch", "train.memory", "train.rollback"}
    assert told["train.batch"]["facts"] == {"ranks": 2, "batch": 8, "asked": 7}
    assert (
        told["train.memory"]["facts"] == {"parts": 2} and "half the learning rate" in told["train.rollback"]["message"]
    )
    assert [e["type"] for e in events if e["type"] in ("paused", "resumed", "end")] == ["paused", "resumed", "end"]
    assert run.status().state == "stopped" and gan_core.load(run.model_folder)
    assert "torchrun --nproc_per_node=2" in gan_core.load(run.model_folder).config.training["command"]


# ---- torchrun


def test_torchrun_leaves_one_run_that_one_process_resumes(tiny, tmp_path):
    config = replace(game("stylegan2", tiny), steps=3, lr=1e-4, out=str(tmp_path / "two"))
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={RANKS}"]
    done = subprocess.run(
        [*torchrun, str(ROOT / "train_local.py"), *config.to_argv()], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0 and done.stdout.count("The model is kept") == 1, done.stderr
    run = Run(config.out)
    events = run.read_events()[0]
    assert [e["type"] for e in events].count("start") == 1 and events[0]["processes"] == 2
    assert events[-1]["facts"]["images"] == 48 and {0, 3} <= {step for step, _ in run.samples()} <= {0, 1, 2, 3}
    one = replace(config, out=str(tmp_path / "one"))
    list(gan_core.train(one))
    ours, theirs = (load_file(Run(c.out).checkpoint_folder / "latest.safetensors") for c in (config, one))
    for name in (n for n in ours if n.startswith("ema.")):
        assert torch.allclose(ours[name], theirs[name], atol=3e-3), name  # Adam's first steps magnify rounding
    more = list(gan_core.train(replace(run.config, steps=5), resume=True))
    assert more[0]["resumed_from"] == 3 and more[0]["processes"] == 1 and more[-1]["state"] == "done"


@pytest.mark.parametrize("killed", [0, 1])
def test_when_a_process_is_killed_the_other_says_so_and_resume_works(killed, tiny):
    config = tiny(family="mlp_gan", steps=100_000, checkpoint_seconds=0.2)
    run, port = Run(config.out), free_port()
    command = [sys.executable, str(ROOT / "train_local.py"), *config.to_argv()]
    processes = [
        subprocess.Popen(command, env=os.environ | environment(rank, port), stderr=subprocess.PIPE, text=True)
        for rank in range(RANKS)
    ]
    try:
        while not any(e["type"] == "checkpoint" and e["step"] > 5 for e in run.read_events()[0]):
            assert all(p.poll() is None for p in processes), [p.communicate()[1] for p in processes]
            time.sleep(0.05)
        processes[killed].send_signal(signal.SIGKILL)
        assert processes[1 - killed].wait(timeout=120) == 1
        assert "is gone" in processes[1 - killed].stderr.read()
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    status = run.status()
    assert (status.state, status.code) == ("failed", "train.rank_lost")
    list(gan_core.train(replace(run.config, steps=status.step + 5), resume=True))
    assert run.status().state == "done"


# ---- what cannot be


@pytest.mark.parametrize(("device", "gpus", "code"), [("cuda", 1, "train.gpus"), ("auto", 1, "train.gpus"),
                                                      ("cuda", 0, "train.gpus"), ("mps", 0, "train.ranks_device")])  # fmt: skip
def test_too_few_gpus_are_noticed_before_anything_starts(device, gpus, code, tiny, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    config = tiny(device=device)
    for rank in range(RANKS):
        for name, value in environment(rank, 1).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(StudioError) as caught:
            list(gan_core.train(config))
        assert caught.value.code == code
    assert not Path(config.out).exists()


def test_each_process_takes_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert parallel.device_name("cuda:1") == "cuda:1" and parallel.device_name("auto") == "auto"
    for name, value in environment(1, 1).items():
        monkeypatch.setenv(name, value)
    assert [parallel.device_name(d) for d in ("auto", "cuda", "cpu")] == ["cuda:1", "cuda:1", "cpu"]


def test_processes_that_do_not_find_each_other_say_so(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(StudioError, match="torchrun --nproc_per_node=2"), parallel.joined("cpu"):
        raise AssertionError("joined nobody")
    assert parallel.size() == 1 and parallel.rank() == 0
