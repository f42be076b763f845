"""A file from the first place that gives it whole: resumed, compared with its digest, or refused.

What has come lies in NAME.part, whole up to its end whenever the program stops, and any place goes
on from there. It gets its own name once its size and digest are the published ones, never before.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from io import FileIO
from pathlib import Path

from rich.markup import escape

from precompute.cli.progress import Advance, bar, console
from precompute.data.archives import Archive
from precompute.errors import InputError
from precompute.preflight.places import BrokenOff, NotGiven, host_of, places_of, rest_of
from precompute.preflight.unpack import MEGABYTE, megabytes, unpack

PAUSE_SECONDS = 1.0  # before a place that broke off is asked again
MOST_TRIES = 3  # in a row that brought less than a megabyte; then the next place


def stage_set(
    archives: Sequence[Archive], folder: Path, last: str, mirrors: tuple[str, ...]
) -> None:
    """Bring a set's archives and unpack them; what was downloaded for it is removed again.

    last: the file, below the folder, that says that the set is there.
    Raises InputError as `fetch` and `unpack` do; what has come by then is kept.
    """
    were_there = [(folder / archive.name).exists() for archive in archives]
    files = [fetch(archive, folder, mirrors) for archive in archives]
    unpack(files, folder, last)
    for file, was_there in zip(files, were_there, strict=True):
        if not was_there:  # what the user put there is the user's
            file.unlink()


def fetch(archive: Archive, folder: Path, mirrors: tuple[str, ...] = ()) -> Path:
    """Return the archive's file in a folder: the one that is there, or the first that comes whole.

    mirrors: the user's own places, which are tried before the published ones.
    Raises InputError with one line when no place gives it, when a file of its name is another, when
    the folder cannot be written, or another program is at it.
    """
    file = folder / archive.name
    with _held(folder / f"{archive.name}.part") as part:
        if file.exists():
            if wrong := archive.refusal(file):
                raise InputError(f"{file}: {wrong}. Delete it and stage again.")
            return file
        with bar(archive.name, megabytes(archive.n_bytes), "MB") as advance:
            progress = _Progress(archive, part, advance)
            try:
                _from_first_place(archive, part, places_of(archive, mirrors), progress)
            except KeyboardInterrupt:
                _say(archive, f"{progress.in_words()} are kept in {part.name}")
                raise
        try:
            (folder / f"{archive.name}.part").replace(file)
        except OSError as error:
            raise _unwritable(file, error) from None
    return file


@contextmanager
def _held(path: Path) -> Iterator[FileIO]:
    """Open the unfinished file for appending, alone; an empty one is not left behind.

    Nothing is buffered: what was written is in the file, whatever stops the program.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = FileIO(path, "a")
    except OSError as error:
        raise _unwritable(path, error) from None
    with part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{path}: another program is downloading it. Wait for it.") from None
        except OSError:
            pass  # a file system without locks
        try:
            yield part
        finally:
            if not _size(part):
                path.unlink(missing_ok=True)


def _from_first_place(
    archive: Archive, part: FileIO, places: Sequence[str], progress: "_Progress"
) -> None:
    """Fill the unfinished file from the places in turn, until its digest is right."""
    if _size(part) >= archive.n_bytes:
        if not archive.refusal(Path(part.name)):
            return  # stopped after its last byte
        _empty(part)  # full, and of another file: nothing of it is of use
    if _size(part):
        _say(archive, f"{progress.in_words()} are here")
    tried = []
    for place in places:
        going_on = f"trying {host_of(place)}"
        _say(archive, f"{tried[-1]}; {going_on}" if tried else going_on)
        try:
            _from_place(archive, part, place, progress)
        except NotGiven as refused:
            tried.append(f"{host_of(place)} {refused}")
        else:
            return
    left = f" {progress.in_words()} are kept." if _size(part) else ""
    raise InputError(
        f"{archive.name}: no place gave it: {'; '.join(tried)}.{left} Run the same command again, "
        f"or name a place that has this very file with --mirror URL."
    )


def _from_place(archive: Archive, part: FileIO, place: str, progress: "_Progress") -> None:
    """Fill the unfinished file from one place.

    A wrong digest may be the fault of what was here before, so the place is then asked for all.
    Raises NotGiven; a file of the wrong digest is emptied.
    """
    for from_start in (_size(part) == 0, True):
        _fill(archive, part, place, progress)
        _say(archive, "whole; comparing its sha256")
        wrong = archive.refusal(Path(part.name))
        if not wrong:
            return
        _empty(part)
        progress.show()
        if from_start:
            break
        _say(archive, f"{wrong}: what was here is of another file, removed; from the start")
    raise NotGiven(f"gave another file, which is removed: {wrong}")


def _fill(archive: Archive, part: FileIO, place: str, progress: "_Progress") -> None:
    """Append until the size is right; a place that breaks off is asked again while it helps."""
    tries = 0
    while (start := _size(part)) < archive.n_bytes:
        try:
            with closing(rest_of(place, start, archive.n_bytes)) as chunks:
                for chunk in chunks:
                    _append(part, chunk)
                    progress.show()
        except BrokenOff as stopped:
            if not stopped.is_ours:
                part.truncate(start)
                progress.show()
            tries = tries + 1 if _size(part) - start < MEGABYTE else 0
            if tries == MOST_TRIES:
                raise
            time.sleep(PAUSE_SECONDS)


def _append(part: FileIO, chunk: bytes) -> None:
    try:
        while chunk:  # without a buffer a write may take a part
            chunk = chunk[part.write(chunk) :]
    except OSError as error:
        raise _unwritable(Path(part.name), error) from None


def _size(part: FileIO) -> int:
    return os.fstat(part.fileno()).st_size


def _empty(part: FileIO) -> None:
    part.truncate(0)


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path}: cannot be written ({error.strerror}). Make room, or choose another folder; the "
        f"same command goes on from what has come."
    )


class _Progress:
    """The bar of one file, which follows the size of what is here."""

    def __init__(self, archive: Archive, part: FileIO, advance: Advance) -> None:
        self._archive, self._part, self._advance = archive, part, advance
        self._shown = _size(part) // MEGABYTE
        if self._shown:
            advance(self._shown, restored=True)

    def show(self) -> None:
        """Move the bar, back too."""
        now = _size(self._part) // MEGABYTE
        if now != self._shown:
            self._advance(now - self._shown)
            self._shown = now

    def in_words(self) -> str:
        """Say how much is here."""
        there, whole = _size(self._part) / MEGABYTE, self._archive.n_bytes / MEGABYTE
        return f"{there:,.1f} of {whole:,.1f} MB"


def _say(archive: Archive, fact: str) -> None:
    console.print(escape(f"{archive.name}: {fact}."), highlight=False)
