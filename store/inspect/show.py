"""A store for people: what it claims, where it comes from, how to make it again."""

import math
from dataclasses import asdict
from typing import Any

from store.inspect.summary import DatasetSummary, summarise
from store.reader import Store
from store.records import Claim


def show_dict(store: Store) -> dict[str, Any]:
    """Return everything that `show_text` prints, as plain values."""
    shown = {
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
    return _plain(shown)


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
        f"  commit         {origin.git_commit or 'not recorded'}",
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
    return "\n".join(lines) + "\n"


def rebuild_command(store: Store) -> str:
    """Return the shell line that makes this store again, from the commit that made it.

    Where that commit lacks some of the code, a comment at its end says so.
    """
    recorded = store.provenance.git_commit
    commit = recorded.removesuffix("-dirty")
    checkout = f"git checkout {commit} && " if commit else ""
    warning = "" if commit == recorded else "  # its code had changes that no commit holds"
    return f"{checkout}{store.provenance.command}{warning}"


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
