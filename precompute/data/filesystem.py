"""What IMAGES may be: a folder, a tar file or several, or an fsspec URL; and files' digests."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import fsspec
from fsspec import AbstractFileSystem

from precompute.errors import InputError

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
NEEDS = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "http": "aiohttp", "https": "aiohttp"}
NEEDS |= {"abfs": "adlfs", "az": "adlfs", "hf": "huggingface_hub"}


def open_source(source: str) -> tuple[AbstractFileSystem, str]:
    """Return the file system of a source and the path in it.

    Raises InputError with one line when it is not there, or its file system's package is not.
    """
    if source.endswith(COMPRESSED):
        raise InputError(
            f"{source}: a compressed archive has no random access. Pack the pictures into a plain "
            f".tar: they are compressed already."
        )
    if "://" not in source:
        path = Path(source).expanduser().absolute()
        exists = any(path.parent.glob(path.name)) if "*" in path.name else path.exists()
        if not exists or (path.is_file() and path.suffix != ".tar"):
            from precompute.data.registry import DATA_SETS  # it opens sources itself

            raise InputError(
                f"{source}: no such image folder or data set. Give a folder of pictures, .tar "
                f"files, a URL, or one of {', '.join(DATA_SETS)}."
            )
        return fsspec.filesystem("file"), str(path)
    scheme = urlsplit(source).scheme
    if urlsplit(source).username or urlsplit(source).query:
        raise InputError(
            "IMAGES: a URL with a user name, a password or a query would be written into the "
            "report. Give credentials as the storage's own tools want them."
        )
    try:
        fs, path = fsspec.core.url_to_fs(source)
        there = "*" in path or fs.exists(path)
    except ImportError:
        package = NEEDS.get(scheme, f"fsspec's package for {scheme}")
        raise InputError(f"{source}: needs {package}: .venv/bin/pip install {package}") from None
    except Exception as error:  # every storage has errors of its own
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(f"{source}: cannot be opened: {reason}") from error
    if not there:
        raise InputError(f"{source}: not found.")
    return fs, path


def is_there(source: str) -> bool:
    """Tell whether a source can be opened."""
    try:
        open_source(source)
    except InputError:
        return False
    return True


def sha256_of(file: Path) -> str:
    """Return the digest of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_all(files: Iterable[Path]) -> str:
    """Return the digest over several files' digests, in their order."""
    return hashlib.sha256(b"".join(bytes.fromhex(sha256_of(file)) for file in files)).hexdigest()
