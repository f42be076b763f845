"""The modality gap: how far image and text embeddings lie apart on the unit sphere.

Liang et al. 2022, "Mind the Gap" (arXiv:2203.02053): gap vector = mean(image) - mean(text).
Each distinct prompt counts once: repeating a class's prompt for each of its images would weigh
texts by how often a class occurs in the pictures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import LEVEL, Estimate

UNIT_TOLERANCE = 1e-4  # float32 rounding of a row of a few thousand numbers stays far below


@dataclass(frozen=True)
class ModalityGap:
    """How far apart the image and text clouds lie on the unit sphere."""

    vector: NDArray  # (D,)  mean(image) - mean(text)
    distance: float  # ||vector||, between 0 and 2
    centroid_cosine: float  # cosine between the two means
    matched_cosine: float  # mean over images, with the prompt of the image's own class
    unmatched_cosine: float  # mean over images and the prompts of all other classes


@dataclass(frozen=True)
class GapEstimates:
    """The gap's numbers with percentile bootstrap intervals over images; texts are fixed."""

    distance: Estimate
    centroid_cosine: Estimate
    matched_cosine: Estimate
    unmatched_cosine: Estimate


def measure_gap(
    images: NDArray, labels: NDArray, texts: NDArray, class_prompts: NDArray
) -> ModalityGap:
    """Measure the gap between images and distinct texts.

    Args:
        images: (N, D), unit rows.
        labels: (N,) label index of each image.
        texts: (T, D), unit rows, one per distinct prompt.
        class_prompts: (K, D), unit rows, the prompt that each class is paired with.

    Raises:
        ValueError: rows are not of unit length; names the worst.
    """
    for name, rows in (("image", images), ("text", texts), ("class prompt", class_prompts)):
        require_unit_rows(name, rows)
    image_mean, text_mean = _mean(images), _mean(texts)
    vector = image_mean - text_mean
    cosines = _image_cosines(images, labels, class_prompts).mean(axis=0)
    return ModalityGap(
        vector=vector,
        distance=float(np.linalg.norm(vector)),
        centroid_cosine=float(_cosine(image_mean, text_mean)),
        matched_cosine=float(cosines[0]),
        unmatched_cosine=float(cosines[1]),
    )


def estimate_gap(
    images: NDArray,
    labels: NDArray,
    texts: NDArray,
    class_prompts: NDArray,
    rng: np.random.Generator,
    n_resamples: int,
) -> GapEstimates:
    """Return the gap's numbers with bootstrap intervals; arguments as in `measure_gap`."""
    gap = measure_gap(images, labels, texts, class_prompts)
    text_mean = _mean(texts)
    # Every number is a function of means over images, so that a resample needs no more than the
    # means of D + 2 columns.
    columns = np.hstack([images, _image_cosines(images, labels, class_prompts)])
    means = resample_means(columns, rng, n_resamples)  # (n_resamples, D + 2)
    image_means = means[:, :-2]
    distances = np.linalg.norm(image_means - text_mean, axis=1)
    return GapEstimates(
        distance=_estimate(gap.distance, distances),
        centroid_cosine=_estimate(gap.centroid_cosine, _cosine(image_means, text_mean)),
        matched_cosine=_estimate(gap.matched_cosine, means[:, -2]),
        unmatched_cosine=_estimate(gap.unmatched_cosine, means[:, -1]),
    )


def resample_means(columns: NDArray, rng: np.random.Generator, n_resamples: int) -> NDArray:
    """Return the column means of bootstrap resamples of the rows.

    How often each row is drawn is multinomial, so the resamples are one matrix product instead of
    n_resamples copies of the rows.

    Args:
        columns: (N, C).
        rng: draws the resamples.
        n_resamples: how many.

    Returns:
        (n_resamples, C) float64.
    """
    n_rows = len(columns)
    values = np.asarray(columns, np.float64)
    even = np.full(n_rows, 1 / n_rows)
    means = np.empty((n_resamples, values.shape[1]))
    for start in range(0, n_resamples, 200):  # 200 x N counts at a time bound the memory
        stop = min(start + 200, n_resamples)
        counts = rng.multinomial(n_rows, even, size=stop - start).astype(np.float64)
        means[start:stop] = counts @ values / n_rows
    return means


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


def _image_cosines(images: NDArray, labels: NDArray, class_prompts: NDArray) -> NDArray:
    """Return (N, 2): each image's cosine with its own prompt, and its mean over the others."""
    cosines = np.asarray(images, np.float64) @ np.asarray(class_prompts, np.float64).T
    own = np.take_along_axis(cosines, np.asarray(labels, np.int64)[:, None], axis=1)[:, 0]
    return np.stack([own, (cosines.sum(axis=1) - own) / (cosines.shape[1] - 1)], axis=1)


def _mean(rows: NDArray) -> NDArray:
    return np.asarray(rows, np.float64).mean(axis=0)


def _cosine(a: NDArray, b: NDArray) -> NDArray:
    return (a @ b) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b))


def _estimate(value: float, draws: NDArray) -> Estimate:
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(draws, [tail, 100 - tail])
    # A distance cannot be negative, so resampling noise lifts it a little; where the gap itself
    # is only noise, the interval is widened to hold its own value.
    return Estimate(value, float(min(low, value)), float(max(high, value)))
