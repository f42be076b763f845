"""Shards in, shards out: work that a kill can interrupt and the next run takes up again.

A shard's file is written under the run's key, which changes with every setting, model, data set
and line of the jobs' code, so that a stale shard is never taken for a fresh one. Where shards are
computed is the workers' business: here, on every device of this machine, or on a Ray cluster.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from precompute.cli import progress
from precompute.compute.process import Work
from precompute.compute.shard import Shard, split_rows
from precompute.compute.workers import Done, ThisProcess
from store.file.shards import read_shard, write_shard

__all__ = ["Arrays", "Shard", "Workers", "compute", "computed_by", "merge", "split_rows"]

Arrays = Mapping[str, NDArray]


class Workers(Protocol):
    """Where shards are computed."""

    n_slots: int  # shards computed at the same time

    def map(self, work: Work, shards: Sequence[Shard]) -> Iterator[Done]:
        """Yield shards with their arrays as they are finished, in any order."""
        ...

    def close(self) -> None:
        """Free what they hold."""


_workers: ContextVar[Workers] = ContextVar("workers")


@contextmanager
def computed_by(workers: Workers) -> Iterator[None]:
    """Let these workers compute every shard until the end of the block, then close them."""
    token = _workers.set(workers)
    try:
        yield
    finally:
        _workers.reset(token)
        workers.close()


def compute(
    shards: Sequence[Shard],
    work: Work,
    folder: Path,
    key: str,
    label: str = "",
    unit: str = "images",
) -> list[Arrays]:
    """Compute each shard, or read it back when its file verifies under this key.

    label: the progress bar's; empty where the work shows one of its own.

    Returns the shards' arrays in order. A kill costs at most the shards under way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Arrays] = {}
    n_rows = shards[-1].stop if shards else 0
    with progress.bar(label, n_rows, unit) if label else progress.none() as advance:
        for shard in shards:
            arrays = read_shard(_file(folder, shard), key)
            if arrays is not None:
                found[shard.name] = arrays
                advance(len(shard.rows), restored=True)
        missing = [shard for shard in shards if shard.name not in found]
        for shard, arrays in _workers.get(ThisProcess()).map(work, missing):
            write_shard(_file(folder, shard), arrays, key)
            found[shard.name] = arrays
            advance(len(shard.rows))
    return [found[shard.name] for shard in shards]


def _file(folder: Path, shard: Shard) -> Path:
    return folder / f"{shard.name}.part.h5"


def merge(parts: Sequence[Arrays]) -> dict[str, NDArray]:
    """Join the shards' arrays along their first axis, in order."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
