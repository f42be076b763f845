"""Does a file, or a job's arrays, hold what the schema says?"""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
from h5py import h5t
from numpy.typing import NDArray

from store.errors import SchemaMismatch
from store.file import attributes
from store.schema import STUDIES, TEXT, ArraySpec
from store.schema.common import COMMON


def check_file(datasets: Mapping[str, h5py.Dataset], study: str, path: Path) -> dict[str, int]:
    """Compare a file's datasets with the schema; return the size of each named axis.

    A dataset that the schema does not know is left alone: a later program may have added it.

    Raises:
        SchemaMismatch: a dataset is missing, or its axes, dtype or sizes are wrong.
    """
    sizes: dict[str, int] = {}
    for spec in STUDIES[study].arrays:
        if spec.path not in datasets:
            if spec.required:
                raise SchemaMismatch(path, f"{spec.path!r} is missing", f"a {study} dataset")
            continue
        dataset = datasets[spec.path]
        dims = attributes.read(dataset, "dims", str, path, spec.path)
        if dims.split() != list(spec.dims):
            fact = f"{spec.path!r} has axes {tuple(dims.split())}"
            raise SchemaMismatch(path, fact, f"{spec.dims}")
        _check_dtype(dataset, spec, path)
        _check_filters(dataset, spec, path)
        record_sizes(sizes, spec, dataset.shape, path)
    return sizes


def _check_dtype(dataset: h5py.Dataset, spec: ArraySpec, path: Path) -> None:
    kind = dataset.id.get_type()
    if spec.dtype == TEXT:
        fits = kind.get_class() == h5t.STRING and kind.get_cset() == h5t.CSET_UTF8
        expected = "fixed-length UTF-8 text"
    else:
        fits = kind.equal(h5t.py_create(np.dtype(spec.dtype).newbyteorder("<")))
        expected = spec.dtype
    if not fits:
        raise SchemaMismatch(path, f"{spec.path!r} has dtype {dataset.dtype}", expected)


def _check_filters(dataset: h5py.Dataset, spec: ArraySpec, path: Path) -> None:
    if not dataset.shape or not dataset.size:
        return
    if not (dataset.fletcher32 and dataset.shuffle and dataset.compression == "gzip"):
        fact = f"{spec.path!r} is stored without its filters"
        raise SchemaMismatch(path, fact, "gzip, shuffle and fletcher32")


def record_sizes(
    sizes: dict[str, int], spec: ArraySpec, shape: tuple[int, ...], path: Path
) -> None:
    """Add the sizes of a dataset's axes, refusing a size that contradicts an earlier one.

    Raises:
        SchemaMismatch: wrong number of axes, or two sizes for one axis name.
    """
    if len(shape) != len(spec.dims):
        fact = f"{spec.path!r} has shape {shape}"
        raise SchemaMismatch(path, fact, f"{len(spec.dims)} axes {spec.dims}")
    for dim, size in zip(spec.dims, shape, strict=True):
        if sizes.setdefault(dim, size) != size:
            fact = f"{spec.path!r} has {size} along {dim!r}"
            raise SchemaMismatch(path, fact, f"{sizes[dim]} as in the datasets before it")


def check_meaning(values: NDArray, spec: ArraySpec, sizes: Mapping[str, int], path: Path) -> None:
    """Refuse values of any shape, as stored, that cannot be what the spec says they are.

    sizes: of the file's axes.

    Raises:
        SchemaMismatch: a number outside its axis, a negative count, infinity, or text that is none.
    """
    if spec.dtype == TEXT:
        check_text(values, spec.path, path)
        return
    if values.dtype.kind == "f" and np.isinf(values).any():
        fact = f"{spec.path!r} holds infinity"
        raise SchemaMismatch(path, fact, "finite values, and NaN where one is missing")
    bounds = spec.bounds(sizes)
    if bounds is None or not values.size:
        return
    low, end = bounds
    for value in (int(values.min()), int(values.max())):
        if value < low or (end is not None and value >= end):
            expected = f"{low} or more" if end is None else f"{low} to {end - 1} ({spec.holds})"
            raise SchemaMismatch(path, f"{spec.path!r} holds {value}", expected)


def check_text(values: NDArray, place: str, path: Path) -> None:
    """Refuse fixed-length bytes, of any shape, that are no UTF-8."""
    try:
        b" ".join(values.ravel().tolist()).decode()
    except UnicodeDecodeError as fault:
        raise SchemaMismatch(path, f"{place!r} is not UTF-8", "valid Unicode") from fault


def prepare(
    arrays: Mapping[ArraySpec, NDArray], study: str, path: Path
) -> dict[ArraySpec, NDArray]:
    """Check a job's arrays against the schema and cast each to its stored dtype, shape unchanged.

    Text becomes fixed-length UTF-8 bytes. Datasets shared by all studies are not accepted here:
    the writer makes them from the records.

    Raises:
        SchemaMismatch: an array is missing, unknown, or does not fit its spec.
    """
    known = [spec for spec in STUDIES[study].arrays if spec not in COMMON]
    if unknown := [spec.path for spec in arrays if spec not in known]:
        fact = f"{', '.join(map(repr, unknown))} given"
        raise SchemaMismatch(path, fact, f"only the {study} schema's own datasets")
    if missing := [spec.path for spec in known if spec.required and spec not in arrays]:
        fact = f"{', '.join(map(repr, missing))} not given"
        raise SchemaMismatch(path, fact, f"every dataset that a {study} store must hold")
    return {spec: cast(np.asarray(arrays[spec]), spec, path) for spec in known if spec in arrays}


def cast(values: NDArray, spec: ArraySpec, path: Path) -> NDArray:
    """Return values of any shape in the spec's dtype, refusing a change of kind or range.

    Text comes back as fixed-length UTF-8 bytes; infinity is refused, too.

    Raises:
        SchemaMismatch: the values do not fit.
    """
    if spec.dtype == TEXT:
        return _encode_text(values, spec, path)
    target = np.dtype(spec.dtype)
    accepted = "f" if target.kind == "f" else "iub"
    if values.dtype.kind not in accepted:
        raise SchemaMismatch(path, f"{spec.path!r} was given as {values.dtype}", spec.dtype)
    if target.kind == "f":
        with np.errstate(over="ignore"):
            stored = values.astype(target)
        if np.isinf(stored).any():
            fact = f"{spec.path!r} holds infinity in {spec.dtype}"
            raise SchemaMismatch(path, fact, "finite values, and NaN where one is missing")
        return stored
    limits = np.iinfo(target)
    if values.size and not (limits.min <= int(values.min()) and int(values.max()) <= limits.max):
        fact = f"{spec.path!r} spans {int(values.min())} to {int(values.max())}"
        raise SchemaMismatch(path, fact, f"{limits.min} to {limits.max} ({spec.dtype})")
    return values.astype(target)


def _encode_text(values: NDArray, spec: ArraySpec, path: Path) -> NDArray:
    """Return text of any shape as UTF-8 bytes, as long as the longest entry, in the same shape."""
    if values.dtype.kind != "U" and values.size:
        raise SchemaMismatch(path, f"{spec.path!r} was given as {values.dtype}", "text")
    try:
        encoded = [str(text).encode() for text in values.ravel()]
    except UnicodeEncodeError as fault:
        raise SchemaMismatch(path, f"{spec.path!r}: {fault.reason}", "valid Unicode") from fault
    if any(b"\0" in raw for raw in encoded):
        raise SchemaMismatch(path, f"{spec.path!r} holds a NUL character", "text without one")
    longest = max([1, *map(len, encoded)])
    return np.array(encoded, dtype=f"S{longest}").reshape(values.shape)
