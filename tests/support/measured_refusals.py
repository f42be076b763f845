"""Refuse every hostile file in a process of its own, whose memory is then known: run as a program.

Prints a JSON line for each file: its name, the error, the seconds, and the process's peak so far.
"""

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from store.errors import StoreError
from tests.support.hostile_files import HOSTILE

LIMIT_SECONDS = 1
MOST_TRIES = 3


def way_in(name: str, report: Path) -> Callable[[], object]:
    """What opens the report's ViT store: the reader, verify, or the dashboard's loader."""
    if name == "dashboard":
        os.environ["THREE_LENSES_DATA"] = str(report.parent)
        from dashboard.loaders import load_study

        return lambda: load_study("vit")
    from store import reader, verify

    opens = {"reader": reader.open_store, "verify": verify.verify}[name]
    return lambda: opens(report / "vit.h5", "vit")


def peak_mb() -> float:
    """This program's own peak of late; getrusage would count the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


def refusal(attempt: Callable[[], object]) -> tuple[StoreError | None, float]:
    """How a file is refused, and in how many seconds by the clock.

    By the clock, since a reader waits for a lock or a disk too. On a busy machine it waits for
    other programs as well, so what took too long is tried again, twice at most.
    """
    error, seconds = None, 0.0
    for _ in range(MOST_TRIES):
        Path("/proc/self/clear_refs").write_text("5")  # the peak from here on
        started, error = time.monotonic(), None
        try:
            attempt()
        except StoreError as refused:
            error = refused
        seconds = time.monotonic() - started
        if seconds < LIMIT_SECONDS:
            break
    return error, seconds


def main(name: str, valid: str, folder: str) -> None:
    report = Path(folder) / "made-up"
    attempt = way_in(name, report)
    for case in HOSTILE:
        shutil.rmtree(report, ignore_errors=True)
        shutil.copytree(valid, report)
        case.breaker(report / "vit.h5")
        error, seconds = refusal(attempt)
        answer = {
            "case": case.name,
            "error": type(error).__name__ if error else "not refused",
            "seconds": seconds,
            "peak_mb": peak_mb(),
        }
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
