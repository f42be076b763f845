"""The folder that `stage` fills: is every file what its source said, and did it arrive whole?"""

import hashlib
from pathlib import Path

from precompute.cli.progress import bar
from precompute.errors import InputError

SUMS = "SHA256SUMS"  # in sha256sum's own format, so that `sha256sum -c` reads it too
SHA256_DIGITS = 64  # a blob of the hub's cache is named by its digest: sha256 for large files,
GIT_DIGITS = 40  # and git's own for small ones


def write_sums(folder: Path) -> int:
    """Write the digest of every file and return how many; a link counts where it ends.

    Raises InputError where the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _write_sums(folder)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written ({error.strerror}). Choose another folder."
        ) from None


def _write_sums(folder: Path) -> int:
    files = sorted(_files(folder))
    with bar("digests", len(files), "files") as advance:
        lines = []
        for file in files:
            lines.append(f"{_sha256(file)}  {file.relative_to(folder)}\n")
            advance()
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return len(files)


def check_sums(folder: Path) -> int:
    """Compare every file that SHA256SUMS names; return how many there are, 0 without the file.

    Raises InputError naming the first file that is not what it was.
    """
    sums = folder / SUMS
    lines = sums.read_text(encoding="utf-8").splitlines() if sums.is_file() else []
    for line in lines:
        digest, _, name = line.partition("  ")
        file = folder / name
        if not file.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{sums}: {name!r} lies outside the folder. Stage it again.")
        if not file.is_file() or _sha256(file) != digest:
            fact = "does not match its sha256" if file.is_file() else "is missing"
            raise InputError(f"{file}: {fact}. Copy it again, or delete it and stage again.")
    return len(lines)


def refuse_damaged_blobs(hub: Path) -> None:
    """Compare every blob of the hub's cache with the digest that the hub gave it as a name."""
    for blob in hub.glob("*/blobs/*"):
        if len(blob.name) == SHA256_DIGITS:
            found = _sha256(blob)
        elif len(blob.name) == GIT_DIGITS:
            found = hashlib.sha1(
                f"blob {blob.stat().st_size}\0".encode() + blob.read_bytes()
            ).hexdigest()
        else:
            continue  # an unfinished download, which nothing links to
        if found != blob.name:
            raise InputError(f"{blob}: its content is not what the hub has. Delete it and go on.")


def _files(folder: Path) -> list[Path]:
    """Return every plain file but the sums; a link into the hub's blobs is its blob."""
    return [
        file
        for file in folder.rglob("*")
        if file.is_file() and not file.is_symlink() and file != folder / SUMS
    ]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
