"""What the terminal shows: bars with an estimate, plain lines in a log, and how a command ends."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn, Protocol

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from precompute.errors import InputError, JobFailed, SettingsError
from store.errors import StoreError

console = Console(stderr=True, soft_wrap=True)
LOG_EVERY_SECONDS = 10.0  # between two lines when nobody watches a terminal


class Advance(Protocol):
    """Called with the number of units done since the last call, and a note to show.

    Units that an earlier run left are `restored`: they are done, and say nothing of the speed.
    """

    def __call__(self, n: int = 1, note: str = "", restored: bool = False) -> None:
        """Move the bar."""


@contextmanager
def bar(label: str, total: int, unit: str) -> Iterator[Advance]:
    """Show one long step: label, bar, done / total, elapsed and remaining time."""
    if not console.is_terminal:
        yield _LogBar(label, total, unit)
        return
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(label, total=total, note="")

        def advance(n: int = 1, note: str = "", restored: bool = False) -> None:
            if restored:  # the clock starts after them
                done = int(progress.tasks[0].completed) + n
                progress.reset(task, completed=done, total=total, note=note)
            else:
                progress.update(task, advance=n, note=note)

        yield advance


@contextmanager
def none() -> Iterator[Advance]:
    """Show nothing, for a step whose parts show their own bar."""
    yield lambda n=1, note="", restored=False: None


class _LogBar:
    """The same as lines: the first step, one every few seconds, and the last."""

    def __init__(self, label: str, total: int, unit: str) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._done, self._restored = 0, 0
        self._started, self._printed = time.monotonic(), 0.0

    def __call__(self, n: int = 1, note: str = "", restored: bool = False) -> None:
        self._done += n
        self._restored += n if restored else 0
        elapsed = time.monotonic() - self._started
        finished = self._done >= self._total
        if not finished and elapsed - self._printed < LOG_EVERY_SECONDS:
            return
        self._printed = elapsed
        line = f"  {self._label}: {self._done}/{self._total} {self._unit}, {elapsed:.0f} s"
        fresh = self._done - self._restored
        if fresh and not finished:
            left = elapsed / fresh * (self._total - self._done)
            line += f", about {left:.0f} s left"
        print(f"{line} {note}".rstrip(), file=sys.stderr, flush=True)


class one_line_errors:  # reads as a statement: with one_line_errors()
    """Turn known errors into one line and an exit code: 2 for input, 1 for a failed job."""

    def __enter__(self) -> None:
        """Nothing to open."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Print the line and leave; anything unknown goes on as a traceback."""
        if isinstance(error, KeyboardInterrupt):
            fail("Interrupted. What is finished is kept; the same command goes on from there.", 130)
        if isinstance(error, SettingsError | InputError | StoreError):
            fail(str(error), 2)
        if isinstance(error, JobFailed):
            fail(f"{error} Nothing of this study was published.", 1)


def fail(message: str, code: int) -> NoReturn:
    """Print one line and leave."""
    console.print(escape(message), style="bold red" if code != 130 else "yellow")
    raise typer.Exit(code)
