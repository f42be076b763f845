"""The modality gap, how far image and text embeddings lie apart, and how both clouds are spread.

Liang et al. 2022, "Mind the Gap" (arXiv:2203.02053): gap vector = mean(image) - mean(text).
Each distinct text counts once: repeating a class's prompt for each of its images would weigh texts
by how often a class occurs in the pictures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvalsh
from sklearn.metrics import pairwise_distances

from precompute.clip.bootstrap import Resamples, normal_interval
from precompute.statistics import UNDEFINED, Estimate, percentile_interval, unit_rows

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

    images: (N, D); cosines are of the rows as they point, distances of the rows as they are.
    labels: (N,). texts: (T, D). class_prompts: (K, D), the prompt that each class is paired with.
    """
    image_mean, text_mean = mean_row(images), mean_row(texts)
    vector = image_mean - text_mean
    own, others, apart = pair_columns(images, labels, class_prompts).mean(axis=0)
    return ModalityGap(
        vector=vector,
        distance=float(np.linalg.norm(vector)),
        centroid_cosine=float(_cosine(image_mean, text_mean)),
        matched_cosine=float(own),
        unmatched_cosine=float(others),
        matched_distance=float(apart),
        rmg=float(_relative_gap(own, _within(images), _within(class_prompts))),
    )


def estimate_gap(
    images: NDArray, labels: NDArray, texts: NDArray, class_prompts: NDArray, resamples: Resamples
) -> GapEstimates:
    """Return the gap's numbers with bootstrap intervals; (N, D) and so on as in `measure_gap`."""
    gap = measure_gap(images, labels, texts, class_prompts)
    text_mean = mean_row(texts)
    # Every number is a function of means over images, so that a resample needs no more than the
    # means of its columns.
    pairs = pair_columns(images, labels, class_prompts)
    means = resamples.means(np.hstack([images, unit_rows(images), pairs]))
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


def scaled_gap(images: NDArray, texts: NDArray, resamples: Resamples) -> Estimate:
    """Return the gap distance in units of an embedding's length, with its bootstrap interval.

    That length is the root mean square over images (N, D) and texts (T, D), each modality as much
    as the other, so that no scaling of all embeddings changes the number. On unit rows it is 1.
    """
    text_mean = mean_row(texts)
    text_square = np.square(texts, dtype=np.float64).sum(axis=1).mean()
    square = np.square(images, dtype=np.float64).sum(axis=1)

    def scaled(mean: NDArray, mean_square: NDArray) -> NDArray:
        distance = np.linalg.norm(mean - text_mean, axis=-1)
        return distance / np.sqrt((mean_square + text_square) / 2)

    means = resamples.means(np.column_stack([images, square]))
    value = scaled(mean_row(images), square.mean())
    return percentile_interval(float(value), scaled(means[:, :-1], means[:, -1]))


def class_gaps(
    images: NDArray,
    labels: NDArray,
    texts: NDArray,
    text_labels: NDArray,
    n_classes: int,
    resamples: Resamples,
) -> list[Estimate]:
    """Return, for each class, the distance between the means of its images and of its texts.

    images (N, D), labels (N,), texts (T, D), text_labels (T,). Repeated rows make a distance
    longer, so that the interval is 1.96 standard errors of the resamples.
    """
    gaps = []
    for label in range(n_classes):
        of_class, of_texts = labels == label, text_labels == label
        if of_class.sum() < 2 or not of_texts.any():
            gaps.append(UNDEFINED)
            continue
        text_mean = mean_row(texts[of_texts])
        counts = resamples.counts[:, of_class]
        n_drawn = counts.sum(axis=1)[:, None]
        drawn = n_drawn[:, 0] > 0
        means = Resamples(counts[drawn]).sums(images[of_class]) / n_drawn[drawn]
        value = float(np.linalg.norm(mean_row(images[of_class]) - text_mean))
        gaps.append(normal_interval(value, np.linalg.norm(means - text_mean, axis=1)))
    return gaps


def pair_columns(images: NDArray, labels: NDArray, class_prompts: NDArray) -> NDArray:
    """Return (N, 3): cosine with the own prompt, mean cosine with the others, distance to own."""
    prompts = np.asarray(class_prompts, np.float64)
    cosines = unit_rows(images) @ unit_rows(prompts).T
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
    total = float(np.square(unit_rows(rows).sum(axis=0)).sum())
    return float(_mean_cosine(total, len(rows), len(rows)))


def halves_distance(images: NDArray, rng: np.random.Generator) -> float:
    """Return the distance between the means of random halves of rows (N, D): chance's gap."""
    order = rng.permutation(len(images))
    middle = len(order) // 2
    return float(
        np.linalg.norm(mean_row(images[order[:middle]]) - mean_row(images[order[middle:]]))
    )


def gap_floor(images: NDArray, texts: NDArray) -> float:
    """Return | ||mean image|| - ||mean text|| |, the least gap after an orthogonal map.

    images: (N, D); texts: (T, D). A rotation keeps the length of the image mean, and two vectors
    of lengths a and b are at least |a - b| apart: whatever the labels, no uncentred orthogonal map
    gets below.
    """
    return float(abs(np.linalg.norm(mean_row(images)) - np.linalg.norm(mean_row(texts))))


def gap_coordinate(rows: NDArray, vector: NDArray) -> NDArray:
    """Return each row's coordinate (N,) along the direction of the gap vector (D,).

    Raises ValueError: the gap vector is 0 and has no direction.
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


def mean_row(rows: NDArray) -> NDArray[np.float64]:
    """Return the mean (D,) of rows (N, D), added up in float64."""
    return np.asarray(rows, np.float64).mean(axis=0)


def _cosine(a: NDArray, b: NDArray) -> NDArray:
    """Return cosines; NaN beside a row of 0, as the mean of two opposite texts is."""
    lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b)
    return np.divide(a @ b, lengths, out=np.full(np.shape(lengths), np.nan), where=lengths > 0)


def uniformity(cosines: NDArray, counts: NDArray | None = None) -> NDArray:
    """Return log E exp(-2 ||z_i - z_j||^2) over i != j (Wang & Isola 2020); lower is more spread.

    cosines: (N, N) of unit rows. counts: (R, N) how often each row occurs in each resample; once,
    when left out. Returns (R,), or one number without counts.
    """
    kernel = np.exp(4 * np.asarray(cosines, np.float64) - 4)
    return np.log(_mean_off_diagonal(kernel, counts))


def kernel_distance(images: NDArray, texts: NDArray, counts: NDArray | None = None) -> NDArray:
    """Return the unbiased squared MMD (Gretton et al. 2012), RBF with the median distance.

    images: (N, D). texts: (T, D). counts: (R, N) of the images, as in `uniformity`.
    """
    rows = np.vstack([images, texts]).astype(np.float32)
    squared = np.maximum(pairwise_distances(rows, metric="sqeuclidean"), 0)
    median = np.median(squared[np.triu_indices(len(rows), k=1)])
    kernel = np.exp(-squared / (2 * median)).astype(np.float64)
    n_images = len(images)
    across = kernel[:n_images, n_images:].mean(axis=1)
    weights = np.full((1, n_images), 1.0) if counts is None else counts.astype(np.float64)
    distance = (
        _mean_off_diagonal(kernel[:n_images, :n_images], counts)
        + _mean_off_diagonal(kernel[n_images:, n_images:], None)
        - 2 * (weights @ across) / n_images
    )
    return distance if counts is not None else distance[0]


def _mean_off_diagonal(kernel: NDArray, counts: NDArray | None) -> NDArray:
    """Mean of a symmetric kernel over pairs of different rows, in every resample."""
    if counts is None:
        n_rows = len(kernel)
        return (kernel.sum() - np.trace(kernel)) / (n_rows * (n_rows - 1))
    weights = counts.astype(np.float64)
    squares = np.square(weights)
    total = np.einsum("rn,rn->r", weights @ kernel, weights) - squares @ np.diag(kernel)
    return total / (weights.sum(axis=1) ** 2 - squares.sum(axis=1))


def effective_rank(of: NDArray) -> float:
    """Return exp(entropy of the singular values' shares) of a centred matrix (Roy & Vetterli 2007).

    of: (D, D) its covariance, whose eigenvalues are the squared singular values. Those that are
    no more than rounding, by the cut that numpy.linalg.matrix_rank makes, are left out.
    """
    values = eigvalsh(of)
    least = values.max() * len(of) * np.finfo(np.float64).eps
    singular = np.sqrt(values[values > least])
    shares = singular / singular.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def share_along(of: NDArray, direction: NDArray) -> float:
    """Return the share of the variance (D, D) that lies along a direction (D,)."""
    unit = direction / np.linalg.norm(direction)
    return float(unit @ of @ unit / np.trace(of))
