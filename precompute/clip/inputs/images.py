"""Which images the study reads, and which of them are fitted on, held out and scored."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from precompute.cli.progress import console
from precompute.clip.inputs.split import Split, split_shares, split_train_part
from precompute.clip.settings import ClipSettings
from precompute.data.image_set import ImageSet
from precompute.data.registry import data_set, load_images
from precompute.errors import InputError
from precompute.job import Inputs
from store.file.guard import LIMITS
from store.schema.clip import prompts
from store.schema.clip.names import FIT, HELD_OUT


@dataclass(frozen=True)
class ClipInputs(Inputs):
    """What the CLIP study reads: train images first, where the set has any for fitting."""

    n_train: int


def refuse_more_than_a_store_holds(
    images: ImageSet, n_wordings: int, n_texts: int, embedding_dim: int, fix: str
) -> None:
    """Raise InputError where the results would be more than a reader takes, before hours of work.

    embedding_dim: 0 where it is not known yet.
    """
    n_images, n_classes = len(images), len(images.class_names)
    needed = (
        n_wordings * n_classes**2 * np.dtype(prompts.CONFUSION.dtype).itemsize
        + n_wordings * n_images * np.dtype(prompts.PREDICTED.dtype).itemsize
        + (n_images + n_texts) * embedding_dim * np.dtype(prompts.TEXT_EMBEDDINGS.dtype).itemsize
    )
    if needed > LIMITS.total_bytes:
        raise InputError(
            f"{images.name}: {n_images:,} images, {n_classes:,} classes and {n_wordings} wordings "
            f"make a store of {needed / 2**20:,.0f} MiB or more; a reader takes at most "
            f"{LIMITS.total_bytes / 2**20:.0f}. {fix}"
        )


def open_images(
    settings: ClipSettings, data: Path, rng: np.random.Generator
) -> tuple[ImageSet, int]:
    """Open the images; return them and how many at the front are train images.

    Raises InputError: they are not there or carry no labels.
    """
    test = load_images(settings.images, "test", data)
    if len(test.class_names) < 2 or (test.labels < 0).any():
        raise InputError(
            f"{test.name}: the CLIP study needs labels. Give a folder with at least two "
            f"sub-folders, one per class, and no picture beside them."
        )
    if len(test.class_names) > np.iinfo(np.int16).max:
        raise InputError(
            f"{test.name}: {len(test.class_names)} classes do not fit the store's int16."
        )
    if settings.n_images > len(test):
        console.print(
            f"  {test.name} has {len(test)} images, fewer than n_images = {settings.n_images}"
        )
    elif settings.n_images:
        test = test.take(np.sort(rng.permutation(len(test))[: settings.n_images]))
    if not data_set(settings.images).unseen_train_part:
        return test, 0
    train = load_images(settings.images, "train", data)
    return join(train, test), len(train)


def join(first: ImageSet, second: ImageSet) -> ImageSet:
    """Return one set with the images of both, the first's first."""
    n_first = len(first)
    return ImageSet(
        name=f"{first.name} and {second.name.removeprefix(first.name.split()[0]).strip()}",
        digest=hashlib.sha256(f"{first.digest} {second.digest}".encode()).hexdigest(),
        names=first.names + second.names,
        labels=np.concatenate([first.labels, second.labels]),
        class_names=first.class_names,
        read=lambda row: first.read(row) if row < n_first else second.read(row - n_first),
        skipped=first.skipped + second.skipped,
        pixels=_joined_pixels(first, second),
    )


def _joined_pixels(
    first: ImageSet, second: ImageSet
) -> Callable[[range | NDArray[np.int64]], NDArray[np.uint8]] | None:
    of_first, of_second, n_first = first.pixels, second.pixels, len(first)
    if of_first is None or of_second is None:
        return None

    def pixels(rows: range | NDArray[np.int64]) -> NDArray[np.uint8]:
        asked = np.asarray(rows)
        early = asked < n_first
        front, back = of_first(asked[early]), of_second(asked[~early] - n_first)
        both = np.empty((len(asked), *front.shape[1:]), np.uint8)
        both[early], both[~early] = front, back
        return both

    return pixels


def assign_roles(
    images: ImageSet, n_train: int, settings: ClipSettings, rng: np.random.Generator
) -> tuple[Split, NDArray[np.bool_]]:
    """Split the images and say which (N,) are scored: count towards prompt accuracy.

    With a train part, maps are fitted on it and every test image is held out and scored. Without
    one, the test images are split within each class, and all of them are scored by prompts, which
    are fitted on nothing. Raises InputError as `require_parts` does.
    """
    shares = (settings.fit_share, settings.select_share)
    if n_train:
        split = split_train_part(images.labels, n_train, *shares, rng)
    else:
        split = split_shares(images.labels, *shares, rng)
    require_parts(images, split, "[clip] n_images, fit_share or select_share")
    return split, np.arange(len(images)) >= n_train


def require_parts(images: ImageSet, split: Split, settings: str) -> None:
    """Raise InputError where a class has no fit image, or fewer than two held-out ones.

    settings: what to change, for the message.
    """
    for part, needed, name in ((FIT, 1, "to fit on"), (HELD_OUT, 2, "held out")):
        of_class = np.bincount(images.labels[split.rows(part)], minlength=len(images.class_names))
        if of_class.min() < needed:
            worst = int(np.argmin(of_class))
            raise InputError(
                f"{images.name}: class {images.class_names[worst]!r} has {of_class[worst]} images "
                f"{name}, at least {needed} are needed. Add pictures, or change {settings}."
            )
