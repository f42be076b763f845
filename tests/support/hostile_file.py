"""A file that is no store, and how one is made from a valid one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py

from store.errors import StoreError

Breaker = Callable[[Path], None]


@dataclass(frozen=True)
class Hostile:
    """A file made by `breaker` from a valid ViT store, and how it must be refused."""

    name: str
    breaker: Breaker
    error: type[StoreError]
    says: str  # part of the fact


def edit(change: Callable[[h5py.File], object]) -> Breaker:
    """Return a breaker that changes the open file."""

    def breaker(path: Path) -> None:
        with h5py.File(path, "r+", locking=False) as file:
            change(file)

    return breaker
