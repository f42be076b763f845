"""One line's worth of facts about each dataset of a store."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.file.hashing import array_hash
from store.file.hdf5 import LOCK
from store.reader import Store


@dataclass(frozen=True)
class DatasetSummary:
    """Shape, size and digest of a dataset; the statistics leave NaN out."""

    path: str
    shape: tuple[int, ...]
    dtype: str
    stored_bytes: int
    decoded_bytes: int
    sha256: str  # of dtype, shape and bytes; first 16 digits
    mean: float | None = None  # None for text and for datasets without a number
    std: float | None = None
    min: float | None = None
    max: float | None = None
    n_nan: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)

    def line(self) -> str:
        """Return the summary as one line of a fingerprint."""
        head = f"{self.path} {self.shape} {self.dtype} sha256={self.sha256}"
        if self.mean is None:
            return head
        moments = f"mean={self.mean:.6g} std={self.std:.6g} min={self.min:.6g} max={self.max:.6g}"
        return f"{head} {moments} nan={self.n_nan}"


def summarise(store: Store) -> Iterator[DatasetSummary]:
    """Yield a summary of each dataset in path order; reads all of them."""
    for place in sorted(store.datasets):
        values = store.read_stored(place)
        with LOCK:
            stored_bytes = store.datasets[place].id.get_storage_size()
        is_text = values.dtype.kind == "S"
        yield DatasetSummary(
            path=place,
            shape=values.shape,
            dtype="text" if is_text else str(values.dtype),
            stored_bytes=stored_bytes,
            decoded_bytes=values.nbytes,
            sha256=array_hash(values)[:16],
            **({} if is_text else _moments(values)),
        )


def _moments(values: NDArray) -> dict[str, Any]:
    wide = values.astype("float64").ravel()
    numbers = wide[~np.isnan(wide)]
    n_nan = wide.size - numbers.size
    if not numbers.size:
        return {"n_nan": n_nan}
    return {
        "mean": float(numbers.mean()),
        "std": float(numbers.std()),
        "min": float(numbers.min()),
        "max": float(numbers.max()),
        "n_nan": n_nan,
    }
