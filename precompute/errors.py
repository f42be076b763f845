"""The errors that end a run with one clear line and exit code 2."""

import difflib
from collections.abc import Iterable, Sequence


class InputError(Exception):
    """Something given to the program is missing or wrong: what, where, and what to do next."""


class SettingsError(ValueError):
    """A setting is unknown, of the wrong type or out of range. The message is one line."""


class JobFailed(Exception):
    """A job's own numbers cannot be right (NaN, empty attention): nothing was published."""


def refuse_unknown(names: Iterable[str], known: Sequence[str], prefix: str) -> None:
    """Raise SettingsError for the first name that is not known, with the closest one that is."""
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
            raise SettingsError(f"{prefix} {name!r}. {hint}")
