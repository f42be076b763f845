"""What ends a command: one line in place of a traceback, and the list of what is missing."""

from typing import NoReturn

import typer
from rich.markup import escape

from precompute.cli.progress import console
from precompute.errors import InputError, JobFailed
from precompute.settings import SettingsError
from store.errors import StoreError


class one_line_errors:  # reads as a statement: with one_line_errors()
    """Turn known errors into one line and an exit code: 2 for input, 1 for a failed job."""

    def __enter__(self) -> None:
        """Nothing to open."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Print the line and leave; anything unknown goes on as a traceback."""
        if isinstance(error, KeyboardInterrupt):
            fail("Interrupted. Finished shards are kept; the same command goes on from there.", 130)
        if isinstance(error, SettingsError | InputError | StoreError):
            fail(str(error), 2)
        if isinstance(error, JobFailed):
            fail(f"{error} Nothing of this study was published.", 1)


def fail(message: str, code: int) -> NoReturn:
    """Print one line and leave."""
    console.print(escape(message), style="bold red" if code != 130 else "yellow")
    raise typer.Exit(code)


def refuse_missing(missing: list) -> None:
    """List every missing asset with its size and how to stage it, and stop."""
    if not missing:
        return
    for asset, why in missing:
        console.print(
            f"[red]missing[/red] {asset.study}: {escape(asset.name)} ({asset.size}): {escape(why)}"
        )
        console.print(f"        on a machine with network: {escape(asset.stage)}", highlight=False)
    raise InputError(
        f"{len(missing)} of the run's inputs are missing. Stage them as above, or choose "
        f"PROFILE=embedded, which needs nothing."
    )
