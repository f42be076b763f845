"""Which images a probe is fitted on and which judge it, or why there can be none."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from precompute.claims import FEWEST_IMAGES
from precompute.data.image_set import ImageSet, drawing_order
from precompute.data.registry import data_set, load_images
from precompute.vit.settings import VitSettings
from store.schema.vit import names

EMBEDDED = "embedded"  # the model that was trained on the one set in this repository
FEWEST_PER_CLASS = 10  # images to fit on: fewer leave a direction per class to chance


@dataclass(frozen=True)
class ProbeImages:
    """Labelled images in two parts that have none in common."""

    fit: ImageSet
    test: ImageSet
    test_rows: NDArray[np.int64]  # (n,) row of each test image in the study's set: seeds its masks
    trained_on: bool  # the model itself was trained on the images to fit on, with their labels


def choose_images(settings: VitSettings, images: ImageSet, data: Path) -> ProbeImages | str:
    """Draw the images of the probes by the study's seed, or return why there are no probes.

    A set that comes in two parts lends its train part to fit on. Any other is halved by the seed,
    class by class.

    images: the study's whole set, of which it measures a part; data: where sets are staged.
    """
    if not (images.labels >= 0).all():
        return "These images come without classes, so that no probe can be fitted on them."
    if len(images.class_names) < 2:
        return "All images are of one class, so that there is nothing for a probe to tell apart."
    order = drawing_order(len(images), settings.seed)
    if data_set(settings.images).has_parts:
        train, test_rows = load_images(settings.images, "train", data), order
        fit_rows = drawing_order(len(train), settings.seed)
    else:
        train, (fit_rows, test_rows) = images, halves(images.labels, order)
    fit = train.take(fit_rows[: settings.n_probe_fit])
    test_rows = test_rows[: settings.n_probe_test]
    own_set = data_set(settings.images)
    trained_on = settings.model == EMBEDDED and own_set.has_parts and not own_set.unseen_train_part
    return _too_few(fit, test_rows) or ProbeImages(
        fit, images.take(test_rows), test_rows, trained_on
    )


def n_passes(settings: VitSettings, n_images: int) -> int:
    """Return how many pictures go through a model for the probes.

    n_images: in the study's set. Those to fit on go whole, those that judge in every view; both by
    both weights.
    """
    if data_set(settings.images).has_parts:
        n_fit, n_test = settings.n_probe_fit, min(settings.n_probe_test, n_images)
    else:
        n_fit = min(settings.n_probe_fit, n_images - n_images // 2)
        n_test = min(settings.n_probe_test, n_images // 2)
    return len(names.WEIGHTS) * (n_fit + len(names.VIEWS) * n_test)


def halves(
    labels: NDArray[np.int64], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split rows in two, in this order and one of each class after the other: fit and test rows.

    labels: (N,) of all images; order: (N,) every row once.
    """
    place = np.empty(len(order), np.int64)  # of each row among those of its class, in the order
    of_order = labels[order]
    for label in np.unique(labels):
        of_class = of_order == label
        place[of_class] = np.arange(of_class.sum())
    return order[place % 2 == 0], order[place % 2 == 1]


def _too_few(fit: ImageSet, test_rows: NDArray[np.int64]) -> str:
    """Return why these images are too few, or nothing where they are not."""
    counts = np.bincount(fit.labels, minlength=len(fit.class_names))
    if counts.min() < FEWEST_PER_CLASS:
        name = fit.class_names[int(counts.argmin())]
        return (
            f"No probe was fitted: it takes {FEWEST_PER_CLASS} images of each class to fit on, and "
            f"of “{name}” there are {counts.min()}."
        )
    if len(test_rows) < FEWEST_IMAGES:
        return (
            f"No probe was fitted: it takes {FEWEST_IMAGES} images to judge one, and beside those "
            f"to fit on there are {len(test_rows)}."
        )
    return ""
