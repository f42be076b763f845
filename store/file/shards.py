"""Shards: pieces of an unfinished study, kept so that the next run need not compute them again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from store.errors import StoreDamaged, StoreError
from store.file.atomic import replace_file
from store.file.hashing import array_hash
from store.file.hdf5 import LOCK, build_image, damage_named, dataset_at, open_readonly, text_of

KINDS = "biufcU"  # what a shard's arrays may hold
MANIFEST_BYTES = 16 * 2**20


def write_shard(path: Path, arrays: Mapping[str, NDArray], key: str) -> None:
    """Write a shard under its run's key, read it back, and put it at `path` in one step.

    Args:
        path: the shard's file.
        arrays: numbers, booleans or text of any shape, under any names.
        key: what the run depends on; `read_shard` ignores a shard with another key.

    Raises:
        ValueError: an array holds objects.
        StoreUnwritable: the folder or the disk refused.
    """
    path = Path(path)
    given = {name: _checked(np.asarray(values), name) for name, values in arrays.items()}
    plain = {name: _as_numbers(values) for name, values in given.items()}
    entries = [
        {
            "name": name,
            "dtype": values.dtype.str,
            "shape": list(values.shape),
            "sha256": array_hash(plain[name]),
        }
        for name, values in given.items()
    ]
    manifest = np.frombuffer(json.dumps({"key": key, "arrays": entries}).encode(), dtype="uint8")

    def fill(file: h5py.File) -> None:
        _write(file, "manifest", manifest)
        file.attrs["sha256"] = np.bytes_(array_hash(manifest))
        for number, values in enumerate(plain.values()):
            _write(file, f"array-{number:04d}", values)
        file.attrs["complete"] = np.int64(1)

    def read_back(temporary: Path) -> None:
        if read_shard(temporary, key) is None:
            raise StoreDamaged(temporary, "it does not read back as it was written")

    with LOCK:  # one writer at a time in this process
        replace_file(path, build_image(fill), read_back)


def read_shard(path: Path, key: str) -> dict[str, NDArray] | None:
    """Return a shard's arrays, as written; None if absent, of another key, unfinished, damaged."""
    path = Path(path)
    try:
        with LOCK, open_readonly(path) as file, damage_named(path, "a shard"):
            return _read(file, path, key)
    except StoreError:
        return None


def _read(file: h5py.File, path: Path, key: str) -> dict[str, NDArray] | None:
    """Return the arrays of an open shard, shaped as its manifest says; None if not to be used."""
    stored = dataset_at(file, "manifest")
    if file.attrs.get("complete") != 1 or stored.nbytes > MANIFEST_BYTES:
        return None
    raw = np.asarray(stored[()])
    if text_of(file, "sha256") != array_hash(raw):
        raise StoreDamaged(path, "the shard's manifest does not match its sha256")
    manifest = json.loads(raw.tobytes())
    if manifest["key"] != key:
        return None
    return {
        entry["name"]: _read_array(dataset_at(file, f"array-{number:04d}"), entry, path)
        for number, entry in enumerate(manifest["arrays"])
    }


def _read_array(dataset: h5py.Dataset, entry: dict[str, Any], path: Path) -> NDArray:
    """Return one array in its entry's shape; text is stored with one more axis of code points."""
    dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
    stored_shape = (*shape, dtype.itemsize // 4) if dtype.kind == "U" else shape
    if dataset.shape != stored_shape:  # before reading: a damaged shape may ask for terabytes
        raise StoreDamaged(path, f"{entry['name']!r} has shape {dataset.shape}", str(stored_shape))
    values = np.asarray(dataset[()])
    if array_hash(values) != entry["sha256"]:
        raise StoreDamaged(path, f"{entry['name']!r} does not match its sha256")
    if dtype.kind == "U":
        return np.ascontiguousarray(values).view(dtype).reshape(shape)
    return values


def _checked(values: NDArray, name: str) -> NDArray:
    """Return values of any shape in native byte order; text at least one character wide."""
    if values.dtype.kind not in KINDS:
        raise ValueError(f"shard array {name!r} has dtype {values.dtype}; give numbers or text")
    if values.dtype.kind == "U" and not values.dtype.itemsize:
        return values.astype("U1")
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _as_numbers(values: NDArray) -> NDArray:
    """Return values as HDF5 can hold them: text (...) as code points (..., width), else as is."""
    if values.dtype.kind != "U":
        return values
    width = values.dtype.itemsize // 4
    return np.ascontiguousarray(values).reshape(-1).view("uint32").reshape(*values.shape, width)


def _write(file: h5py.File, place: str, values: NDArray) -> None:
    """Write numbers of any shape; a scalar or an empty array goes without filters."""
    filters: dict[str, Any] = {}
    if values.shape and values.size:
        filters = {"compression": "gzip", "compression_opts": 4, "shuffle": True, "chunks": True}
        filters["fletcher32"] = True
    file.create_dataset(place, data=values, track_times=False, **filters)
