"""Chooses where to compute, once, and says why."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cache

from gan_core.errors import StudioError
from gan_core.later import torch


@dataclass(frozen=True)
class Device:
    """Where and how to train: the torch device, the autocast dtype, memory layout, and the reason in words."""

    device: torch.device
    dtype: torch.dtype
    reason: str

    def autocast(self):
        """Context for forward passes: bf16 where the device has it, else plain fp32 (never fp16)."""
        if self.dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)


def cpu_has_bf16() -> bool:
    """Whether this CPU multiplies bf16 in hardware (AVX-512 BF16 or AMX); emulated bf16 is slower than fp32."""
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, probe, lambda: False)() for probe in probes)


@cache
def usual_threads() -> int:
    """How many threads PyTorch began with in this program: the app changes its own while it draws, but asks `pick` before."""
    return torch.get_num_threads()


def pick(name: str = "auto") -> Device:
    """Return the Device for `name`: auto, cpu, cuda, cuda:N or mps.

    Raises StudioError when the named device is not on this machine.
    """
    threads = usual_threads()
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda", "mps"):
        raise StudioError("device.unknown", "“{name}” is not a device. Use auto, cpu, cuda or mps.", name=name)
    if device.type == "cuda":
        if not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count():
            raise StudioError(
                "device.missing", "This machine has no {name} that PyTorch can use. Use auto or cpu.", name=name
            )
        bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
        reason = f"{torch.cuda.get_device_name(device)}, {'bf16' if bf16 else 'fp32: the card has no bf16'}"
        return Device(device, torch.bfloat16 if bf16 else torch.float32, reason)
    if device.type == "mps":
        if not torch.backends.mps.is_available():
            raise StudioError(
                "device.missing", "This machine has no {name} that PyTorch can use. Use auto or cpu.", name=name
            )
        return Device(device, torch.float32, "Apple GPU, fp32")
    bf16 = cpu_has_bf16()
    reason = f"CPU, {threads} thread{'s' * (threads != 1)}, {'bf16' if bf16 else 'fp32: the processor has no bf16'}"
    return Device(device, torch.bfloat16 if bf16 else torch.float32, reason)


def tune(device: torch.device) -> None:
    """Let CUDA choose the fastest convolutions for shapes that stay the same, and TF32 where numbers stay fp32."""
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
