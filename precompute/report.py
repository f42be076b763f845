"""One report from start to end: inputs, jobs, stores, fingerprints and the table of claims."""

import fcntl
import math
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from precompute.cli.progress import console
from precompute.compute.process import configure_process
from precompute.errors import InputError
from precompute.job import Inputs, JobContext
from precompute.publishing import public_settings, publish_study, resummarise_study
from precompute.settings import STUDIES, Profile
from precompute.study import study_named
from store.errors import StoreError
from store.inspect.summary import write_fingerprint
from store.provenance import settings_hash
from store.reader import open_store
from store.records import Claim
from store.verify import verify

REPORTS = Path(__file__).resolve().parents[1] / "store" / "data"
COMMITTED = ("embedded", "photographs")  # in git; written only when asked for by name
HEADINGS = ("claim", "verdict", "value", "95% interval", "n", "control", "which is")
N_SKIPPED_SHOWN = 3  # in the terminal; the store lists all
WIDE = 132  # columns of a terminal that hold the last one too
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def report_folder(name: str, committed: bool) -> Path:
    """Return the folder of a report, or refuse a name that is no plain folder name."""
    if not NAME.fullmatch(name):
        raise InputError(
            f"report name {name!r}: use letters, digits, '.', '_' and '-', at most 64, "
            f"beginning with a letter or digit."
        )
    if name in COMMITTED and not committed:
        raise InputError(
            f"report {name!r} is kept in git and a plain run leaves it alone. Choose another NAME, "
            f"or run `make report-{name}` to rewrite it."
        )
    return REPORTS / name


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold the report for this run; a second run on it is refused."""
    try:
        (folder / ".shards").mkdir(parents=True, exist_ok=True)
        lock = (folder / ".shards" / "lock").open("w")
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written ({error.strerror}). "
            f"Choose another NAME or mend the folder."
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(
                f"{folder}: another run is writing this report. Wait, or choose another NAME."
            ) from None
        yield


def run_study(study: str, profile: Profile, context: JobContext, again: bool = False) -> None:
    """Run one study, unless its store is there, verified, and was made from the same inputs.

    again: run it all the same, as after a change of the code, which is no input; the old store
    stays until the new one takes its place.
    """
    settings = profile.study(study)
    path = context.store_path(study)
    inputs = inspect(study, profile, context)
    if not again and is_current(path, study, asdict(settings), inputs):
        _finish(path, context.shard_folder(study))
        console.print(f"[bold]{study}[/bold]: complete and verified, nothing to do")
        return
    announce(study, inputs)
    configure_process(str(context.device), torch.get_num_threads())
    content_hash = make_study(study, settings, inputs, context)
    console.print(f"  content {content_hash[:12]}")
    _finish(path, context.shard_folder(study))
    console.print(f"  wrote {escape(display(path))}, {path.stat().st_size / 1e6:.1f} MB, verified")


def make_study(study: str, settings: Any, inputs: Inputs, context: JobContext) -> str:
    """Measure, summarise and publish a study; return its store's content hash."""
    job = study_named(study)
    measured = job.measure(settings, inputs, context)
    results = job.summarise(settings, measured)
    return publish_study(study, context, settings, inputs.images, measured, results)


def inspect(study: str, profile: Profile, context: JobContext) -> Inputs:
    """Open what a study reads; raises InputError where something is missing or does not fit."""
    return study_named(study).inspect(profile.study(study), context)


def announce(study: str, inputs: Inputs) -> None:
    """Say in the terminal which model reads which images, and what is left out."""
    images = inputs.images
    skipped = f", {len(images.skipped)} skipped" if images.skipped else ""
    words = f"{inputs.model.model} on {images.name} ({len(images):,} images{skipped})"
    console.print(f"[bold]{study}[/bold]: {escape(words)}")
    reasons = Counter(image.reason for image in images.skipped)
    first = {image.reason: image.name for image in reversed(images.skipped)}
    for reason, n_images in reasons.most_common(N_SKIPPED_SHOWN):
        more = f", and {n_images - 1} more" if n_images > 1 else ""
        console.print(f"  skipped {escape(first[reason])}: {escape(reason + more)}")
    beside = sum("/" not in name for name in images.names)
    if not images.class_names and 0 < beside < len(images):
        fact = f"{beside} of {len(images)} pictures lie beside the folders of classes"
        console.print(f"  no labels are used: {fact}")


def resummarise(folder: Path) -> None:
    """Make the words of every store of a report again, where what was measured is kept.

    Raises InputError when the report holds no store, or after the others when one cannot be made.
    """
    studies = [study for study in STUDIES if (folder / f"{study}.h5").exists()]
    if not studies:
        raise InputError(f"{folder}: holds no store. Run `make precompute` first.")
    refused = []
    with only_run(folder):
        for study in studies:
            try:
                before, after = resummarise_study(folder, study)
            except InputError as error:
                refused.append(str(error))
                continue
            write_fingerprint(folder / f"{study}.h5")
            changed = "unchanged" if before == after else f"was {before[:12]}"
            console.print(f"[bold]{study}[/bold]: content {after[:12]}, {changed}")
    if refused:
        raise InputError("\n".join(refused))


def _finish(path: Path, shards: Path) -> None:
    """Give a published store its fingerprint and remove its shards: the store holds all of them.

    A run that was killed in between left either; the next one finds the store and ends it.
    """
    write_fingerprint(path)
    for shard in shards.glob("*"):
        shard.unlink()


def is_current(path: Path, study: str, settings: dict, inputs: Inputs) -> bool:
    """Tell whether a verified store was made with these settings, images and model.

    The code may have changed since: a finished store says which commit made it, and stays. A
    damaged store is made again.
    """
    if not path.exists():
        return False
    try:
        verify(path, study)
        with open_store(path, study) as store:
            made = store.provenance
    except StoreError as error:
        console.print(f"  {escape(str(error))}", style="yellow")
        console.print("  It is made again.", style="yellow")
        return False
    model = inputs.model  # one that the job trains has no digest yet, and a revision that tells it
    same_model = (
        model.digest == made.model_digest if model.digest else model.revision == made.model_revision
    )
    wanted = settings_hash(public_settings(settings), inputs.images.digest)
    stored = settings_hash(public_settings(made.settings), made.dataset_digest)
    return same_model and stored == wanted


def claims_table(folder: Path) -> Table:
    """Return the claims of every store of a report, as the terminal shows them."""
    rows = []
    for study in STUDIES:
        path = folder / f"{study}.h5"
        if path.exists():
            with open_store(path, study) as store:
                rows += [_cells(claim) for claim in store.claims]
    table = Table(
        title=f"Claims of report {folder.name!r}",
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    n_columns = len(HEADINGS) if console.width >= WIDE else len(HEADINGS) - 1
    for heading in HEADINGS[:n_columns]:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*row[:n_columns])
    return table


def _cells(claim: Claim) -> tuple[str, ...]:
    value, control = (
        "none" if math.isnan(number) else f"{number:.3f}" for number in (claim.value, claim.control)
    )
    interval = "none" if math.isnan(claim.low) else f"{claim.low:.3f} to {claim.high:.3f}"
    ours = value, interval, f"{claim.n:,}"
    return escape(claim.id), claim.verdict, *ours, control, escape(claim.control_name)


def display(path: Path) -> str:
    """Return a path as the user would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
