"""Files of strangers, read by others' libraries: what these raise and print stays here."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from precompute.errors import InputError, SettingsError
from store.errors import StoreError

REASON_LENGTH = 200
OURS = (InputError, SettingsError, StoreError)
OF_THE_FILE = (ValueError, OSError, EOFError, RuntimeError)  # whose words are about the file


@contextmanager
def foreign(what: str, remedy: str) -> Iterator[None]:
    """Turn whatever a library raises on a user's file into one line.

    No list of a library's exceptions is whole: damage surfaces as nearly every built-in one.

    Args:
        what: the file and the fact, such as "mine.npz: cannot be read".
        remedy: a sentence that says what to do.

    Raises:
        InputError: anything was raised that is not ours.
    """
    try:
        yield
    except OURS:
        raise
    except Exception as error:
        raise InputError(f"{what}: {reason_of(error)}. {remedy}") from error


def reason_of(error: Exception) -> str:
    """Say on one line why a library could not read a file; its own objects' names say nothing."""
    text = " ".join(str(error).split()).rstrip(".")
    told = isinstance(error, OF_THE_FILE) and " " in text
    if isinstance(error, MemoryError | RecursionError):
        return "it is nested too deeply, or takes more memory than there is"
    words = text if told else f"its reader fails on it with {type(error).__name__}"
    return "".join(c if c.isprintable() else "?" for c in words)[:REASON_LENGTH]


class _Quiet:
    """How many readers are at work for whom the terminal is closed, and where it is meanwhile."""

    lock, n_readers, terminal = threading.Lock(), 0, -1


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what C libraries write to the terminal away from it, from any thread."""
    with _Quiet.lock:
        if not _Quiet.n_readers:
            sys.stderr.flush()
            _Quiet.terminal = os.dup(2)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
        _Quiet.n_readers += 1
    try:
        yield
    finally:
        with _Quiet.lock:
            _Quiet.n_readers -= 1
            if not _Quiet.n_readers:
                os.dup2(_Quiet.terminal, 2)
                os.close(_Quiet.terminal)
