"""Tar files unpacked so that a set is there whole or not at all."""

import shutil
import tarfile
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path

from precompute.cli.progress import bar
from precompute.errors import InputError

MEGABYTE = 10**6
ASIDE = ".unpacking"  # where files wait until all are unpacked; removed again


def unpack(files: Sequence[Path], folder: Path, last: str) -> None:
    """Unpack tar files into a folder.

    last: the file, below the folder, whose presence says that the set is there. It comes last, so
        that a set that was half unpacked is unpacked again.
    Raises InputError when the folder cannot be written, or the tars do not hold that file.
    """
    aside = folder / ASIDE
    try:
        shutil.rmtree(aside, ignore_errors=True)  # a killed run may have left it
        for file in files:
            _extract(file, aside)
        if not (aside / last).is_file():
            raise InputError(f"{files[-1]}: holds no {last}. Report this: its digest is right.")
        names = (path.relative_to(aside) for path in aside.rglob("*") if path.is_file())
        for name in sorted(names, key=lambda name: (name == Path(last), name)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (aside / name).replace(folder / name)
    except (OSError, tarfile.TarError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(
            f"{folder}: {files[-1].name} cannot be unpacked there ({reason}). Make room, or mend "
            f"the folder; the same command goes on from what has come."
        ) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def megabytes(n_bytes: int) -> int:
    """Return a size for a bar: no file is so small that it has no step."""
    return max(n_bytes // MEGABYTE, 1)


def _extract(file: Path, folder: Path) -> None:
    with (
        bar(f"unpacking {file.name}", megabytes(file.stat().st_size), "MB") as advance,
        _Watched(file, advance) as stream,
        tarfile.open(fileobj=stream, mode="r|*") as tar,
    ):
        # No links out of the folder and no devices. Python before 3.11.4 has no such filter.
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        tar.extractall(folder)


class _Watched(FileIO):
    """A file that moves a bar by the megabytes that are read of it, from first to last."""

    def __init__(self, file: Path, advance: Callable[[int], None]) -> None:
        super().__init__(file)
        self._advance, self._shown = advance, 0

    def read(self, n: int | None = -1, /) -> bytes:
        """Read at most n bytes."""
        chunk = super().read(n)
        if now := self.tell() // MEGABYTE - self._shown:
            self._advance(now)
            self._shown += now
        return chunk
