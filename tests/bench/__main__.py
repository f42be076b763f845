"""`make bench`: measure each group's rows beside its peers, and write what was found.

Every group is a module of this folder with a function `rows()` that yields one Row at a time.
A group is run in a process of its own, so that one's memory is no other's.
"""

import argparse
import importlib
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from tests.bench.machine import machine
from tests.bench.row import Row
from tests.bench.table import load, markdown, row_from, save, terminal_table

ROOT = Path(__file__).parents[2]
JSON = Path(__file__).with_name("measured.json")
GROUPS = {"store": "Store", "vit": "ViT", "masking": "Masking", "vae": "VAE", "clip": "CLIP"}
GROUPS |= {"stages": "Stages", "scale": "Scale", "dashboard": "Dashboard"}


def main() -> int:
    """Run the groups asked for; exit 1 when a figure falls short of its bound."""
    arguments = _arguments()
    if arguments.rows_of:
        for row in importlib.import_module(f"tests.bench.{arguments.rows_of}").rows():
            print(json.dumps(asdict(row)), flush=True)
        return 0
    measured = load(JSON)
    here = measured.setdefault(machine(), {})
    short = 0
    for group in arguments.groups or GROUPS:
        rows = _measure(group)
        here[GROUPS[group]] = rows
        Console(width=160).print(terminal_table(GROUPS[group], rows))
        short += sum(not row.passes for row in rows)
        save(JSON, measured)
        (ROOT / "BENCHMARKS.md").write_text(markdown(measured), encoding="utf-8")
    print(f"{short} short of the bound" if short else "every bound is met")
    return 1 if short else 0


def _measure(group: str) -> list[Row]:
    command = [sys.executable, "-m", "tests.bench", "--rows-of", group]
    rows = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        for line in process.stdout or ():
            if line.startswith("{"):
                rows.append(row_from(json.loads(line)))
                print(f"  {rows[-1].work}", flush=True)
    if process.returncode:
        raise SystemExit(f"the benchmarks of '{group}' ended with status {process.returncode}")
    return rows


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS], help="all, when left out")
    parser.add_argument("--rows-of", choices=list(GROUPS), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
