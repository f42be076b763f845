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
    """This program's own peak; getrusage would count the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


def main(name: str, valid: str, folder: str) -> None:
    report = Path(folder) / "made-up"
    attempt = way_in(name, report)
    for case in HOSTILE:
        shutil.rmtree(report, ignore_errors=True)
        shutil.copytree(valid, report)
        case.breaker(report / "vit.h5")
        started, refused = time.perf_counter(), "not refused"
        try:
            attempt()
        except StoreError as error:
            refused = type(error).__name__
        answer = {
            "case": case.name,
            "error": refused,
            "seconds": time.perf_counter() - started,
            "peak_mb": peak_mb(),
        }
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
