"""The images of the VAE study, whole on the device that computes."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from precompute.data.image_set import ImageSet, drawing_order
from precompute.data.registry import data_set, load_images
from precompute.errors import InputError
from precompute.vae.settings import LEAST_SHOWN, VaeSettings
from store.provenance import settings_hash
from store.schema.vae.names import CONVOLUTIONAL

HELD_OUT_SHARE = 0.2  # of the pictures of any other source
LEAST_SIDE = 7  # pixels: the window of the structural similarity


@dataclass(frozen=True)
class Images:
    """What models are trained and judged on; (N, P) in [0, 1]."""

    train: torch.Tensor
    held_out: torch.Tensor
    labels: NDArray[np.int32]  # of the held-out images
    digest: str  # of both sets


def open_parts(settings: VaeSettings, data: Path) -> tuple[ImageSet, ImageSet]:
    """Return training and held-out images; a source that has no such parts is split by the seed."""
    if data_set(settings.images).has_parts:
        train, held_out = (load_images(settings.images, part, data) for part in ("train", "test"))
        return train, held_out
    every = load_images(settings.images, "test", data)
    order = drawing_order(len(every), settings.seed)
    n_held_out = round(HELD_OUT_SHARE * len(every))
    return every.take(np.sort(order[n_held_out:])), every.take(np.sort(order[:n_held_out]))


@lru_cache(maxsize=1)
def open_images(settings: VaeSettings, data: Path, device: torch.device) -> Images:
    """Read both sets onto the device; a process reads them once.

    Raises InputError when the pictures, or their number, do not fit the study or its settings.
    """
    train_set, test_set = open_parts(settings, data)
    train, held_out = (
        _pixels(images, n)
        for images, n in ((train_set, settings.n_train), (test_set, settings.n_test))
    )
    refuse_unfit(settings, train.shape, held_out.shape)
    return Images(
        torch.from_numpy(train).to(device),
        torch.from_numpy(held_out).to(device),
        test_set.labels[: len(held_out)].astype(np.int32),
        settings_hash({"n_test": len(held_out)}, train_set.digest, test_set.digest),
    )


def refuse_unfit(settings: VaeSettings, train: tuple[int, ...], held_out: tuple[int, ...]) -> None:
    """Raise InputError where the images cannot serve the settings: before training, not after it.

    train, held_out: shape of each part, (N, P).
    """
    (n_train, n_pixels), (n_held_out, _) = train, held_out
    side = round(n_pixels**0.5)
    latents = max(settings.latent_dim, *settings.sweep_latent_dims)
    n_judged = min(n_held_out, settings.sweep_test)
    wanted = (
        (train[1] == held_out[1], "training and held-out pictures of one size"),
        (side >= LEAST_SIDE, f"at least {LEAST_SIDE} pixels a side, these have {side}"),
        (
            side % 4 == 0
            or CONVOLUTIONAL not in (settings.architecture, *settings.sweep_architectures),
            f"a side that can be halved twice for the convolutional VAE, these have {side} pixels",
        ),
        (
            latents <= min(train),
            f"as many training images and pixels as latents ({latents}), for the PCA beside it; "
            f"there are {n_train} images of {n_pixels} pixels",
        ),
        (
            n_judged > max(settings.n_neighbours, LEAST_SHOWN - 1),
            f"at least {LEAST_SHOWN} held-out images and more than n_neighbours "
            f"({settings.n_neighbours}); n_test and sweep_test leave {n_judged}",
        ),
    )
    for met, need in wanted:
        if not met:
            raise InputError(f"{settings.images}: the VAE study needs {need}. Change the settings.")


def _pixels(images: ImageSet, n_images: int) -> NDArray[np.float32]:
    """Read images as rows of grey pixels in [0, 1], (N, P)."""
    n_images = min(n_images or len(images), len(images))
    pictures = [np.asarray(images.read(row).convert("L")) for row in range(n_images)]
    sizes = {picture.shape for picture in pictures}
    if len(sizes) != 1:
        fact = "pictures differ in size" if sizes else "there are too few pictures"
        raise InputError(f"{images.name}: {fact}. Give pictures of one size, five or more.")
    ((height, width),) = sizes
    if height != width:
        raise InputError(
            f"{images.name}: pictures are {width} by {height} pixels, the VAE study needs square "
            f"ones. Crop them."
        )
    return np.stack(pictures).reshape(n_images, -1).astype(np.float32) / np.float32(255)
