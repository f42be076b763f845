"""A store as text that a person can review in a diff: one line per claim and dataset."""

from pathlib import Path

from store.errors import StoreError
from store.file.atomic import replace_file
from store.inspect.summary import summarise
from store.reader import open_store
from store.records import Claim


def fingerprint(path: Path) -> str:
    """Return the store's fingerprint; equal contents give equal text.

    Raises:
        StoreError: the file is not a valid store.
    """
    with open_store(path) as store:
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
        datasets = [summary.line() for summary in summarise(store)]
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
