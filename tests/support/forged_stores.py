"""Stores that say what no job measured, with every hash right: as a forger would write them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from store import writer
from store.file import attributes
from store.file.hashing import attributes_hash, content_hash
from store.file.hdf5 import build_image
from store.file.record_arrays import arrays_of
from store.file.validate import cast, prepare
from store.records import StoreContents
from store.schema import ArraySpec


def forge(
    path: Path, contents: StoreContents, texts: Mapping[ArraySpec, bytes] | None = None
) -> Path:
    """Write contents as they are, a dataset's texts all as given bytes; return the path."""
    arrays = prepare(contents.arrays, contents.provenance.study, path)
    arrays |= {spec: cast(values, spec, path) for spec, values in arrays_of(contents).items()}
    for spec, raw in (texts or {}).items():
        arrays[spec] = np.full(arrays[spec].shape, raw, f"S{len(raw)}")
    values = attributes.encode(contents.provenance, path)
    ordered = sorted(arrays, key=lambda spec: spec.first_path)
    hashed = [(s.first_path, " ".join(s.dims), s.unit, arrays[s]) for s in ordered]
    values["content_hash"] = content_hash(hashed, values)
    values["attributes_hash"] = attributes_hash(values)
    in_order = dict(sorted(arrays.items(), key=lambda item: item[0].path))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(build_image(lambda file: writer._fill(file, in_order, values)))
    return path
