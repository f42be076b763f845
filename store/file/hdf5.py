"""The doors to HDF5: one lock, one way to open a file, one way to build one.

HDF5 is not thread-safe and h5py's own lock has had holes, so every call here and in the modules
beside this one happens under LOCK. Files are opened without HDF5's file locking: published files
never change, and read-only or network folders often refuse locks.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISDIR, S_ISREG

import h5py

from store.errors import (
    LfsPointer,
    NotHdf5,
    StoreDamaged,
    StoreEmpty,
    StoreError,
    StoreMissing,
    StoreTruncated,
)

LOCK = threading.RLock()

# By default, HDF5 2.0 keeps 8191 slots per open dataset: 10 MB per store, for chunks read once.
CACHE_SLOTS = 101
Item = h5py.File | h5py.Group | h5py.Dataset  # what carries attributes

MAGIC = b"\x89HDF\r\n\x1a\n"
LFS_START = b"version https://git-lfs.github.com/spec/"
SMALLEST_BYTES = 800  # an HDF5 file with an empty root group


def check_is_hdf5(path: Path) -> None:
    """Refuse, before HDF5 sees it, a file that cannot be a store.

    Raises:
        StoreMissing, StoreEmpty, LfsPointer, NotHdf5, StoreTruncated.
    """
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode) and not S_ISDIR(status.st_mode):
            raise NotHdf5(path, "it is a pipe or a device", "a file")  # may wait for ever
        with path.open("rb") as file:
            start = file.read(len(LFS_START))
    except OSError as fault:
        raise StoreMissing(path, f"it cannot be read ({fault.strerror})") from fault
    if not start:
        raise StoreEmpty(path, "the file has 0 bytes", "a store")
    if start == LFS_START:
        raise LfsPointer(path, "this is a Git LFS pointer", "the store it stands for")
    if not start.startswith(MAGIC[: len(start)]):
        raise NotHdf5(path, f"it starts with {start[:8]!r}", "an HDF5 file")
    if status.st_size < SMALLEST_BYTES:
        raise StoreTruncated(path, f"the file ends after {status.st_size} bytes", "a whole store")


def open_readonly(path: Path) -> h5py.File:
    """Open an HDF5 file for reading; the caller holds LOCK and closes it.

    Raises:
        StoreMissing, StoreEmpty, LfsPointer, NotHdf5, StoreTruncated, StoreDamaged.
    """
    check_is_hdf5(path)
    with damage_named(path, "its header"):
        try:
            return h5py.File(path, "r", locking=False, rdcc_nslots=CACHE_SLOTS)
        except OSError as fault:
            if "truncated file" in str(fault):
                size = path.stat().st_size
                raise StoreTruncated(path, f"the file ends after {size} bytes", "more") from fault
            raise


def dataset_at(file: h5py.File, place: str) -> h5py.Dataset:
    """Return the dataset at a path.

    Raises:
        StoreDamaged: there is none.
    """
    stored = file.get(place)
    if not isinstance(stored, h5py.Dataset):
        raise StoreDamaged(Path(file.filename), f"{place!r} is no dataset")
    return stored


def text_of(item: Item, name: str) -> str | None:
    """Return a fixed-length text attribute; None if it is absent or something else."""
    value = item.attrs.get(name)
    return value.decode() if isinstance(value, bytes) else None


@contextmanager
def damage_named(path: Path, place: str) -> Iterator[None]:
    """Turn whatever h5py raises on damaged bytes into StoreDamaged naming the place."""
    try:
        yield
    except StoreError:
        raise
    except Exception as fault:  # damage surfaces as nearly every built-in exception
        reason = str(fault).split("\n")[0][:200]
        raise StoreDamaged(path, f"{place} cannot be read ({reason})") from fault


def build_image(fill: Callable[[h5py.File], None]) -> bytes:
    """Return the bytes of an HDF5 file that `fill` writes into.

    The file is made in memory: writing its bytes afterwards fails, on a full disk, with one
    ordinary OSError, where HDF5 itself would leave a half-closed file behind.
    """
    with (
        LOCK,
        h5py.File(
            "image", "w", driver="core", backing_store=False, libver="earliest", track_order=False
        ) as file,
    ):
        fill(file)
        file.flush()
        return file.id.get_file_image()
