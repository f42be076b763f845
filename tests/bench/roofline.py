"""How near a stage comes to what the device can do: FLOP/s and bytes/s against measured limits."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.bench.row import seconds_side_by_side

SIDE = {"cuda": 8192, "cpu": 2048}  # of the square matrices multiplied
COPIED = {"cuda": 2**30, "cpu": 2**28}  # bytes, far more than any cache holds


@dataclass(frozen=True)
class Limits:
    """What the device reached on the two plainest tasks, at one precision."""

    flops: float  # per second, of a large square product
    bytes: float  # per second, read and written by a large copy


@dataclass(frozen=True)
class Achieved:
    """One stage."""

    seconds: float
    flops: float  # in all, counted by torch
    bytes: float  # in all, as the caller says: what must be read and written at least

    def bound(self, limits: Limits, input_seconds: float = 0.0) -> str:
        """Say what the stage cannot go past: "input", "compute" or "memory"."""
        floor = {
            "input": input_seconds,
            "compute": self.flops / limits.flops,
            "memory": self.bytes / limits.bytes,
        }
        return max(floor, key=floor.__getitem__)


@cache
def measure_limits(device: torch.device, dtype: torch.dtype = torch.float32) -> Limits:
    """Measure a matrix product and a copy on this device."""
    side = SIDE[device.type]
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    source = torch.zeros(COPIED[device.type], dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    product, copy = seconds_side_by_side(
        _finished(lambda: a @ b, device), _finished(lambda: target.copy_(source), device)
    )
    return Limits(flops=2 * side**3 / product, bytes=2 * len(source) / copy)


def measure(
    stage: Callable[[], object],
    device: torch.device,
    n_bytes: float,
    counted: Callable[[], object] | None = None,
) -> Achieved:
    """Count a stage's FLOP once and time it.

    n_bytes: what it must read and write at least, weights and inputs among them.
    counted: the same work, where the stage replays a recording, whose FLOP torch cannot count.
    """
    with FlopCounterMode(display=False) as counter:
        (counted or stage)()
    (seconds,) = seconds_side_by_side(_finished(stage, device))
    return Achieved(seconds, counter.get_total_flops(), n_bytes)


def _finished(work: Callable[[], object], device: torch.device) -> Callable[[], None]:
    """Return the work with a wait for the device at its end: a GPU's call returns before."""

    def run() -> None:
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return run
