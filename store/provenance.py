"""Where a run's numbers come from: library versions, commit, time and the settings' hash."""

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
OUTPUT = ":!store/data"  # a run's own reports; the committed ones must not call their code changed


def library_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each distribution; one that is not installed is left out."""
    versions = {}
    for name in sorted(names):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def git_commit(folder: Path = REPOSITORY) -> str:
    """Return the commit of the code, with '-dirty' where files differ from it.

    Empty where there is no git or no repository, as in an unpacked archive.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return ""
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".", OUTPUT)
    return f"{commit}-dirty" if changed else commit


def utc_now() -> str:
    """Return the time as ISO 8601, UTC, whole seconds: 2026-01-31T12:00:00Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def settings_hash(settings: Mapping[str, Any], *parts: str) -> str:
    """Return sha256 of the settings and of whatever else the result depends on.

    Args:
        settings: plain values; their order does not matter.
        parts: digests of the images, the weights and the like; their order does.

    Raises:
        TypeError: a setting is not a plain value.
    """
    text = json.dumps([dict(settings), *parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
