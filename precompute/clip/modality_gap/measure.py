"""The modality gap: how far image and text embeddings lie apart on the unit sphere.

Liang et al. 2022, "Mind the Gap" (arXiv:2203.02053): gap vector = mean(image) - mean(text).
Each distinct text counts once: repeating a class's prompt for each of its images would weigh texts
by how often a class occurs in the pictures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.clip.bootstrap import Resamples, percentile_interval
from precompute.statistics import Estimate

UNIT_TOLERANCE = 1e-4  # float32 rounding of a row of a few thousand numbers stays far below


@dataclass(frozen=True)
class ModalityGap:
    """How far apart the image and text clouds lie."""

    vector: NDArray  # (D,)  mean(image) - mean(text)
    distance: float  # ||vector||, between 0 and 2 on unit rows
    centroid_cosine: float  # cosine between the two means
    matched_cosine: float  # mean over images, with the prompt of the image's own class
    unmatched_cosine: float  # mean over images and the prompts of all other classes
    matched_distance: float  # L2I: mean ||image - own prompt||
    rmg: float  # relative modality gap, between 0 and 1


@dataclass(frozen=True)
class GapEstimates:
    """The gap's numbers with percentile bootstrap intervals over images; texts are fixed."""

    distance: Estimate
    centroid_cosine: Estimate
    matched_cosine: Estimate
    unmatched_cosine: Estimate
    matched_distance: Estimate
    rmg: Estimate


def measure_gap(
    images: NDArray, labels: NDArray, texts: NDArray, class_prompts: NDArray
) -> ModalityGap:
    """Measure the gap between images and distinct texts.

    Args:
        images: (N, D); cosines are of the rows as they point, distances of the rows as they are.
        labels: (N,) label index of each image.
        texts: (T, D), one per distinct text.
        class_prompts: (K, D), the prompt that each class is paired with.
    """
    image_mean, text_mean = _mean(images), _mean(texts)
    vector = image_mean - text_mean
    own, others, apart = pair_columns(images, labels, class_prompts).mean(axis=0)
    sum_squared = float(np.square(_unit(images).sum(axis=0)).sum())
    return ModalityGap(
        vector=vector,
        distance=float(np.linalg.norm(vector)),
        centroid_cosine=float(_cosine(image_mean, text_mean)),
        matched_cosine=float(own),
        unmatched_cosine=float(others),
        matched_distance=float(apart),
        rmg=float(
            _relative_gap(
                own,
                _mean_cosine(sum_squared, len(images), len(images)),
                _within(class_prompts),
            )
        ),
    )


def estimate_gap(
    images: NDArray,
    labels: NDArray,
    texts: NDArray,
    class_prompts: NDArray,
    resamples: Resamples,
) -> GapEstimates:
    """Return the gap's numbers with bootstrap intervals; arguments as in `measure_gap`."""
    gap = measure_gap(images, labels, texts, class_prompts)
    text_mean = _mean(texts)
    # Every number is a function of means over images, so that a resample needs no more than the
    # means of its columns.
    pairs = pair_columns(images, labels, class_prompts)
    means = resamples.means(np.hstack([images, _unit(images), pairs]))
    dim = images.shape[1]
    image_means, own = means[:, :dim], means[:, -3]
    n_images = resamples.n_images
    squares = np.square(resamples.counts.astype(np.float64)).sum(axis=1)
    sum_squared = np.square(means[:, dim : 2 * dim] * n_images).sum(axis=1)
    within = _mean_cosine(sum_squared, n_images, squares)
    distances = np.linalg.norm(image_means - text_mean, axis=1)
    relative = _relative_gap(own, within, _within(class_prompts))
    return GapEstimates(
        distance=percentile_interval(gap.distance, distances),
        centroid_cosine=percentile_interval(gap.centroid_cosine, _cosine(image_means, text_mean)),
        matched_cosine=percentile_interval(gap.matched_cosine, own),
        unmatched_cosine=percentile_interval(gap.unmatched_cosine, means[:, -2]),
        matched_distance=percentile_interval(gap.matched_distance, means[:, -1]),
        rmg=percentile_interval(gap.rmg, relative),
    )


def pair_columns(images: NDArray, labels: NDArray, class_prompts: NDArray) -> NDArray:
    """Return (N, 3): cosine with the own prompt, mean cosine with the others, distance to own."""
    prompts = np.asarray(class_prompts, np.float64)
    cosines = _unit(images) @ _unit(prompts).T
    own = np.take_along_axis(cosines, np.asarray(labels, np.int64)[:, None], axis=1)[:, 0]
    others = (cosines.sum(axis=1) - own) / (cosines.shape[1] - 1)
    apart = np.linalg.norm(np.asarray(images, np.float64) - prompts[labels], axis=1)
    return np.stack([own, others, apart], axis=1)


def _relative_gap(matched: NDArray, image_cosine: NDArray | float, text_cosine: float) -> NDArray:
    """Return RMG (Schrodi et al. 2025, arXiv:2404.07983).

    With d(a, b) = (1 - cos(a, b)) / 2: the mean d of matching pairs, over itself plus the mean of
    the two mean d within a modality, images with images and prompts with prompts.
    """
    pairs = (1 - matched) / 2
    within = ((1 - image_cosine) / 2 + (1 - text_cosine) / 2) / 2
    return pairs / (pairs + within)


def _mean_cosine(
    sum_squared: NDArray | float, n_rows: int, squares: NDArray | float
) -> NDArray | float:
    """Return the mean cosine of two different rows from ||sum of unit rows||^2.

    squares: sum of the squared counts of the rows, n_rows where each occurs once; a row drawn twice
    into a resample makes no pair with itself.
    """
    return (sum_squared - squares) / (n_rows**2 - squares)


def _within(rows: NDArray) -> float:
    total = float(np.square(_unit(rows).sum(axis=0)).sum())
    return float(_mean_cosine(total, len(rows), len(rows)))


def halves_distance(images: NDArray, rng: np.random.Generator) -> float:
    """Return the distance between the means of two random halves: the gap that chance gives."""
    order = rng.permutation(len(images))
    middle = len(order) // 2
    return float(np.linalg.norm(_mean(images[order[:middle]]) - _mean(images[order[middle:]])))


def gap_floor(images: NDArray, texts: NDArray) -> float:
    """Return | ||mean image|| - ||mean text|| |, the least gap after an orthogonal map.

    A rotation keeps the length of the image mean, and two vectors of lengths a and b are at least
    |a - b| apart: whatever the labels, no uncentred orthogonal map gets below.
    """
    return float(abs(np.linalg.norm(_mean(images)) - np.linalg.norm(_mean(texts))))


def gap_coordinate(rows: NDArray, vector: NDArray) -> NDArray:
    """Return each row's coordinate (N,) along the direction of the gap vector (D,).

    Raises:
        ValueError: the gap vector is 0 and has no direction.
    """
    length = np.linalg.norm(vector)
    if not length > 0:
        raise ValueError("the gap vector is 0: images and texts have the same mean.")
    return rows @ (vector / length)


def require_unit_rows(name: str, rows: NDArray) -> None:
    """Raise ValueError unless every row (N, D) has length 1."""
    norms = np.linalg.norm(np.asarray(rows, np.float64), axis=1)
    off = np.abs(norms - 1)
    worst = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
    if not off[worst] <= UNIT_TOLERANCE:
        raise ValueError(
            f"{name} embeddings must have unit rows; row {worst} has norm {norms[worst]:.4f}. "
            f"Normalise them before measuring the gap."
        )


def _unit(rows: NDArray) -> NDArray:
    exact = np.asarray(rows, np.float64)
    return exact / np.linalg.norm(exact, axis=1, keepdims=True)


def _mean(rows: NDArray) -> NDArray:
    return np.asarray(rows, np.float64).mean(axis=0)


def _cosine(a: NDArray, b: NDArray) -> NDArray:
    """Return cosines; NaN beside a row of 0, as the mean of two opposite texts is."""
    lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b)
    return np.divide(a @ b, lengths, out=np.full(np.shape(lengths), np.nan), where=lengths > 0)
