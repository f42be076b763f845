"""Why a store could not be read or written, each reason under its own name.

    StoreError
    ├── StoreMissing      no such file, or it may not be read
    ├── StoreEmpty        0 bytes
    ├── StoreTruncated    shorter than its own header says
    ├── NotHdf5           some other kind of file
    ├── LfsPointer        Git LFS's stand-in for the file
    ├── StoreIncomplete   its writer did not finish
    ├── StoreNewer        a later format than this program reads
    ├── WrongStudy        a store of another study
    ├── StoreHostile      links, storage, filters or sizes that a store never has
    ├── StoreDamaged      a checksum or the content hash does not match
    ├── SchemaMismatch    a dataset, axis, dtype, size or attribute differs from the schema
    └── StoreUnwritable   the disk or the folder refused the file

Each prints as one line, and carries its parts for those who show them apart.
"""

from pathlib import Path
from typing import ClassVar


def printable(text: str) -> str:
    """Return the text without control characters: a store's words may come from a stranger."""
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


class StoreError(Exception):
    """A store and one fact about it that stops us; printed as a single line.

    Attributes:
        path: the file.
        fact: what was found.
        expected: what was expected instead; may be empty.
        next_step: a sentence that says what to do now.
    """

    remedy: ClassVar[str] = "Rebuild it with `make precompute`."

    def __init__(
        self, path: Path | str, fact: str, expected: str = "", next_step: str = ""
    ) -> None:
        """Keep the four parts; an empty next_step becomes the class's own remedy."""
        super().__init__(path, fact, expected, next_step)
        self.path = Path(path)
        self.fact = fact
        self.expected = expected
        self.next_step = next_step or self.remedy

    def __str__(self) -> str:
        """Return file, fact, expectation and next step on one line."""
        expectation = f", expected {self.expected}" if self.expected else ""
        line = f"{self.path}: {self.fact}{expectation}. {self.next_step}"
        return printable(" ".join(line.split()))


class StoreMissing(StoreError):
    """There is no file to read."""

    remedy = "Build it with `make precompute`."


class StoreEmpty(StoreError):
    """The file has 0 bytes."""


class StoreTruncated(StoreError):
    """The file is shorter than its own header says."""

    remedy = "Copy or download it again, or rebuild it with `make precompute`."


class NotHdf5(StoreError):
    """The file is of another kind."""

    remedy = "Give the path of a store, such as store/data/embedded/vit.h5."


class LfsPointer(StoreError):
    """The file is Git LFS's stand-in for the store."""

    remedy = "Fetch the file itself with `git lfs pull`."


class StoreIncomplete(StoreError):
    """The file's writer did not finish."""


class StoreNewer(StoreError):
    """The file is of a later format than this program reads."""

    remedy = "Upgrade this program: `git pull && make install`."


class WrongStudy(StoreError):
    """The file holds another study."""

    remedy = "Open the file of that study instead."


class StoreHostile(StoreError):
    """The file holds something that no writer of ours makes."""

    remedy = "Do not use this file; get it again from a source you trust."


class StoreDamaged(StoreError):
    """The file's bytes are not those that were written."""

    remedy = "Copy or download it again, or rebuild it with `make precompute`."


class SchemaMismatch(StoreError):
    """The file's or the job's datasets are not what the schema asks for."""


class StoreUnwritable(StoreError):
    """The disk or the folder refused the file."""

    remedy = "Free space or choose a folder you may write to, then run the command again."
