"""Shards in, shards out: work that a kill can interrupt and the next run takes up again.

A shard's file is written under its step's key, which changes with every setting, model, data set
and line of the code that the step runs, so that a stale shard is never taken for a fresh one. Where
shards are computed is the workers' business: here, on every device, or on a Ray cluster.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from precompute.cli import progress
from precompute.compute.process import Shard, Work, split_rows
from precompute.compute.workers import Executor, SerialExecutor
from store.file.shards import read_shard, write_shard

__all__ = ["Arrays", "Shard", "compute", "merge", "split_rows", "use_executor"]

Arrays = Mapping[str, NDArray]


_executor: ContextVar[Executor] = ContextVar("executor")


@contextmanager
def use_executor(executor: Executor) -> Iterator[None]:
    """Let this executor compute every shard until the end of the block, then close it."""
    token = _executor.set(executor)
    try:
        yield
    finally:
        _executor.reset(token)
        executor.close()


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
    results: dict[str, Arrays] = {}
    n_rows = sum(len(shard.rows) for shard in shards)
    with progress.bar(label, n_rows, unit) if label else progress.none() as advance:
        for shard in shards:
            arrays = read_shard(_file(folder, shard), key)
            if arrays is not None:
                results[shard.name] = arrays
                advance(len(shard.rows), restored=True)
        missing = [shard for shard in shards if shard.name not in results]
        for shard, arrays in _executor.get(SerialExecutor()).map(work, missing):
            write_shard(_file(folder, shard), arrays, key)
            results[shard.name] = arrays
            advance(len(shard.rows))
    return [results[shard.name] for shard in shards]


def _file(folder: Path, shard: Shard) -> Path:
    return folder / f"{shard.name}.part.h5"


def merge(parts: Sequence[Arrays]) -> dict[str, NDArray]:
    """Join the shards' arrays (n, ...) along their first axis, in order: (N, ...)."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
