"""The images of the VAE study, whole on the device that computes."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from precompute.datasets import ImageSet, load_images
from precompute.errors import InputError
from precompute.settings import VaeSettings
from store.provenance import settings_hash


@dataclass(frozen=True)
class Images:
    """What models are trained and judged on; (N, P) in [0, 1]."""

    train: torch.Tensor
    held_out: torch.Tensor
    labels: NDArray[np.int32]  # of the held-out images
    digest: str  # of both sets


def open_images(settings: VaeSettings, data: Path, device: torch.device) -> Images:
    """Read both sets onto the device; a process reads them once.

    Raises InputError when pictures differ in size.
    """
    return _open(settings.images, settings.n_train, settings.n_test, data, device)


@lru_cache(maxsize=1)
def _open(source: str, n_train: int, n_test: int, data: Path, device: torch.device) -> Images:
    train_set, test_set = (load_images(source, split, data) for split in ("train", "test"))
    held_out = _pixels(test_set, n_test)
    return Images(
        torch.from_numpy(_pixels(train_set, n_train)).to(device),
        torch.from_numpy(held_out).to(device),
        test_set.labels[: len(held_out)].astype(np.int32),
        settings_hash({"n_test": len(held_out)}, train_set.digest, test_set.digest),
    )


def _pixels(images: ImageSet, n_images: int) -> NDArray[np.float32]:
    """Read images as rows of grey pixels in [0, 1], (N, P)."""
    n_images = min(n_images or len(images), len(images))
    rows = [np.asarray(images.read(row).convert("L")).ravel() for row in range(n_images)]
    if len({len(row) for row in rows}) > 1:
        raise InputError(f"{images.name}: pictures differ in size. Give pictures of one size.")
    return np.stack(rows).astype(np.float32) / np.float32(255)
