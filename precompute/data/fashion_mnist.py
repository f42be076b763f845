"""Fashion-MNIST's official files (Xiao, Rasul & Vollgraf 2017), checked and unpacked."""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from precompute.errors import InputError

FOLDER = Path(__file__).resolve().parents[1] / "embedded" / "fashion-mnist"
# Worded so that they read well inside a prompt such as "a photo of a {}".
CLASS_NAMES = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
PREFIX = {"train": "train", "test": "t10k"}
# SHA-256 of the unpacked bytes: a gzip header holds a file time, the content does not.
SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
LARGEST = 60_000 * 28 * 28 + 16  # bytes; no file of the set unpacks to more
IDX_HEADER = {3: 16, 1: 8}  # bytes before the values, by number of axes


@dataclass(frozen=True)
class FashionMnist:
    """One split of the set."""

    images: NDArray[np.uint8]  # (N, 28, 28), 0 is the black background
    labels: NDArray[np.int64]  # (N,) rows of CLASS_NAMES
    digest: str  # sha256 over both files' digests


def load(split: Literal["train", "test"], folder: Path = FOLDER) -> FashionMnist:
    """Read one split: 60,000 training or 10,000 test images.

    Raises InputError when a file is missing, cannot be unpacked or is not the official one.
    """
    names = (f"{PREFIX[split]}-images-idx3-ubyte", f"{PREFIX[split]}-labels-idx1-ubyte")
    images, labels = (_unpack(folder / f"{name}.gz", SHA256[name]) for name in names)
    digest = hashlib.sha256("".join(SHA256[name] for name in names).encode()).hexdigest()
    return FashionMnist(
        np.frombuffer(images, np.uint8, offset=IDX_HEADER[3]).reshape(-1, 28, 28),
        np.frombuffer(labels, np.uint8, offset=IDX_HEADER[1]).astype(np.int64),
        digest,
    )


def _unpack(path: Path, sha256: str) -> bytes:
    """Unpack one file and compare its digest; only the official bytes are ever parsed."""
    restore = f"Restore it with `git checkout -- {path.parent.name}` in {path.parent.parent.name}/."
    try:
        with gzip.open(path) as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: not found. {restore}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be unpacked ({error}). {restore}") from None
    actual = hashlib.sha256(content).hexdigest()
    if actual != sha256:
        raise InputError(f"{path}: sha256 is {actual[:12]}…, expected {sha256[:12]}…. {restore}")
    return content
