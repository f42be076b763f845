"""Verify a store in a process of its own: HDF5 can crash or hang on damaged bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from store import errors
from store.errors import StoreDamaged, StoreError
from store.verify import VerifyReport, verify

TIMEOUT_SECONDS = 10.0
REPOSITORY = Path(__file__).resolve().parents[1]


def verify_isolated(
    path: Path, study: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS
) -> VerifyReport:
    """Do what `verify` does, and always end within the timeout.

    Raises:
        StoreError: as `verify` does; StoreDamaged also when reading crashes or does not end.
    """
    command = [sys.executable, "-m", "store.verify_subprocess", str(path), study or ""]
    search = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
            env=os.environ | {"PYTHONPATH": search},
        )
    except subprocess.TimeoutExpired as fault:
        fact = f"reading it did not end within {timeout_seconds:g} s"
        raise StoreDamaged(path, fact) from fault
    if done.returncode != 0:
        raise StoreDamaged(path, f"reading it ended the process with code {done.returncode}")
    return _outcome(json.loads(done.stdout))


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


def _outcome(answer: dict[str, Any]) -> VerifyReport:
    if "error" not in answer:
        return VerifyReport(**answer)
    kind: type[StoreError] = getattr(errors, answer["error"])
    raise kind(answer["path"], answer["fact"], answer["expected"], answer["next_step"])


def _main(path: str, study: str) -> None:
    try:
        answer: dict[str, Any] = verify(Path(path), study or None).to_dict()
    except StoreError as error:
        answer = error_to_dict(error)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    _main(*sys.argv[1:])
