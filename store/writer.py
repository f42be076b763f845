"""Publish a store: written whole under a temporary name, read back, then put in place."""

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import h5py
from numpy.typing import NDArray

from store.errors import SchemaMismatch, StoreDamaged, StoreError, WrongStudy
from store.file import attributes
from store.file.atomic import replace_file
from store.file.guard import LIMITS, memory_bytes
from store.file.hashing import Attribute, array_hash, attributes_hash, content_hash
from store.file.hdf5 import LOCK, build_image
from store.file.record_arrays import arrays_of
from store.file.shards import read_shard, write_shard
from store.file.validate import cast, check_meaning, prepare, record_sizes
from store.records import StoreContents
from store.schema import STUDIES, ArraySpec
from store.verify import verify

__all__ = ["chunk_shape", "publish", "read_shard", "write_shard"]

SMALL_CHUNK_BYTES = 16 * 2**10  # smaller units are stored several to a chunk
ROW_CHUNK_BYTES = 256 * 2**10  # for datasets that are read whole
LARGE_CHUNK_BYTES = 2**20  # larger units are split
MIB = 2**20


def publish(path: Path, contents: StoreContents, keep_less: str = "") -> str:
    """Write a store, verify it from the disk, and put it at `path` in one step.

    The file at `path`, if any, is replaced and never opened. The same contents always give the
    same bytes.

    Args:
        path: the file.
        contents: everything that it shall hold.
        keep_less: what to do where the arrays take more than a reader accepts, as a sentence.

    Returns:
        The content hash, 64 hexadecimal digits.

    Raises:
        SchemaMismatch: the contents do not fit the schema.
        StoreUnwritable: the folder or the disk refused.
    """
    path = Path(path)
    arrays = check_contents(path, contents, keep_less)
    study = contents.provenance.study
    values = attributes.encode(contents.provenance, path)
    ordered = sorted(arrays, key=lambda spec: spec.first_path)
    hashed = [(s.first_path, " ".join(s.dims), s.unit, arrays[s]) for s in ordered]
    values["content_hash"] = content_hash(hashed, values)
    values["attributes_hash"] = attributes_hash(values)
    image = build_image(lambda file: _fill(file, arrays, values))

    def read_back(temporary: Path) -> None:
        try:
            written = verify(temporary, study).content_hash
        except StoreError as fault:  # it knows the temporary name only
            raise type(fault)(path, fault.fact, fault.expected, fault.next_step) from fault
        if written != values["content_hash"]:
            raise StoreDamaged(path, "it does not read back as it was written")

    with LOCK:  # one publisher at a time in this process
        replace_file(path, image, read_back)
    return str(values["content_hash"])


def check_contents(
    path: Path, contents: StoreContents, keep_less: str = ""
) -> dict[ArraySpec, NDArray]:
    """Return every dataset in its stored dtype and its given shape, sorted by path, once checked.

    Raises:
        WrongStudy, SchemaMismatch: the contents do not fit the schema.
    """
    study = contents.provenance.study
    if study not in STUDIES:
        raise WrongStudy(path, f"the provenance names study {study!r}", repr(tuple(STUDIES)))
    arrays = prepare(contents.arrays, study, path)
    for spec, values in arrays_of(contents).items():
        arrays[spec] = cast(values, spec, path)
    sizes: dict[str, int] = {}
    for spec, values in arrays.items():
        record_sizes(sizes, spec, values.shape, path)
    for spec, values in arrays.items():
        check_meaning(values, spec, sizes, path)
    _check_limits(arrays, path, keep_less or "Keep less.")
    return dict(sorted(arrays.items(), key=lambda item: item[0].path))


def _check_limits(arrays: Mapping[ArraySpec, NDArray], path: Path, keep_less: str) -> None:
    """Refuse arrays, of whatever shape, that every reader would refuse as too large."""
    for spec, array in arrays.items():
        if array.dtype.kind == "S" and array.dtype.itemsize > LIMITS.text_bytes:
            fact = f"{spec.path!r} has a text of {array.dtype.itemsize} bytes"
            raise SchemaMismatch(path, fact, f"at most {LIMITS.text_bytes}", "Shorten it.")
    taken = sum(memory_bytes(a.shape, a.itemsize, a.dtype.kind == "S") for a in arrays.values())
    if taken > LIMITS.total_bytes:
        raise SchemaMismatch(
            path,
            f"its arrays take {taken / MIB:.0f} MiB",
            f"at most {LIMITS.total_bytes / MIB:.0f} MiB",
            keep_less,
        )


def _fill(
    file: h5py.File, arrays: Mapping[ArraySpec, NDArray], values: Mapping[str, Attribute]
) -> None:
    """Write attributes, and arrays of any shape with the facts that a reader checks."""
    for name, value in sorted(values.items()):
        attributes.write(file, name, value)
    for spec, array in arrays.items():
        dataset = write_dataset(file, spec.path, array, chunk_shape(spec, array))
        attributes.write_on(dataset, "dims", " ".join(spec.dims))
        attributes.write_on(dataset, "unit", spec.unit)
        attributes.write_on(dataset, "sha256", array_hash(array))
    attributes.write(file, "complete", 1)  # last: a reader refuses a file without it


def write_dataset(
    file: h5py.File, place: str, array: NDArray, chunks: tuple[int, ...] | None
) -> h5py.Dataset:
    """Write an array of any shape: compressed, with a checksum on every chunk if it has chunks."""
    if array.dtype.kind == "S":  # the dtype's own tag says UTF-8 to HDF5
        array = array.astype(h5py.string_dtype("utf-8", array.dtype.itemsize))
    filters: dict[str, Any] = {}
    if chunks:
        filters = {"chunks": chunks, "shuffle": True, "fletcher32": True}
        filters |= {"compression": "gzip", "compression_opts": 4}
    return file.create_dataset(place, data=array, track_times=False, **filters)


def chunk_shape(spec: ArraySpec, array: NDArray) -> tuple[int, ...] | None:
    """Return the chunk of an array of any shape: what one view shows; None if scalar or empty.

    The leading `view_axes` axes are 1 long and the rest whole. Units under 16 kB are joined along
    the last leading axis, units over 1 MiB split along the first axes that they have; datasets
    without view axes are cut into blocks of rows of about 256 kB.
    """
    if not array.shape or not array.size:
        return None
    n_lead = min(spec.view_axes, array.ndim)
    chunk = [1] * n_lead + list(array.shape[n_lead:])
    limit = LARGE_CHUNK_BYTES if n_lead else ROW_CHUNK_BYTES
    for axis in range(n_lead, array.ndim):  # split what is too large
        others = prod(chunk) // chunk[axis] * array.itemsize
        chunk[axis] = min(chunk[axis], max(1, limit // others))
    for axis in reversed(range(n_lead)):  # join what is too small
        missing = SMALL_CHUNK_BYTES // (prod(chunk) * array.itemsize)
        chunk[axis] = max(1, min(array.shape[axis], missing))
    return tuple(chunk)
