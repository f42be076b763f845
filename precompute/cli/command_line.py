"""The command that was typed: as a report keeps it, and as the next one to type."""

import shlex
import sys


def next_command() -> str:
    """Return the run that a check was for, with all that was typed."""
    words = sys.argv[2:]
    if not words:
        return "make precompute"
    return shlex.join([".venv/bin/python", "-m", "precompute", "run", *words])


def command_line(profile: str, device: str) -> str:
    """Return the command that was typed, from the repository's root.

    A profile and a device that were chosen for the user are written out: elsewhere the same words
    would choose others. Of an absolute path the last part is kept.
    """
    from precompute.job import public

    words = sys.argv[1:]
    for option, chosen in (("--profile", profile), ("--device", device)):
        if not any(word == option or word.startswith(f"{option}=") for word in words):
            words = [*words, option, chosen]
    return shlex.join(["python", "-m", "precompute", *map(public, words)])
