"""Label survival under masks, and the labels that masked images receive instead."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def mean_over_seeds(values: NDArray, run: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Average values (N, seed, *cell) over the seeds that were run (seed, *cell): (N, *cell).

    A cell without a seed becomes NaN.
    """
    total = np.where(run, np.asarray(values, np.float64), 0.0).sum(axis=1)
    counts = run.sum(axis=0)
    return np.divide(total, counts, out=np.full(total.shape, np.nan), where=counts > 0)


def image_survival(
    masked: NDArray, unmasked: NDArray, run: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the share of seeds in which each image keeps its own label (N, *cell).

    Label survival after Jain et al. 2022 (arXiv:2204.08945): the yardstick is the model's own
    unmasked label, right or wrong, so that accuracy does not enter. With the true labels in place
    of the unmasked ones it is accuracy under masks.

    masked: (N, seed, *cell) label of each masked image. unmasked: (N,) label of each whole image.
    run: (seed, *cell) which cells were run; one that was not becomes NaN.
    """
    own = unmasked.reshape(-1, *[1] * (masked.ndim - 1))
    return mean_over_seeds(masked == own, run)


def wrong_labels(
    masked: NDArray, unmasked: NDArray, n_ranks: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Count the labels (N, ...) of masked images that differ from the image's own (N,).

    Returns the most frequent labels (rank,), -1 where there are fewer, and their shares (rank,) of
    the images that lost their own, NaN likewise.
    """
    own = unmasked.reshape(-1, *[1] * (masked.ndim - 1))
    lost = masked[masked != own]
    values, counts = np.unique(lost, return_counts=True)
    order = np.lexsort((values, -counts))[:n_ranks]  # ties in the order of the label index
    labels = np.full(n_ranks, -1, np.int32)
    shares = np.full(n_ranks, np.nan, np.float32)
    labels[: len(order)] = values[order]
    shares[: len(order)] = counts[order] / max(len(lost), 1)
    return labels, shares


def label_share(
    masked: NDArray, unmasked: NDArray, labels: Sequence[int] | NDArray
) -> NDArray[np.float64]:
    """Return each image's share of predictions (N, ...) that turned into these labels: (N,).

    An image whose own label (N,) is predicted has not turned. NaN if there are no such labels.
    """
    if not len(labels):
        return np.full(len(masked), np.nan)
    own = unmasked.reshape(-1, *[1] * (masked.ndim - 1))
    turned = np.isin(masked, labels) & (masked != own)
    return turned.reshape(len(masked), -1).mean(axis=1)
