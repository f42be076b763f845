"""What differs between two stores, within the tolerance that the schema gives each dataset."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from store.file.hashing import CIRCUMSTANCES, SEALS, VOLATILE
from store.inspect.compare_values import Fault, compare_values
from store.reader import Store, open_store
from store.schema import STUDIES
from store.schema.clip.layout import LAYOUT_ABOUT
from store.schema.common import CLAIM_FINDING, CLAIM_VERDICT
from store.verify import axes_and_unit, stored_arrays

Kind = Literal["verdict", "structure", "attribute", "values", "note"]
ORDER: tuple[Kind, ...] = ("verdict", "structure", "attribute", "values", "note")

# Its numbers are compared, with their tolerance, in the datasets that they come from.
NOTED_DATASETS = (CLAIM_FINDING.path, LAYOUT_ABOUT.path)
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


def diff(a: Path, b: Path) -> list[Difference]:
    """Compare two stores: changed verdicts first, notes last.

    Args:
        a: the store under question.
        b: the store that it is held against.

    Raises:
        StoreError: one of the files is not a valid store, or b is of another study than a.
    """
    with open_store(a) as first, open_store(b, first.provenance.study) as second:
        found = [
            *_verdicts(first, second),
            *_attributes(first, second),
            *_datasets(first, second),
        ]
    return sorted(found, key=lambda difference: ORDER.index(difference.kind))


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
    found = []
    for name in sorted(set(a.attributes) | set(b.attributes)):
        one, other = a.attributes.get(name), b.attributes.get(name)
        if name in SILENT_ATTRIBUTES or one == other:
            continue
        kind: Kind = "note" if name in CIRCUMSTANCES else "attribute"
        message = f"{_short(one)} against {_short(other)}"
        found.append(Difference(kind, f"attribute {name}", message))
    return found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _datasets(a: Store, b: Store) -> list[Difference]:
    known = STUDIES[a.provenance.study].by_path()
    others = {place: axes_and_unit(b, place) for place in sorted(b.datasets)}
    found = [
        Difference("structure", place, "is missing from the first file")
        for place in others
        if place not in a.datasets
    ]
    for place, dims, unit, values in stored_arrays(a):
        if place not in others:
            found.append(Difference("structure", place, "is missing from the second file"))
            continue
        if others[place] != (dims, unit):
            message = f"axes and unit {(dims, unit)} against {others[place]}"
            found.append(Difference("structure", place, message))
        if place == CLAIM_VERDICT.path:  # compared claim by claim
            continue
        tolerance = known[place].tolerance if place in known else 0.0
        for fault in compare_values(values, b.read_stored(place), tolerance):
            found.append(Difference(_kind(place, fault), place, fault.message))
    return found


def _kind(place: str, fault: Fault) -> Kind:
    if place in NOTED_DATASETS and not fault.is_structure:
        return "note"
    return "structure" if fault.is_structure else "values"
