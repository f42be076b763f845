"""A store's provenance as rows for a table, and the commands that check and rebuild it."""

import pandas as pd

from dashboard.loaders import Study


def rows(study: Study) -> pd.DataFrame:
    """Return one row per fact: what, value; facts that were not recorded are left out."""
    made = study.provenance
    facts = {
        "report": made.report,
        "profile": made.profile,
        "model": made.model,
        "model revision": made.model_revision,
        "weights, sha256": made.model_digest,
        "data": made.dataset,
        "data, sha256": made.dataset_digest,
        "seed": str(made.seed),
        "device": made.device,
        "versions": ", ".join(f"{name} {version}" for name, version in made.versions.items()),
        "commit": made.git_commit,
        "made, UTC": made.created_utc,
        "contents, sha256": study.store.content_hash,
    }
    held = [(what, value) for what, value in facts.items() if value]
    return pd.DataFrame(held, columns=["what", "value"])


def commands(study: Study) -> str:
    """Return the commands that verify this store and that build it again."""
    path = f"store/data/{study.store.path.parent.name}/{study.store.path.name}"
    return f"python -m store verify {path}\n{study.provenance.command}"
