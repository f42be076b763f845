"""What differs between two stores, within the tolerance that the schema gives each dataset."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from store.file.hashing import CIRCUMSTANCES, SEALS, VOLATILE
from store.reader import Store
from store.schema import STUDIES
from store.schema.clip.layout import LAYOUT_ABOUT
from store.schema.common import CLAIM_FINDING, CLAIM_VERDICT
from store.trial import open_tried
from store.verify import axes_and_unit

Kind = Literal["verdict", "structure", "attribute", "values", "note"]
ORDER: tuple[Kind, ...] = ("verdict", "structure", "attribute", "values", "note")

# Its numbers are compared, with their tolerance, in the datasets that they come from.
NOTED_DATASETS = (CLAIM_FINDING.path, LAYOUT_ABOUT.path)
WORST = 3  # offenders that are named with their place and both values
SILENT_ATTRIBUTES = (*VOLATILE, *SEALS, "settings_hash")  # the settings themselves are compared


@dataclass(frozen=True)
class Difference:
    """One thing that differs; a `note` is worth saying and no cause for alarm."""

    kind: Kind
    place: str  # dataset, attribute or claim
    message: str

    def __str__(self) -> str:
        """Return place and message on one line."""
        return f"{self.place}: {self.message}"

    @property
    def is_note(self) -> bool:
        """Whether the difference may be expected between two good runs."""
        return self.kind == "note"

    def to_dict(self) -> dict[str, str]:
        """Return the fields as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Fault:
    """One way in which two arrays differ."""

    message: str
    is_structure: bool = False  # dtype or shape, rather than values


def diff(a: Path, b: Path) -> list[Difference]:
    """Compare two stores: changed verdicts first, notes last.

    Args:
        a: the store under question.
        b: the store that it is held against.

    Raises:
        StoreError: one of the files is not a valid store, or b is of another study than a.
    """
    with open_tried(a) as first, open_tried(b, first.provenance.study) as second:
        differences = [
            *_verdicts(first, second),
            *_attributes(first, second),
            *_datasets(first, second),
        ]
    return sorted(differences, key=lambda difference: ORDER.index(difference.kind))


def _verdicts(a: Store, b: Store) -> list[Difference]:
    before = {claim.id: claim for claim in b.claims}
    return [
        Difference(
            "verdict",
            f"claim {claim.id}",
            f"{claim.verdict} ({claim.value:.4g}) against {old.verdict} ({old.value:.4g})",
        )
        for claim in a.claims
        if (old := before.get(claim.id)) is not None and old.verdict != claim.verdict
    ]


def _attributes(a: Store, b: Store) -> list[Difference]:
    differences = []
    for name in sorted(set(a.attributes) | set(b.attributes)):
        one, other = a.attributes.get(name), b.attributes.get(name)
        if name in SILENT_ATTRIBUTES or one == other:
            continue
        kind: Kind = "note" if name in CIRCUMSTANCES else "attribute"
        message = f"{_short(one)} against {_short(other)}"
        differences.append(Difference(kind, f"attribute {name}", message))
    return differences


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _datasets(a: Store, b: Store) -> list[Difference]:
    known = STUDIES[a.provenance.study].by_path()
    others = {place: axes_and_unit(b, place) for place in sorted(b.datasets)}
    differences = [
        Difference("structure", place, "is missing from the first file")
        for place in others
        if place not in a.datasets
    ]
    for place in sorted(a.datasets):
        if place not in others:
            differences.append(Difference("structure", place, "is missing from the second file"))
            continue
        if others[place] != (own := axes_and_unit(a, place)):
            message = f"axes and unit {own} against {others[place]}"
            differences.append(Difference("structure", place, message))
        if place == CLAIM_VERDICT.path:  # compared claim by claim
            continue
        tolerance = known[place].tolerance if place in known else 0.0
        for fault in compare_values(a.read_stored(place), b.read_stored(place), tolerance):
            differences.append(Difference(_kind(place, fault), place, fault.message))
    return differences


def _kind(place: str, fault: Fault) -> Kind:
    if place in NOTED_DATASETS and not fault.is_structure:
        return "note"
    return "structure" if fault.is_structure else "values"


def compare_values(a: NDArray, b: NDArray, tolerance: float) -> list[Fault]:
    """Return how `a` differs from `b`; nothing if it does not.

    Args:
        a: values as stored, of any shape, text as fixed-length bytes.
        b: the values that they are held against; another shape is a difference.
        tolerance: largest absolute difference of numbers that passes.
    """
    is_text = a.dtype.kind == "S" and b.dtype.kind == "S"  # its length follows the longest entry
    if not is_text and a.dtype != b.dtype:
        return [Fault(f"dtype {a.dtype} against {b.dtype}", is_structure=True)]
    if a.shape != b.shape:
        return [Fault(f"shape {a.shape} against {b.shape}", is_structure=True)]
    if is_text:
        return _compare_text(a, b)
    faults = _compare_gaps(a, b)
    return faults + _compare_numbers(a, b, tolerance)


def _compare_text(a: NDArray, b: NDArray) -> list[Fault]:
    """Compare text of one shape, entry by entry."""
    differ = a != b
    if not differ.any():
        return []
    where = _first(differ)
    pair = f"{_text(a[where])} against {_text(b[where])}"
    return [Fault(f"{differ.sum()} of {a.size} texts differ, first at {_place(where)}: {pair}")]


def _compare_gaps(a: NDArray, b: NDArray) -> list[Fault]:
    """Name the NaN that only one of two arrays of one shape has."""
    if a.dtype.kind != "f":
        return []
    appeared, vanished = np.isnan(a) & ~np.isnan(b), np.isnan(b) & ~np.isnan(a)
    return [
        Fault(f"{gaps.sum()} of {a.size} values {what}, first at {_place(_first(gaps))}")
        for gaps, what in ((appeared, "became NaN"), (vanished, "are no longer NaN"))
        if gaps.any()
    ]


def _compare_numbers(a: NDArray, b: NDArray, tolerance: float) -> list[Fault]:
    """Compare numbers of one shape; NaN is left to `_compare_gaps`."""
    wide = "float64" if a.dtype.kind == "f" else object if a.dtype.itemsize == 8 else "int64"
    distance = np.abs(a.astype(wide) - b.astype(wide))  # NaN on either side is not "beyond"
    beyond = np.asarray(distance > tolerance, dtype=bool)
    if not beyond.any():
        return []
    gaps = np.where(beyond, distance, 0).astype("float64")
    order = np.argsort(gaps, axis=None, kind="stable")[::-1][: min(WORST, int(beyond.sum()))]
    places = [tuple(int(i) for i in np.unravel_index(flat, a.shape)) for flat in order]
    worst = "; ".join(f"{_place(where)}: {_pair(a[where], b[where])}" for where in places)
    largest = number(float(gaps[places[0]]), 2)
    return [
        Fault(
            f"{beyond.sum()} of {a.size} values differ, largest {largest} at {worst}; "
            f"allowed {number(tolerance)}"
        )
    ]


def _pair(a: np.generic, b: np.generic) -> str:
    """Return two numbers with as many digits as it takes to tell them apart."""
    if a.dtype.kind in "iu" and abs(int(a) - int(b)) < abs(int(a)) // 10**3:
        return f"{a} against {b}"
    for digits in range(3, 18):
        texts = number(float(a), digits), number(float(b), digits)
        if texts[0] != texts[1]:
            break
    return f"{texts[0]} against {texts[1]}"


def _first(flags: NDArray) -> tuple[int, ...]:
    """Return the place of the first true one among flags of any shape."""
    return tuple(int(i) for i in np.argwhere(flags)[0])


def _place(where: tuple[int, ...]) -> str:
    return str(where)


def _text(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


def number(value: float, digits: int = 3) -> str:
    """Return a number as people write it: 0.0312, 588, 2.1e-3."""
    if 100 <= abs(value) < 10**6 and digits <= 3:
        return f"{value:.0f}"
    if value == 0 or 0.01 <= abs(value) < 100 or not np.isfinite(value):
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
