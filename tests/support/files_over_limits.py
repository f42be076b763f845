"""Files that go over one limit each: too much of something, or more than they seem to hold."""

import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

from store import errors
from store.schema.common import CLASS_NAME
from tests.support.hostile_file import Breaker, Hostile, edit

MIB = 2**20
READ_FIRST = CLASS_NAME.path  # a dataset that opening the store reads


def _declare(*arguments: object, **options: object) -> Breaker:
    """Return a breaker that adds a dataset and stores none of it."""
    return edit(lambda file: file.create_dataset("zeros", *arguments, **options))


def _add_zeros(file: h5py.File, place: str, n_items: int, dtype: str, per_chunk: int) -> None:
    """Add zeros as gzip stores them, a thousand times smaller, without filling memory."""
    dataset = file.create_dataset(place, n_items, dtype, chunks=(per_chunk,), compression="gzip")
    raw = zlib.compress(bytes(per_chunk * dataset.dtype.itemsize), 9)
    for start in range(0, n_items, per_chunk):
        dataset.id.write_direct_chunk((start,), raw)


def _two_large(file: h5py.File) -> None:
    for number in range(2):
        _add_zeros(file, f"zeros{number}", 320 * MIB, "uint8", 16 * MIB)


def _filtered(*add_filters: Callable[[h5p.PropDCID], None]) -> Breaker:
    def change(file: h5py.File) -> None:
        plist = h5p.create(h5p.DATASET_CREATE)
        plist.set_chunk((4,))
        for add_filter in add_filters:
            add_filter(plist)
        h5d.create(file.id, b"zeros", h5t.STD_U8LE, h5s.create_simple((4,)), plist)

    return edit(change)


def _skip_the_filters(file: h5py.File) -> None:
    dataset = file[READ_FIRST]
    plain = np.resize(dataset[()], dataset.chunks).tobytes()
    dataset.id.write_direct_chunk((0,), plain, filter_mask=0b111)


def _long_chunk(file: h5py.File) -> None:
    """Put 512 MiB of zeros where 4 names belong."""
    stream, piece = zlib.compressobj(), bytes(MIB)
    first, other = (stream.compress(piece) + stream.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    file[READ_FIRST].id.write_direct_chunk((0,), first + 511 * other)


def _short_chunk(file: h5py.File) -> None:
    file[READ_FIRST].id.write_direct_chunk((0,), zlib.compress(b"abcd"))


def _huge_attribute(path: Path) -> None:
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["notes"] = np.bytes_(b"x" * 20_000_000)


def _huge_array_attribute(path: Path) -> None:
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["notes"] = np.zeros(5_000_000)


def _many_attributes(file: h5py.File) -> None:
    for number in range(80):
        file["gallery"].attrs[f"note{number}"] = 1


def _many_links(file: h5py.File) -> None:
    for number in range(600):
        file.create_group(f"group{number}")


def _many_objects(file: h5py.File) -> None:
    for number in range(600):
        file.create_group(f"{'ab'[number % 2]}/group{number}")


def _hostile(name: str, breaker: Breaker, says: str) -> Hostile:
    return Hostile(name, breaker, errors.StoreHostile, says)


OVER_LIMITS = (
    _hostile(
        "ratio",
        _declare((10_000, 10_000), "uint8", chunks=(1000, 1000), compression="gzip"),
        "'zeros' declares 100000000 bytes and stores 0",
    ),
    _hostile("total", edit(_two_large), "its datasets declare 640 MiB by 'zeros1'"),
    _hostile(
        "letters once decoded",
        edit(partial(_add_zeros, place="zeros", n_items=12_800, dtype="S16384", per_chunk=1000)),
        "its datasets declare 802 MiB by 'zeros'",
    ),
    _hostile(
        "texts once decoded",
        edit(partial(_add_zeros, place="zeros", n_items=5 * MIB, dtype="S1", per_chunk=MIB)),
        "its datasets declare 660 MiB by 'zeros'",
    ),
    _hostile(
        "long text", _declare((1,), "S131072"), "an unknown dtype (HDF5 class 3, 131072 bytes)"
    ),
    _hostile(
        "chunk size",
        _declare(2**25, "uint8", chunks=(2**25,)),
        "'zeros' has chunks of (33554432,)",
    ),
    _hostile("chunk count", _declare(2**17, "uint8", chunks=(1,)), "'zeros' has 131072 chunks"),
    _hostile(
        "filter twice",
        _filtered(h5p.PropDCID.set_deflate, h5p.PropDCID.set_deflate),
        "'zeros' has filters [1, 1]",
    ),
    _hostile(
        "filters in another order",
        _filtered(h5p.PropDCID.set_deflate, h5p.PropDCID.set_shuffle),
        "'zeros' has filters [1, 2]",
    ),
    _hostile(
        "skipped filters",
        edit(_skip_the_filters),
        f"{READ_FIRST!r} has a chunk that skips a filter",
    ),
    _hostile(
        "long chunk",
        edit(_long_chunk),
        f"{READ_FIRST!r} has a chunk of over ",
    ),
    Hostile(
        "short chunk",
        edit(_short_chunk),
        errors.StoreDamaged,
        f"{READ_FIRST!r} has a chunk of 4 bytes",
    ),
    _hostile("huge attribute", _huge_attribute, "has 20000000 bytes"),
    _hostile("huge array attribute", _huge_array_attribute, "is an array"),
    _hostile("many attributes", edit(_many_attributes), "80 attributes"),
    _hostile("many links", edit(_many_links), "more than 512 links"),
    _hostile("many objects", edit(_many_objects), "it holds more than 512 objects"),
    _hostile(
        "deep nesting", edit(lambda f: f.create_group("/".join(["deep"] * 500))), "groups deep"
    ),
)
