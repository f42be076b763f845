"""One line of the benchmark table: our figure, the peer's in the same run, and the bound."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Literal


@dataclass(frozen=True)
class Bound:
    """What a figure must stay under or reach."""

    sense: Literal["at most", "at least"]
    limit: float
    of: Literal["figure", "ratio"]  # the figure itself, or ours divided by the peer's

    def __str__(self) -> str:
        times = " × peer" if self.of == "ratio" else ""
        return f"{'≤' if self.sense == 'at most' else '≥'} {self.limit:g}{times}"

    def holds(self, measured: float) -> bool:
        """Whether the measured value meets the bound."""
        return measured <= self.limit if self.sense == "at most" else measured >= self.limit


@dataclass(frozen=True)
class Row:
    """A benchmark's outcome."""

    work: str  # what was done, with its size
    ours: float
    unit: str  # of ours and of the peer: "s", "MB", "images/s"
    limited_by: str  # what the figure cannot go past: compute, memory, input, ...
    bound: Bound | None = None  # None: nothing is asked of it
    peer: float | None = None
    peer_name: str = ""

    def __post_init__(self) -> None:
        if self.bound and self.bound.of == "ratio" and self.peer is None:
            raise ValueError(f"'{self.work}' is bound by a ratio and has no peer to divide by")

    @property
    def ratio(self) -> float | None:
        """Ours divided by the peer's, or None without a peer."""
        return None if self.peer is None else self.ours / self.peer

    @property
    def passes(self) -> bool:
        """Whether the bound holds, or there is none."""
        if self.bound is None:
            return True
        measured = self.ratio if self.bound.of == "ratio" else self.ours
        return measured is not None and self.bound.holds(measured)


def seconds_side_by_side(
    *works: Callable[[], object], repeats: int = 5, warm_up: int = 1
) -> tuple[float, ...]:
    """Median seconds of each work, taken in turns so that a busy moment falls on all of them."""
    for work in works * warm_up:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for seconds, work in zip(taken, works, strict=True):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
    return tuple(median(seconds) for seconds in taken)
