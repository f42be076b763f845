"""What IMAGES may be: a folder, a tar file or several, or an fsspec URL of any of these."""

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
        found = any(path.parent.glob(path.name)) if "*" in path.name else path.exists()
        if not found or (path.is_file() and path.suffix != ".tar"):
            raise InputError(
                f"{source}: no such image folder or data set. Give a folder of pictures, .tar "
                f"files, a URL, or one of FashionMNIST, STL10, OxfordIIITPet."
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
        raise InputError(f"{source}: cannot be opened: {_first_line(error)}") from error
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


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
