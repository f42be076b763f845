"""A shard, and what a process that computes shards knows of itself: its device and its work.

A model is sent to a worker as the place where its weights lie, not as the weights: it is loaded
there once, on the worker's own device (see `ImageClassifier.__reduce__`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import cloudpickle
import torch
from numpy.typing import NDArray


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


Work = Callable[[Shard], Mapping[str, NDArray]]

_own_device = "cpu"


def configure_process(device: str, threads: int) -> None:
    """Compute on this device from now on, with as many CPU threads as the driver has.

    A sum over floats depends on how many threads share it, so the driver's number is kept.
    Left alone, cuDNN rounds a convolution's inputs to TF32, 10 bits of 23, and may add in another
    order each time: both are forbidden, so float32 is float32 and a resumed training ends alike.
    """
    global _own_device
    _own_device = device
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def own_device() -> torch.device:
    """Return the device that this process computes on."""
    return torch.device(_own_device)


def pack(work: Work) -> bytes:
    """Return work as bytes that another process can call `run_packed` with."""
    return cloudpickle.dumps(work)


def run_packed(packed: bytes, shard: Shard) -> dict[str, NDArray]:
    """Compute one shard's arrays (n, ...); the work is unpacked once per process and step."""
    return dict(_unpack(packed)(shard))


@lru_cache(maxsize=1)
def _unpack(packed: bytes) -> Work:
    return cloudpickle.loads(packed)
