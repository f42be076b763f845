"""What crosses between images and texts: retrieval, neighbours, cosines."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from precompute.clip.bootstrap import Resamples
from precompute.statistics import Estimate, share
from store.schema.clip.names import RETRIEVAL_RANKS

N_NEIGHBOURS = 15
INSIDE = 0.95  # of images have another one as near as what is called inside their cloud
BLOCK_SCORES = 2**25  # scores that are held at a time: 256 MB of float64


def estimate_retrieval(
    images: NDArray, texts: NDArray, labels: NDArray, text_labels: NDArray, of_classes: Resamples
) -> tuple[Estimate, ...]:
    """Return the share of images, then of texts, with a hit at each rank, as RETRIEVALS has them.

    Images have Wilson's interval, texts a bootstrap over classes. images: (N, D); texts: (T, D);
    labels: (N,); text_labels: (T,).
    """
    to_text = retrieval_hits(images, texts, labels, text_labels)
    to_image = retrieval_hits(texts, images, text_labels, labels)
    of_images = (share(int(column.sum()), len(column)) for column in to_text.T)
    return *of_images, *of_classes.estimate_shares(to_image, text_labels)


def retrieval_hits(
    asking: NDArray, asked: NDArray, own_class: NDArray, asked_class: NDArray
) -> NDArray[np.bool_]:
    """Return (n, 3): is the best of its class among an item's first RETRIEVAL_RANKS? A tie counts.

    asking: (n, D), ranks asked (m, D) by their products. own_class: (n,). asked_class: (m,).
    """
    n_before = np.empty(len(asking), np.int64)
    for rows in score_blocks(len(asking), len(asked)):
        scores = asking[rows] @ asked.T
        own = np.asarray(own_class)[rows, None] == np.asarray(asked_class)
        best = np.where(own, scores, -np.inf).max(axis=1)
        n_before[rows] = (scores > best[:, None]).sum(axis=1)
    return n_before[:, None] < np.array(RETRIEVAL_RANKS)


def score_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Yield slices of rows whose scores against all columns fit the memory."""
    height = max(1, BLOCK_SCORES // max(1, n_columns))
    for start in range(0, n_rows, height):
        yield slice(start, min(start + height, n_rows))


def neighbour_mixing(images: NDArray, texts: NDArray) -> NDArray[np.float64]:
    """Return, per image, texts among its N_NEIGHBOURS nearest over what even mixing would give.

    0: the clouds do not touch. 1: they are mixed.

    images: (N, D) and texts: (T, D), unit rows.
    """
    rows = np.vstack([images, texts]).astype(np.float32)
    search = nearest(min(N_NEIGHBOURS, len(rows) - 1), rows)
    neighbours = np.asarray(search.kneighbors(return_distance=False))  # without itself
    even = len(texts) / (len(rows) - 1)
    return (neighbours[: len(images)] >= len(images)).mean(axis=1) / even


def texts_inside(images: NDArray, texts: NDArray) -> NDArray[np.bool_]:
    """Return which texts (T,) lie as near to an image as INSIDE of images do to another one.

    images: (N, D), two or more, and texts: (T, D).
    """
    search = nearest(1, images.astype(np.float32), "euclidean")
    among_images, _ = search.kneighbors()  # without itself
    from_texts, _ = search.kneighbors(texts.astype(np.float32))
    return from_texts[:, 0] <= np.quantile(among_images, INSIDE)


def nearest(n: int, rows: NDArray, metric: str = "cosine") -> NearestNeighbors:
    """Return the exact search for the n rows (N, D) nearest to others, or to one another."""
    return NearestNeighbors(n_neighbors=n, metric=metric, algorithm="brute").fit(rows)


def auroc_parts(cosines: NDArray, labels: NDArray) -> NDArray[np.float64]:
    """Return each image's part (N,) in the AUROC of matched over unmatched pairs.

    The AUROC is the share of (matched, unmatched) combinations in which the matched pair is nearer.
    An image brings one matched pair and all of its unmatched ones. So a resample of images changes
    it by a_i, the share of unmatched pairs below the image's matched one, and by b_i, the share of
    matched pairs above its unmatched ones: to first order the AUROC of a resample is the mean of
    a_i + b_i - AUROC, the parts, whose mean over all images is the AUROC itself.

    cosines: (N, K) of each image with each class's prompt. labels: (N,) class of each image.
    """
    own = np.arange(cosines.shape[1]) == np.asarray(labels)[:, None]
    matched, unmatched = cosines[own], cosines[~own].reshape(len(cosines), -1)
    below = _share_below(unmatched, matched)
    above = 1 - _share_below(matched, unmatched).mean(axis=1)
    return below + above - below.mean()


def _share_below(rows: NDArray, values: NDArray) -> NDArray[np.float64]:
    """Return the share of all of rows below each value, where an equal one counts half."""
    ordered = np.sort(rows, axis=None)
    below = np.searchsorted(ordered, values, side="left")
    up_to = np.searchsorted(ordered, values, side="right")
    return (below + up_to) / 2 / len(ordered)


def margin(cosines: NDArray, labels: NDArray) -> NDArray[np.float64]:
    """Return each image's cosine with its own prompt less the largest with another (N,)."""
    own = np.arange(cosines.shape[1]) == np.asarray(labels)[:, None]
    return cosines[own] - np.where(own, -np.inf, cosines).max(axis=1)
