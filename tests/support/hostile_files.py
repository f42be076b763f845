"""Files that are no store: each breaks one rule, and says under which name it is refused."""

import shutil
import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t, h5z

from store import errors
from tests.support.files_over_limits import OVER_LIMITS
from tests.support.hostile_file import Breaker, Hostile, edit


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
