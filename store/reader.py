"""Open a store and read from it. The file is untrusted until `open_store` has returned."""

import operator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, SupportsIndex

import h5py
import numpy as np
from numpy.typing import NDArray

from store.errors import (
    SchemaMismatch,
    StoreDamaged,
    StoreIncomplete,
    StoreNewer,
    WrongStudy,
)
from store.file import attributes, guard
from store.file.hashing import Attribute, array_hash, attributes_hash
from store.file.hdf5 import LOCK, damage_named, open_readonly
from store.file.record_arrays import claims_from, class_names_from, skipped_from
from store.file.validate import check_file, check_meaning
from store.records import Claim, Provenance, Skipped
from store.schema import FORMAT_VERSION, STUDIES, TEXT, ArraySpec

Index = SupportsIndex | slice


class Store:
    """One study's store, open for reading. Every method may be called from any thread.

    It keeps reading the file that it opened, even after another one is published at its path.
    """

    path: Path
    provenance: Provenance
    claims: tuple[Claim, ...]
    skipped: tuple[Skipped, ...]
    class_names: tuple[str, ...]
    content_hash: str  # sha256 as recorded; `verify` recomputes it
    attributes: dict[str, Attribute]  # every root attribute, as stored
    datasets: dict[str, h5py.Dataset]  # by today's path, also where the file has a former one

    def __init__(self, file: h5py.File, path: Path, study: str | None) -> None:
        """Check the open file and take it over; `open_store` is the way to get one."""
        self.path = path
        self._file = file
        self._intact: set[str] = set()  # datasets that matched their sha256
        self.datasets = _admit(file, path, study)
        self.attributes = attributes.read_all(file, path)
        named = str(self.attributes["study"])
        self._specs = STUDIES[named].by_path()
        self._sizes = check_file(self.datasets, named, path)
        if self.attributes["attributes_hash"] != attributes_hash(self.attributes):
            raise StoreDamaged(path, "its attributes do not match their sha256")
        self.content_hash = str(self.attributes["content_hash"])
        self.provenance = attributes.decode(self.attributes, path)
        self.claims = claims_from(self.read, self.has, path)
        self.skipped = skipped_from(self.read)
        self.class_names = class_names_from(self.read)

    def size(self, dim: str) -> int:
        """Return the size of an axis by its name.

        Raises:
            SchemaMismatch: no dataset of this store has that axis.
        """
        if dim not in self._sizes:
            raise SchemaMismatch(self.path, f"there is no axis {dim!r}", f"one of {self.dims}")
        return self._sizes[dim]

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of all axes, sorted."""
        return tuple(sorted(self._sizes))

    @property
    def decoded_bytes(self) -> int:
        """Size of all arrays once read, text as bytes."""
        with LOCK:
            return sum(dataset.nbytes for dataset in self.datasets.values())

    def has(self, spec: ArraySpec) -> bool:
        """Say whether the store holds a dataset; only optional ones can be absent."""
        return spec.path in self.datasets

    def read(self, spec: ArraySpec, *index: Index) -> NDArray:
        """Read a dataset, or the part of it that an index on its leading axes selects.

        Args:
            spec: what to read.
            index: whole numbers (which drop their axis) or slices with a positive step.

        Returns:
            A fresh array with the spec's axes, less those that a whole number drops; text as `str`.

        Raises:
            SchemaMismatch: the store does not hold the dataset.
            StoreDamaged: its bytes fail a checksum.
            IndexError, ValueError: the index is outside the dataset, or the store is closed.
        """
        with LOCK:
            if not self._file:
                raise ValueError(f"{self.path}: the store is closed; open it again to read")
            if spec.path not in self.datasets:
                raise SchemaMismatch(self.path, f"{spec.path!r} is not in this store", "it")
            dataset = self.datasets[spec.path]
            where = checked_index(index, dataset.shape, spec)
            with damage_named(self.path, repr(spec.path)):
                if spec.path in self._intact:
                    values = np.asarray(dataset[where])
                else:
                    whole = self.read_stored(spec.path)
                    values = np.array(whole[where]) if where else whole  # no view on all of it
                return decode_text(values) if spec.dtype == TEXT else values

    def read_stored(self, place: str) -> NDArray:
        """Read a whole dataset, all its axes, as it is stored, text as bytes; check its sha256.

        A chunk's checksum covers its bytes, not the tables that say which chunk lies where; so
        `read` calls this once for each dataset before it trusts any part of it.

        Raises:
            StoreHostile: a chunk is more than its place in the dataset.
            StoreDamaged: the values are not those that were written.
            SchemaMismatch: they cannot be what the schema says they are.
        """
        with LOCK:
            with damage_named(self.path, repr(place)):
                if place not in self._intact:
                    guard.check_chunks(self.datasets[place], self.path, place)
                values = np.asarray(self.datasets[place][()])
                recorded = attributes.read(self.datasets[place], "sha256", str, self.path, place)
            if array_hash(values) != recorded:
                raise StoreDamaged(self.path, f"{place!r} does not match its sha256")
            if place in self._specs:
                check_meaning(values, self._specs[place], self._sizes, self.path)
            self._intact.add(place)
            return values

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        with LOCK:
            self._file.close()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()


def open_store(path: Path, study: str | None = None) -> Store:
    """Open a published store after checking everything but the bulk of its data.

    Args:
        path: the file.
        study: the study it must hold; None accepts any.

    Raises:
        StoreError: one of its subclasses, naming what is wrong.
    """
    path = Path(path)
    with LOCK:
        file = open_readonly(path)
        try:
            with damage_named(path, "its structure"):
                return Store(file, path, study)
        except BaseException:
            with suppress(Exception):  # a damaged file may fail to close too
                file.close()
            raise


def _admit(file: h5py.File, path: Path, study: str | None) -> dict[str, h5py.Dataset]:
    """Check format, structure, completeness and study, in the order that names faults best."""
    version = attributes.format_version(file)  # first: a later format may allow more than we do
    if version is not None and version > FORMAT_VERSION:
        raise StoreNewer(path, f"the file is format {version}, this reads <= {FORMAT_VERSION}")
    datasets = guard.walk(file, path)
    if file.attrs.get("complete") != 1:
        raise StoreIncomplete(path, "its writer did not finish", "attribute 'complete' to be 1")
    named = attributes.read(file, "study", str, path)
    if named not in STUDIES or (study is not None and named != study):
        raise WrongStudy(path, f"it holds study {named[:80]!r}", repr(study or tuple(STUDIES)))
    if version != FORMAT_VERSION:
        raise SchemaMismatch(path, f"its format is {version}", str(FORMAT_VERSION))
    return _by_current_path(datasets, named, path)


def _by_current_path(
    datasets: dict[str, h5py.Dataset], study: str, path: Path
) -> dict[str, h5py.Dataset]:
    """Return the datasets by today's paths; one that the file holds under two is refused."""
    current: dict[str, str] = {}  # today's path -> the file's
    for place in datasets:
        name = STUDIES[study].current_path(place)
        if name in current:
            fact = f"it holds one dataset twice, at {current[name]!r} and at {place!r}"
            raise SchemaMismatch(path, fact, "one of the two")
        current[name] = place
    return {name: datasets[place] for name, place in current.items()}


def checked_index(
    index: tuple[Index, ...], shape: tuple[int, ...], spec: ArraySpec
) -> tuple[int | slice, ...]:
    """Return the index with negative numbers resolved and slices within the axes.

    Raises:
        IndexError: too many parts, or a number outside its axis.
        ValueError: a slice whose step is not positive.
    """
    if len(index) > len(shape):
        raise IndexError(f"{spec.path}: {len(index)} indices for axes {spec.dims}")
    checked: list[int | slice] = []
    for part, size, dim in zip(index, shape, spec.dims, strict=False):
        if isinstance(part, slice):
            start, stop, step = part.indices(size)
            if step < 1:
                raise ValueError(f"{spec.path}: a slice along {dim!r} needs a positive step")
            checked.append(slice(start, max(start, stop), step))
            continue
        row = operator.index(part)
        if not -size <= row < size:
            raise IndexError(f"{spec.path}: {row} is outside axis {dim!r} of size {size}")
        checked.append(row % size)
    return tuple(checked)


def decode_text(raw: NDArray) -> NDArray:
    """Turn fixed-length UTF-8 bytes of any shape into `str` in the same shape."""
    return np.array([text.decode() for text in raw.ravel().tolist()], dtype=str).reshape(raw.shape)
