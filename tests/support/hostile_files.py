"""Files that are no store, each made from a valid one; under which name each is refused, and why.

Each breaks one rule, or goes over one limit: too much of something, or more than it seems to hold.
"""

import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t, h5z

from store import errors
from store.schema.common import CLASS_NAME

MIB = 2**20
READ_FIRST = CLASS_NAME.path  # a dataset that opening the store reads
Breaker = Callable[[Path], None]


@dataclass(frozen=True)
class Hostile:
    """A file made by `breaker` from a valid ViT store, and how it must be refused."""

    name: str
    breaker: Breaker
    error: type[errors.StoreError]
    says: str  # part of the fact


def edit(change: Callable[[h5py.File], object]) -> Breaker:
    """Return a breaker that changes the open file."""

    def breaker(path: Path) -> None:
        with h5py.File(path, "r+", locking=False) as file:
            change(file)

    return breaker


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


def _replace_with(content: bytes) -> Breaker:
    return lambda path: path.write_bytes(content) and None


def _truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def _external_storage(file: h5py.File) -> None:
    file.create_dataset("gallery/spy", (4,), "uint8", external=[("/etc/hostname", 0, 4)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4,), "uint8")
    layout[:] = h5py.VirtualSource("/etc/hostname", "data", (4,))
    file.create_virtual_dataset("gallery/spy", layout)


def _foreign_filter(file: h5py.File) -> None:
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_chunk((4,))
    plist.set_filter(32015, h5z.FLAG_OPTIONAL)  # Zstandard, a plugin
    h5d.create(file.id, b"zstd", h5t.STD_U8LE, h5s.create_simple((4,)), plist)


def _cycle(file: h5py.File) -> None:
    file["gallery/again"] = file["gallery"]


def _second_link(file: h5py.File) -> None:
    file["gallery/again"] = file["gallery/pixels"]


def _newer(file: h5py.File) -> None:
    file.attrs.modify("format_version", np.int64(3))
    file["link"] = h5py.SoftLink("/what-format-3-allows")


def _png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    size = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + pixels + chunk(b"IEND", b"")


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4" * 64 + b"\nsize 1048576\n"

HOSTILE = (
    Hostile(
        "external link",
        edit(lambda f: f.update({"gallery/spy": h5py.ExternalLink("other.h5", "/x")})),
        errors.StoreHostile,
        "'gallery/spy' is an external link",
    ),
    Hostile("external storage", edit(_external_storage), errors.StoreHostile, "in another file"),
    Hostile("virtual dataset", edit(_virtual), errors.StoreHostile, "is a virtual dataset"),
    Hostile(
        "soft-link loop",
        edit(lambda f: f.update({"loop": h5py.SoftLink("/loop")})),
        errors.StoreHostile,
        "'loop' is a soft link",
    ),
    Hostile("hard-link cycle", edit(_cycle), errors.StoreHostile, "second link"),
    Hostile("two links to a dataset", edit(_second_link), errors.StoreHostile, "second link"),
    Hostile(
        "registered filter",
        edit(lambda f: f.create_dataset("lzf", data=np.arange(4), compression="lzf")),
        errors.StoreHostile,
        "'lzf' uses filter 32000",
    ),
    Hostile("foreign filter", edit(_foreign_filter), errors.StoreHostile, "filter 32015"),
    Hostile(
        "variable-length text",
        edit(lambda f: f.create_dataset("vlen", data=["a"], dtype=h5py.string_dtype())),
        errors.StoreHostile,
        "'vlen' has an unknown dtype",
    ),
    Hostile(
        "compound dtype",
        edit(lambda f: f.create_dataset("pair", data=np.zeros(2, "f4,i4"))),
        errors.StoreHostile,
        "'pair' has an unknown dtype",
    ),
    Hostile(
        "object reference",
        edit(lambda f: f.attrs.create("ref", f.ref, dtype=h5py.ref_dtype)),
        errors.StoreHostile,
        "attribute 'ref' of '/' has an unknown dtype",
    ),
    Hostile(
        "named datatype",
        edit(lambda f: f.update({"kind": np.dtype("float32")})),
        errors.StoreHostile,
        "'kind' is an unknown object",
    ),
    Hostile(
        "null dataspace",
        edit(lambda f: f.create_dataset("void", dtype="f4")),
        errors.StoreHostile,
        "'void' has no shape",
    ),
    Hostile("truncated file", _truncate, errors.StoreTruncated, "the file ends after"),
    Hostile(
        "8 bytes", _replace_with(b"\x89HDF\r\n\x1a\n"), errors.StoreTruncated, "ends after 8 bytes"
    ),
    Hostile("empty file", _replace_with(b""), errors.StoreEmpty, "the file has 0 bytes"),
    Hostile("no file", Path.unlink, errors.StoreMissing, "cannot be read (No such file"),
    Hostile("Git LFS pointer", _replace_with(LFS), errors.LfsPointer, "a Git LFS pointer"),
    Hostile("renamed PNG", _replace_with(_png()), errors.NotHdf5, "it starts with b'\\x89PNG"),
    Hostile(
        "another study",
        lambda path: shutil.copy(path.with_name("clip.h5"), path) and None,
        errors.WrongStudy,
        "it holds study 'clip'",
    ),
    Hostile("newer format", edit(_newer), errors.StoreNewer, "is format 3, this reads <= 1"),
    Hostile(
        "missing complete",
        edit(lambda f: f.attrs.__delitem__("complete")),
        errors.StoreIncomplete,
        "its writer did not finish",
    ),
    Hostile(
        "someone else's HDF5",
        lambda path: h5py.File(path, "w").close(),
        errors.StoreIncomplete,
        "its writer did not finish",
    ),
    *OVER_LIMITS,
)
