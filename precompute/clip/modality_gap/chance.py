"""How long a gap is where there is none: each class's texts are images of that class.

Means are balanced over classes, or a gap would show that pictures and texts are of other classes.
A class's texts are near copies of each other, so that chance takes one image for all of them.
"""

import numpy as np
from numpy.typing import NDArray

from precompute.clip.bootstrap import Resamples
from precompute.statistics import TAILS, Estimate

N_DRAWS = 1000
MOST_BY_CHANCE = 95  # per cent of the draws


def shared_classes(labels: NDArray[np.int64], text_labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the classes (K,) that have both images and texts, in order."""
    return np.intersect1d(labels, text_labels)


def class_means(rows: NDArray, labels: NDArray[np.int64], classes: NDArray) -> NDArray[np.float64]:
    """Return the mean row of each class: rows (N, D), labels (N,), classes (K,) -> (K, D)."""
    return np.stack([np.asarray(rows[labels == one], np.float64).mean(axis=0) for one in classes])


def balanced_gap(
    images: NDArray,
    labels: NDArray[np.int64],
    texts: NDArray,
    text_labels: NDArray[np.int64],
    resamples: Resamples,
) -> Estimate:
    """Return the distance between the class-balanced means of images and of texts.

    A sampled mean is off in every direction, which lengthens a distance, and a resampled one is so
    twice: that much is taken off the square of each. So the interval covers the truth.

    images (N, D), labels (N,), texts (T, D), text_labels (T,); resamples: of the images.
    """
    classes = shared_classes(labels, text_labels)
    of_texts = class_means(texts, text_labels, classes).mean(axis=0)
    resampled = np.zeros((len(resamples.counts), images.shape[1]))
    for one in classes:
        of_class = images[labels == one]
        counts = resamples.counts[:, labels == one]
        n_drawn = counts.sum(axis=1)[:, None]
        sums = Resamples(counts).sums(of_class)
        mean = of_class.mean(axis=0, dtype=np.float64)
        resampled += np.where(n_drawn > 0, sums / np.maximum(n_drawn, 1), mean) / len(classes)
    off = _squared_error(images, labels, classes)
    vector = class_means(images, labels, classes).mean(axis=0) - of_texts
    value = _length(vector @ vector - off)
    squares = np.square(resampled - of_texts).sum(axis=1)
    low, high = np.percentile(_length(squares - 2 * off), TAILS)
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


def gap_by_chance(
    images: NDArray, labels: NDArray[np.int64], classes: NDArray, rng: np.random.Generator
) -> float:
    """Return what 95 in 100 gaps stay below, where one image of each class stands for its texts.

    images: (N, D). labels: (N,). classes: (K,), each with an image.
    """
    mean = class_means(images, labels, classes).mean(axis=0)
    off = _squared_error(images, labels, classes)
    sums = np.zeros((N_DRAWS, images.shape[1]))
    for one in classes:
        rows = np.flatnonzero(labels == one)
        sums += images[rows[rng.integers(0, len(rows), N_DRAWS)]]
    squares = np.square(sums / len(classes) - mean).sum(axis=1)
    return float(np.percentile(_length(squares - off), MOST_BY_CHANCE))


def direction_cosine(images: NDArray, labels: NDArray, texts: NDArray, of_texts: NDArray) -> float:
    """Return the mean cosine between the gaps of two classes: 1 where all shift in one direction.

    images (N, D), labels (N,), texts (T, D), of_texts (T,). NaN for fewer than two classes.
    """
    classes = shared_classes(labels, of_texts)
    gaps = class_means(images, labels, classes) - class_means(texts, of_texts, classes)
    n = len(classes)
    if n < 2:
        return np.nan
    total = float(np.square((gaps / np.linalg.norm(gaps, axis=1)[:, None]).sum(axis=0)).sum())
    return (total - n) / (n * (n - 1))


def _squared_error(images: NDArray, labels: NDArray, classes: NDArray) -> float:
    """Return the expected squared error of the class-balanced mean of images, from their spread."""
    spread = 0.0
    for one in classes:
        of_class = images[labels == one]
        if len(of_class) > 1:
            spread += float(of_class.var(axis=0, ddof=1, dtype=np.float64).sum()) / len(of_class)
    return spread / len(classes) ** 2


def _length(squares: NDArray | float) -> NDArray:
    return np.sqrt(np.maximum(squares, 0))
