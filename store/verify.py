"""Read a whole store and say whether it is exactly what was written."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from numpy.typing import NDArray

from store.errors import SchemaMismatch, StoreDamaged, StoreError
from store.file import attributes
from store.file.hashing import content_hash
from store.file.hdf5 import LOCK
from store.reader import Store, open_store
from store.schema import STUDIES

INTERVAL_AXIS, INTERVAL_SIZE = "estimate", 3  # value, low, high


@dataclass(frozen=True)
class VerifyReport:
    """A store that passed every check."""

    path: str
    study: str
    report: str
    format_version: int
    content_hash: str  # sha256, recomputed from the data
    n_datasets: int
    n_claims: int
    stored_bytes: int  # the file's size
    decoded_bytes: int  # its arrays in memory

    def to_dict(self) -> dict[str, str | int]:
        """Return the fields as plain values."""
        return asdict(self)


def verify(path: Path, study: str | None = None) -> VerifyReport:
    """Check a store completely: structure, schema, every checksum, and the content hash.

    Args:
        path: the file.
        study: the study it must hold; None accepts any.

    Raises:
        StoreError: one of its subclasses, naming the first thing that is wrong.
    """
    path = Path(path)
    with open_store(path, study) as store:
        _check_meaning(store)
        recomputed = content_hash(_hashed_arrays(store), store.attributes)
        if recomputed != store.content_hash:
            fact = f"its contents have sha256 {recomputed[:16]}"
            raise StoreDamaged(path, fact, f"{store.content_hash[:16]} as recorded")
        return VerifyReport(
            path=str(path),
            study=store.provenance.study,
            report=store.provenance.report,
            format_version=int(store.attributes["format_version"]),
            content_hash=recomputed,
            n_datasets=len(store.datasets),
            n_claims=len(store.claims),
            stored_bytes=path.stat().st_size,
            decoded_bytes=store.decoded_bytes,
        )


def axes_and_unit(store: Store, place: str) -> tuple[str, str]:
    """Return a dataset's axes, space-separated, and its unit."""
    with LOCK:
        dataset = store.datasets[place]
        dims = attributes.read(dataset, "dims", str, store.path, place)
        return dims, attributes.read(dataset, "unit", str, store.path, place)


def _hashed_arrays(store: Store) -> Iterator[tuple[str, str, str, NDArray]]:
    """Yield (path, dims, unit, values of any shape) for `content_hash`, one in memory at a time."""
    first_path = STUDIES[store.provenance.study].first_path
    for place in sorted(store.datasets, key=first_path):
        values = store.read_stored(place)
        yield first_path(place), *axes_and_unit(store, place), values


def _check_meaning(store: Store) -> None:
    """Refuse intervals that are no triples, and claims whose evidence is not in the store."""
    if INTERVAL_AXIS in store.dims and store.size(INTERVAL_AXIS) != INTERVAL_SIZE:
        fact = f"axis {INTERVAL_AXIS!r} has {store.size(INTERVAL_AXIS)} entries"
        raise SchemaMismatch(store.path, fact, "value, low and high")
    current_path = STUDIES[store.provenance.study].current_path
    for claim in store.claims:
        if current_path(claim.evidence) not in store.datasets:
            fact = f"claim {claim.id!r} rests on {claim.evidence!r}"
            raise SchemaMismatch(store.path, fact, "the path of a dataset in this store")


def error_to_dict(error: StoreError) -> dict[str, str]:
    """Return an error as plain values, its class by name."""
    return {
        "error": type(error).__name__,
        "path": str(error.path),
        "fact": error.fact,
        "expected": error.expected,
        "next_step": error.next_step,
        "message": str(error),
    }
