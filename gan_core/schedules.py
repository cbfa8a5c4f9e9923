"""How settings change over a run, as functions of the share of the budget that is spent (0 to 1)."""

import math


def cosine(progress: float, start: float, end: float) -> float:
    """From `start` to `end` along half a cosine (Huang et al. 2024 (R3GAN), app. E; Loshchilov & Hutter 2017, eq. 5)."""
    return end + (start - end) * (1 + math.cos(math.pi * min(max(progress, 0.0), 1.0))) / 2


def late_line(progress: float, start: float, end: float) -> float:
    """`start` for the first half, then a straight line to `end`."""
    return start - (start - end) * min(max(2 * progress - 1, 0.0), 1.0)


def head_start(progress: float, share: float) -> float:
    """From 0 to 1 in a straight line over the first `share`."""
    return min(progress / share, 1.0)


RATES = {"linear": late_line, "cosine": cosine}
