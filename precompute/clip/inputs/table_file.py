"""Arrays of an .npz or a Parquet file, whose sizes are read from its headers before its data."""

import zipfile
from collections.abc import Collection
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.lib import format as npy
from numpy.typing import NDArray

from precompute.errors import InputError

MIB = 2**20
MOST_BYTES = 1024 * MIB  # of all arrays: twice what a store may hold, for numbers twice as wide
RATIO, RATIO_FROM_BYTES = 200, 16 * MIB  # unpacked over packed; numbers hardly shrink
MOST_MEMBERS = 64
LONGEST_TEXT = 2000  # characters of one label or prompt
KINDS = "iufU"
ENCRYPTED = 1  # flag of a zip member
PACKED_HOW = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
SAVE = "Save it again with np.savez."


class Header(NamedTuple):
    """What an array will be."""

    shape: tuple[int, ...]
    dtype: np.dtype


def npz_headers(archive: zipfile.ZipFile, file: str) -> dict[str, Header]:
    """Return the header of every array by its name, once no size in one is more than allowed.

    Raises InputError: a member is encrypted, packed in another way, no array of numbers or text, or
    larger than it may be. Whatever else zipfile and NumPy raise goes on.
    """
    members = archive.infolist()
    if len(members) > MOST_MEMBERS or len({one.filename for one in members}) < len(members):
        raise InputError(f"{file}: it holds {len(members)} members, or one twice. {SAVE}")
    headers, total = {}, 0
    for member in members:
        name = member.filename.removesuffix(".npy")
        if member.flag_bits & ENCRYPTED or member.compress_type not in PACKED_HOW:
            raise InputError(f"{file}: {name} is encrypted or packed in another way. {SAVE}")
        with archive.open(member) as stream:
            shape, dtype = _header(stream)
            n_bytes = prod(shape) * dtype.itemsize
            if n_bytes + stream.tell() != member.file_size or dtype.kind not in KINDS:
                raise InputError(
                    f"{file}: {name} is {dtype} of shape {shape} in {member.file_size} bytes, "
                    f"expected numbers or text that fill it. {SAVE}"
                )
        _refuse_large(n_bytes, member.compress_size, f"{file}: {name}")
        total += n_bytes
        if dtype.kind == "U" and dtype.itemsize > 4 * LONGEST_TEXT:
            raise InputError(f"{file}: {name} has texts of over {LONGEST_TEXT} letters. Cut them.")
        headers[name] = Header(shape, dtype)
    _refuse_large(total, total, file)
    return headers


def _header(stream: Any) -> tuple[tuple[int, ...], np.dtype]:
    version = npy.read_magic(stream)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype


def _refuse_large(n_bytes: int, packed: int, what: str) -> None:
    if n_bytes > MOST_BYTES:
        raise InputError(
            f"{what} unpacks to {n_bytes // MIB} MiB, expected at most {MOST_BYTES // MIB}. "
            f"Keep fewer images."
        )
    if n_bytes > RATIO_FROM_BYTES and n_bytes > RATIO * packed:
        raise InputError(
            f"{what} unpacks to {n_bytes // MIB} MiB from {packed / MIB:.1f}, expected at most "
            f"{RATIO} times more. {SAVE}"
        )


def read_npz(archive: zipfile.ZipFile) -> dict[str, NDArray]:
    """Return the arrays, of any shape, whose headers `npz_headers` let pass."""
    arrays = {}
    for member in archive.infolist():
        with archive.open(member) as stream:
            values = npy.read_array(stream, allow_pickle=False)
            stream.read(1)  # the end, where zipfile compares the checksum
        arrays[member.filename.removesuffix(".npy")] = values
    return arrays


def parquet_columns(file: Path) -> list[str]:
    """Return the names of a table's columns; reads its footer alone."""
    return [str(name) for name in pq.ParquetFile(file).schema_arrow.names]


def read_parquet(file: Path, known: Collection[str]) -> pd.DataFrame:
    """Return the known columns of a table, once its footer says that they are not too large.

    Raises InputError: they are, or a text is too long. Whatever else pyarrow raises goes on.
    """
    footer = pq.ParquetFile(file)
    meta, n_bytes = footer.metadata, 0
    for group in range(meta.num_row_groups):
        for index in range(meta.num_columns):
            column = meta.row_group(group).column(index)
            if column.path_in_schema.split(".")[0] in known:
                n_bytes += max(8 * column.num_values, column.total_uncompressed_size)
    _refuse_large(n_bytes, n_bytes, file.name)
    types = {field.name: field.type for field in footer.schema_arrow if field.name in known}
    texts = [name for name, kind in types.items() if _is_text(kind)]
    # Read as a dictionary, a text of a million rows is held once; so it is measured before.
    table = pq.read_table(file, columns=list(types), read_dictionary=texts)
    for name in texts:
        parts = table.column(name).chunks
        held = [str(text) for part in parts for text in part.dictionary.to_pylist()]
        longest = max(map(len, held), default=0)
        if longest > LONGEST_TEXT or 4 * longest * len(table) > MOST_BYTES:
            raise InputError(f"{file.name}: {name} has texts of {longest} letters. Cut them.")
    return table.to_pandas().astype(dict.fromkeys(texts, object))


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary)
    return any(test(kind) for test in tests)
