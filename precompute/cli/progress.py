"""Progress bars with an estimate, on one line in a terminal and as plain lines in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

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
    if console.is_terminal:
        with _terminal_bar(label, total, unit) as advance:
            yield advance
    else:
        yield _LogBar(label, total, unit)


@contextmanager
def none() -> Iterator[Advance]:
    """Show nothing, for a step whose parts show their own bar."""
    yield lambda n=1, note="", restored=False: None


@contextmanager
def _terminal_bar(label: str, total: int, unit: str) -> Iterator[Advance]:
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
