"""The goldens: one small run of every study, kept in git. `make golden` makes them again."""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from store.errors import SchemaMismatch
from store.inspect.diff import diff
from store.schema import STUDIES
from tests.support.stand_ins import ROOT, Machine

HERE = Path(__file__).resolve().parent
PROFILE, GOLDENS = HERE / "tiny.toml", HERE / "goldens"


def run_tiny(root: Path) -> Path:
    """Run every study of the tiny profile as a process of its own; return the report's folder."""
    machine = Machine(root)
    outcome = machine.precompute(
        "run", "--profile", str(PROFILE.relative_to(ROOT)), with_data=False
    )
    if outcome.code:
        raise RuntimeError(f"the tiny run ended with {outcome.code}:\n{outcome.output}")
    return machine.reports / f"run-{PROFILE.stem}"


def rewrite() -> None:
    """Make the goldens again and print what changed."""
    with tempfile.TemporaryDirectory() as root:
        made = run_tiny(Path(root))
        for study in STUDIES:
            golden, new = GOLDENS / f"{study}.h5", made / f"{study}.h5"
            changes = _changes(new, golden)
            for change in changes or ["unchanged within tolerance, kept"]:
                sys.stdout.write(f"{golden.name}: {change}\n")
            if any(not getattr(change, "is_note", False) for change in changes):
                shutil.copyfile(new, golden)


def _changes(new: Path, golden: Path) -> Sequence[object]:
    if not golden.exists():
        return ["is new"]
    try:
        return diff(new, golden)
    except SchemaMismatch as error:  # it was written before the schema changed
        return [error]


if __name__ == "__main__":
    rewrite()
