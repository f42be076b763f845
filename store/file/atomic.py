"""Files that appear whole or not at all."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from store.errors import StoreUnwritable

ABANDONED_SECONDS = 3600.0  # writing one takes seconds; an older temporary file lost its writer


def replace_file(path: Path, content: bytes, check: Callable[[Path], None]) -> None:
    """Put `content` at `path` in one step, after `check` has read it back from the disk.

    A reader of the old file keeps it. Whatever goes wrong, the temporary file is removed and
    the old file stays.

    Raises:
        StoreUnwritable: the folder or the disk refused.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            check(temporary)
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as fault:
        _remove(temporary)
        reason = fault.strerror or str(fault)
        raise StoreUnwritable(path, f"it cannot be written ({reason})") from fault
    except BaseException:
        _remove(temporary)
        raise
    remove_abandoned(path)


def remove_abandoned(path: Path) -> None:
    """Remove the temporary files of writers that were killed an hour ago or earlier."""
    oldest = time.time() - ABANDONED_SECONDS
    for temporary in path.parent.glob(f".{path.name}.*.tmp"):
        try:
            if temporary.stat().st_mtime < oldest:
                temporary.unlink()
        except OSError:  # another writer was quicker
            continue


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except OSError:  # a read-only folder: it was never made
        return
