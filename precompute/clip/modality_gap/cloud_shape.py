"""How two clouds of unit rows are spread: uniformity, rank, covariance and kernel distance."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, eigvalsh
from sklearn.metrics import pairwise_distances


def uniformity(cosines: NDArray, counts: NDArray | None = None) -> NDArray:
    """Return log E exp(-2 ||z_i - z_j||^2) over i != j (Wang & Isola 2020); lower is more spread.

    Args:
        cosines: (N, N) of unit rows.
        counts: (R, N) how often each row occurs in each resample; once, when left out.

    Returns:
        (R,), or one number without counts.
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
    found = (
        _mean_off_diagonal(kernel[:n_images, :n_images], counts)
        + _mean_off_diagonal(kernel[n_images:, n_images:], None)
        - 2 * (weights @ across) / n_images
    )
    return found if counts is not None else found[0]


def _mean_off_diagonal(kernel: NDArray, counts: NDArray | None) -> NDArray:
    """Mean of a symmetric kernel over pairs of different rows, in every resample."""
    if counts is None:
        n_rows = len(kernel)
        return (kernel.sum() - np.trace(kernel)) / (n_rows * (n_rows - 1))
    weights = counts.astype(np.float64)
    squares = np.square(weights)
    total = np.einsum("rn,rn->r", weights @ kernel, weights) - squares @ np.diag(kernel)
    return total / (weights.sum(axis=1) ** 2 - squares.sum(axis=1))


def covariance(rows: NDArray, counts: NDArray | None = None) -> NDArray[np.float64]:
    """Return the covariance (D, D) of rows (N, D), each counted `counts` (N,) times."""
    weights = np.ones(len(rows)) if counts is None else counts.astype(np.float64)
    total = weights.sum()
    # In float64: in float32 rounding fills dimensions that the rows leave empty.
    centred = np.array(rows, np.float64)
    centred -= (weights @ centred) / total
    centred *= np.sqrt(weights)[:, None]
    return centred.T @ centred / (total - 1)


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


def matrix_root(of: NDArray) -> NDArray:
    """Return the symmetric square root of a covariance (D, D)."""
    values, vectors = eigh(of)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def covariance_distance(first: NDArray, root: NDArray) -> float:
    """Return Tr(A + B - 2 (A B)^(1/2)): the part of Frechet's distance that is not the means'.

    first: (D, D) covariance A of full rank. root: (D, D) the square root of B.
    """
    joint = eigvalsh(root @ first @ root)
    traces = np.trace(first) + np.square(root).sum()
    return float(traces - 2 * np.sqrt(np.maximum(joint, 0)).sum())


def share_along(of: NDArray, direction: NDArray) -> float:
    """Return the share of the variance (D, D) that lies along a direction (D,)."""
    unit = direction / np.linalg.norm(direction)
    return float(unit @ of @ unit / np.trace(of))
