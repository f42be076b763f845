"""Shards in, shards out: work that a kill can interrupt and the next run takes up again.

A shard is a piece of a study that one call computes and one file holds. Its file is written under
the run's key, which changes with every setting, model and data set, so that a stale shard is never
taken for a fresh one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from precompute import progress
from store.shards import read_shard, write_shard

Arrays = Mapping[str, NDArray]


@dataclass(frozen=True)
class Shard:
    """A named range of rows, such as the images 50 to 99 of the masking step."""

    name: str  # file stem, unique within the study
    start: int
    stop: int

    @property
    def rows(self) -> range:
        """The rows of this shard."""
        return range(self.start, self.stop)


def split_rows(step: str, n_rows: int, per_shard: int) -> list[Shard]:
    """Cut n_rows into shards of at most per_shard rows, named in reading order."""
    starts = range(0, n_rows, per_shard)
    return [Shard(f"{step}-{start:06d}", start, min(start + per_shard, n_rows)) for start in starts]


def compute(
    shards: Sequence[Shard],
    work: Callable[[Shard], Arrays],
    folder: Path,
    key: str,
    label: str,
    unit: str = "images",
) -> list[Arrays]:
    """Compute each shard, or read it back when its file verifies under this key.

    Returns the shards' arrays in order. A kill costs at most the shard under way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    results: list[Arrays] = []
    with progress.bar(label, shards[-1].stop if shards else 0, unit) as advance:
        for shard in shards:
            path = folder / f"{shard.name}.part.h5"
            arrays = read_shard(path, key)
            if arrays is None:
                arrays = work(shard)
                write_shard(path, arrays, key)
            results.append(arrays)
            advance(len(shard.rows))
    return results


def merge(parts: Sequence[Arrays]) -> dict[str, NDArray]:
    """Join the shards' arrays along their first axis, in order."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
