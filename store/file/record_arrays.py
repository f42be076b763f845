"""Claims, skipped images and class names: from records to arrays and back."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from store.errors import SchemaMismatch
from store.records import Claim, Reference, Skipped, StoreContents
from store.schema import TEXT, ArraySpec
from store.schema.common import (
    CLAIM_ID,
    CLAIMS,
    CLASS_NAME,
    REFERENCE_CLAIM,
    REFERENCES,
    SKIPPED_NAME,
    SKIPPED_REASON,
)

Reader = Callable[[ArraySpec], NDArray]


def arrays_of(contents: StoreContents) -> dict[ArraySpec, NDArray]:
    """Return the datasets that every study holds: a (records,) column of each field."""
    arrays = {spec: _column(contents.claims, spec) for spec in CLAIMS}
    arrays[SKIPPED_NAME] = _column(contents.skipped, SKIPPED_NAME)
    arrays[SKIPPED_REASON] = _column(contents.skipped, SKIPPED_REASON)
    arrays[CLASS_NAME] = np.array(contents.class_names, dtype=str)
    cited = [(claim.id, one) for claim in contents.claims for one in claim.references]
    if cited:
        arrays[REFERENCE_CLAIM] = np.array([name for name, _ in cited])
        references = tuple(one for _, one in cited)
        arrays |= {spec: _column(references, spec) for spec in REFERENCES[1:]}
    return arrays


def _column(records: Sequence[Claim | Reference | Skipped], spec: ArraySpec) -> NDArray:
    """Return one field of the records, shape (records,)."""
    values = [getattr(record, _field(spec)) for record in records]
    return np.array(values, dtype=str if spec.dtype == TEXT else spec.dtype)


def _field(spec: ArraySpec) -> str:
    return spec.path.rpartition("/")[2]


def claims_from(read: Reader, has: Callable[[ArraySpec], bool], path: Path) -> tuple[Claim, ...]:
    """Build the claims from their datasets, with what others measured where the file says so.

    Raises:
        SchemaMismatch: a claim contradicts itself, such as an interval that misses its value.
    """
    columns = {_field(spec): read(spec).tolist() for spec in CLAIMS}
    cited: dict[str, list[Reference]] = {}
    if all(map(has, REFERENCES)):
        for name, *fields in zip(*(read(spec).tolist() for spec in REFERENCES), strict=True):
            cited.setdefault(name, []).append(Reference(*fields))
    columns["references"] = [tuple(cited.get(name, ())) for name in columns[_field(CLAIM_ID)]]
    rows = zip(*columns.values(), strict=True)
    try:
        return tuple(Claim(**dict(zip(columns, row, strict=True))) for row in rows)
    except ValueError as fault:
        raise SchemaMismatch(path, f"claim {fault}", "a consistent claim") from fault


def skipped_from(read: Reader) -> tuple[Skipped, ...]:
    """Build the records of skipped images from their datasets."""
    pairs = zip(read(SKIPPED_NAME).tolist(), read(SKIPPED_REASON).tolist(), strict=True)
    return tuple(Skipped(name, reason) for name, reason in pairs)


def class_names_from(read: Reader) -> tuple[str, ...]:
    """Return the class names in label order."""
    return tuple(read(CLASS_NAME).tolist())
