"""A store as text: to look at, and to review in a diff."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.errors import StoreError, printable
from store.file.atomic import replace_file
from store.file.hashing import array_hash
from store.file.hdf5 import LOCK
from store.provenance import own_command, own_commit
from store.reader import Store
from store.records import Claim
from store.schema import STUDIES
from store.trial import open_tried


@dataclass(frozen=True)
class DatasetSummary:
    """Shape, size and digest of a dataset; the statistics leave NaN out."""

    path: str
    shape: tuple[int, ...]
    dtype: str
    stored_bytes: int
    decoded_bytes: int
    sha256: str  # of dtype, shape and bytes; first 16 digits
    mean: float | None = None  # None for text and for datasets without a number
    std: float | None = None
    min: float | None = None
    max: float | None = None
    n_nan: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)

    def line(self) -> str:
        """Return what one line of a fingerprint says behind the path."""
        head = f"{self.shape} {self.dtype} sha256={self.sha256}"
        if self.mean is None:
            return head
        moments = f"mean={self.mean:.6g} std={self.std:.6g} min={self.min:.6g} max={self.max:.6g}"
        return f"{head} {moments} nan={self.n_nan}"


def summarise(store: Store) -> Iterator[DatasetSummary]:
    """Yield a summary of each dataset in path order; reads all of them."""
    for place in sorted(store.datasets):
        values = store.read_stored(place)
        with LOCK:
            stored_bytes = store.datasets[place].id.get_storage_size()
        is_text = values.dtype.kind == "S"
        yield DatasetSummary(
            path=place,
            shape=values.shape,
            dtype="text" if is_text else str(values.dtype),
            stored_bytes=stored_bytes,
            decoded_bytes=values.nbytes,
            sha256=array_hash(values)[:16],
            **({} if is_text else _moments(values)),
        )


def _moments(values: NDArray) -> dict[str, Any]:
    """Return the statistics of numbers of any shape; NaN is counted and left out."""
    wide = values.astype("float64").ravel()
    numbers = wide[~np.isnan(wide)]
    n_nan = wide.size - numbers.size
    if not numbers.size:
        return {"n_nan": n_nan}
    return {
        "mean": float(numbers.mean()),
        "std": float(numbers.std()),
        "min": float(numbers.min()),
        "max": float(numbers.max()),
        "n_nan": n_nan,
    }


def show_dict(store: Store) -> dict[str, Any]:
    """Return everything that `show_text` prints, as plain values."""
    facts = {
        "path": str(store.path),
        "format_version": store.attributes["format_version"],
        "content_hash": store.content_hash,
        "rebuild": rebuild_command(store),
        "provenance": asdict(store.provenance),
        "claims": [asdict(claim) for claim in store.claims],
        "skipped": [asdict(image) for image in store.skipped],
        "class_names": list(store.class_names),
        "datasets": [summary.to_dict() for summary in summarise(store)],
    }
    return _plain(facts)


def show_text(store: Store) -> str:
    """Return claims, provenance, the rebuilding command and the datasets' sizes as text."""
    origin = store.provenance
    version = store.attributes["format_version"]
    lines = [
        f"{store.path}: {origin.study} study of report {origin.report!r}, format {version}",
        "",
        "Claims",
        *(line for claim in store.claims for line in _claim_lines(claim)),
        "",
        "Provenance",
        f"  model          {origin.model} {origin.model_revision} ({origin.model_digest[:16]})",
        f"  images         {origin.dataset} ({origin.dataset_digest[:16]})",
        f"  left out       {len(store.skipped)} images",
        f"  made           {origin.created_utc} on {origin.device}, {origin.seconds:g} s",
        f"  commit         {own_commit(origin.git_commit) or 'not recorded'}",
        f"  seed           {origin.seed}",
        f"  versions       {', '.join(f'{k} {v}' for k, v in sorted(origin.versions.items()))}",
        f"  content        {store.content_hash}",
        "",
        "Rebuild it with",
        f"  {rebuild_command(store)}",
        "",
        "Datasets",
        *map(_dataset_line, summarise(store)),
    ]
    return "\n".join(printable(line.replace("\n", "?")) for line in lines) + "\n"


def rebuild_command(store: Store) -> str:
    """Return the shell line that makes this store again, from the commit that made it.

    Where that commit lacks some of the code, a comment at its end says so.
    """
    command = own_command(store.provenance.command)
    if not command:
        return "# its command is no run of this program, and is not shown"
    recorded = own_commit(store.provenance.git_commit)
    commit = recorded.removesuffix("-dirty")
    checkout = f"git checkout {commit} && " if commit else ""
    warning = "" if commit == recorded else "  # its code had changes that no commit holds"
    return f"{checkout}{command}{warning}"


def _claim_lines(claim: Claim) -> list[str]:
    interval = "" if math.isnan(claim.low) else f" ({claim.low:.4g} to {claim.high:.4g})"
    control = "none" if math.isnan(claim.control) else f"{claim.control:.4g}, {claim.control_name}"
    return [
        f"  {claim.id}: {claim.verdict}. {claim.sentence}",
        f"    value    {claim.value:.4g}{interval} {claim.unit}, n = {claim.n}; control {control}",
        f"    original {claim.original}",
        f"    finding  {claim.finding}",
        f"    evidence {claim.evidence}",
    ]


def _dataset_line(summary: DatasetSummary) -> str:
    shape = " x ".join(map(str, summary.shape)) or "scalar"
    size = f"{summary.decoded_bytes:>12,} B, stored {summary.stored_bytes:>12,} B"
    return f"  {summary.path:<34} {summary.dtype:<8} {shape:<24} {size}"


def _plain(value: Any) -> Any:
    """Return nested values with NaN and infinity, which JSON does not have, as None."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def fingerprint(path: Path) -> str:
    """Return the store's fingerprint; equal contents give equal text, renamed datasets included.

    Raises:
        StoreError: the file is not a valid store.
    """
    with open_tried(path) as store:
        origin = store.provenance
        head = [
            f"study {origin.study}",
            f"report {origin.report}",
            f"format {store.attributes['format_version']}",
            f"content {store.content_hash}",
            f"settings {store.attributes['settings_hash']}",
            f"dataset {origin.dataset} {origin.dataset_digest}",
            f"model {origin.model} {origin.model_revision} {origin.model_digest}",
        ]
        claims = [_claim_line(claim) for claim in store.claims]
        first_path = STUDIES[origin.study].first_path
        lines = {first_path(summary.path): summary.line() for summary in summarise(store)}
        datasets = [f"{path} {lines[path]}" for path in sorted(lines)]
        return "\n".join([*head, "", *claims, "", *datasets]) + "\n"


def fingerprint_path(path: Path) -> Path:
    """Return where a store's fingerprint lies: vit.h5 has vit.fingerprint.txt beside it."""
    return path.with_name(f"{path.stem}.fingerprint.txt")


def write_fingerprint(path: Path) -> Path:
    """Write the fingerprint beside the store; return its path.

    Raises:
        StoreError: the file is not a valid store.
        StoreUnwritable: the folder refused.
    """
    target = fingerprint_path(path)
    replace_file(target, fingerprint(path).encode(), check=lambda written: None)
    return target


def check_fingerprint(path: Path) -> None:
    """Compare a store with the fingerprint beside it, if there is one.

    Raises:
        StoreError: the fingerprint is another store's, cannot be read, or the store is not valid.
    """
    beside = fingerprint_path(path)
    remedy = f"Write it again with `python -m store fingerprint {path}`."
    if not beside.exists():
        return
    if not beside.is_file():  # reading a pipe would wait for ever
        raise StoreError(beside, "it is no file", "a fingerprint", f"Remove it. {remedy}")
    try:
        recorded = beside.read_text("utf-8", "replace")
    except OSError as fault:
        raise StoreError(beside, f"it cannot be read ({fault.strerror})", "", remedy) from fault
    if recorded != fingerprint(path):
        raise StoreError(beside, "it is stale", "the fingerprint of its store", remedy)


def _claim_line(claim: Claim) -> str:
    numbers = f"value={claim.value:.6g} low={claim.low:.6g} high={claim.high:.6g} n={claim.n}"
    return f"claim {claim.id} {claim.verdict} {numbers} control={claim.control:.6g}"
