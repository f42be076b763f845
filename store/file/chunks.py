"""What the chunks of a dataset hold, before HDF5 takes them apart."""

import zlib
from math import prod
from pathlib import Path

import h5py
from h5py import h5d  # pyright: ignore[reportAttributeAccessIssue]

from store.errors import StoreDamaged, StoreHostile

CHECKSUM_BYTES = 4  # that fletcher32 puts behind a chunk


def check_chunks(dataset: h5py.Dataset, path: Path, place: str) -> None:
    """Refuse chunks that skip a filter, or do not fill their place in the array exactly.

    HDF5 does not ask. A longer one fills memory for as long as its input lasts, 2 GB from 3 MB; a
    shorter one makes it read past the end of its buffer, and crash. So each is inflated here
    first, up to its own size and no further.

    Raises:
        StoreHostile: a chunk skips a filter or is too long.
        StoreDamaged: a chunk is too short.
        zlib.error: a chunk does not inflate.
    """
    if not dataset.chunks:
        return
    chunks: list[h5d.StoreInfo] = []
    dataset.id.chunk_iter(chunks.append)
    n_bytes = prod(dataset.chunks) * dataset.id.get_type().get_size()
    n_checksum = CHECKSUM_BYTES if dataset.fletcher32 else 0
    is_gzip = dataset.compression == "gzip"
    for chunk in chunks:
        if chunk.filter_mask:
            raise StoreHostile(path, f"{place!r} has a chunk that skips a filter", "every filter")
        found = _inflated_bytes(dataset, chunk, n_bytes) if is_gzip else chunk.size - n_checksum
        if found > n_bytes:
            raise StoreHostile(path, f"{place!r} has a chunk of over {n_bytes} bytes", "no more")
        if found < n_bytes:
            raise StoreDamaged(path, f"{place!r} has a chunk of {found} bytes", str(n_bytes))


def _inflated_bytes(dataset: h5py.Dataset, chunk: "h5d.StoreInfo", enough: int) -> int:
    """Return how many bytes a chunk inflates to; one more than enough stands for any more."""
    _, raw = dataset.id.read_direct_chunk(chunk.chunk_offset)
    return len(zlib.decompressobj().decompress(raw, enough + 1))
