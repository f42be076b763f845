"""Where a run's numbers come from: library versions, commit, time and the settings' hash."""

import hashlib
import json
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

RUN = ["python", "-m", "precompute", "run"]
COMMIT = re.compile(r"[0-9a-f]{40}(-dirty)?")
REPOSITORY = Path(__file__).resolve().parents[1]
# What makes the numbers, without a run's own reports: those in git must not call it changed.
CODE = ("precompute", "store", ":!store/data")


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
    """Return the commit of the code, with '-dirty' unless git says that the code is that commit's.

    Code is what `precompute/` and `store/` hold, new files too unless git ignores them; notes and
    pictures beside them change no number. Empty where there is no git or no repository, and in an
    archive unpacked inside another repository, whose commits are not the code's.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit or _git(folder, "rev-parse", "--show-prefix") != "":
        return ""
    changes = _git(folder, "status", "--porcelain", "--untracked-files=normal", "--", *CODE)
    return commit if changes == "" else f"{commit}-dirty"


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


def own_command(text: str) -> str:
    """Return a stored command quoted word by word; nothing where it is no run of this program.

    A store may come from a stranger, and a command stands where it can be copied.
    """
    try:
        words = shlex.split(text) if text.isprintable() else []
    except ValueError:  # a quote that is not closed
        return ""
    return shlex.join(words) if words[:4] == RUN else ""


def own_commit(text: str) -> str:
    """Return a stored commit, with -dirty where it has it; nothing where it is none."""
    return text if COMMIT.fullmatch(text) else ""


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints; None where it is absent, fails or takes longer than 10 s."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
