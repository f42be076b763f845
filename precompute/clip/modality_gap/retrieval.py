"""What crosses between images and texts: retrieval, neighbours, cosines."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

RANKS = (1, 5, 10)  # of retrieval
N_NEIGHBOURS = 15
BLOCK_SCORES = 2**25  # scores that are held at a time: 256 MB of float64


@dataclass(frozen=True)
class Retrieval:
    """Whether one of the first RANKS found is of the asking item's class."""

    image_to_text: NDArray[np.bool_]  # (N, 3)
    text_to_image: NDArray[np.bool_]  # (T, 3)


def retrieve(images: NDArray, texts: NDArray, labels: NDArray, text_labels: NDArray) -> Retrieval:
    """Rank texts for each image, and images for each text, by their products.

    Args:
        images: (N, D).
        texts: (T, D).
        labels: (N,) class of each image.
        text_labels: (T,) class of each text.
    """
    return Retrieval(
        _hits(images, texts, labels, text_labels), _hits(texts, images, text_labels, labels)
    )


def _hits(
    asking: NDArray, asked: NDArray, own_class: NDArray, asked_class: NDArray
) -> NDArray[np.bool_]:
    """Return (asking, 3): is the best of the own class among the first 1, 5, 10? A tie counts."""
    n_before = np.empty(len(asking), np.int64)
    for rows in score_blocks(len(asking), len(asked)):
        scores = asking[rows] @ asked.T
        own = np.asarray(own_class)[rows, None] == np.asarray(asked_class)
        best = np.where(own, scores, -np.inf).max(axis=1)
        n_before[rows] = (scores > best[:, None]).sum(axis=1)
    return n_before[:, None] < np.array(RANKS)


def score_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Yield slices of rows whose scores against all columns fit the memory."""
    height = max(1, BLOCK_SCORES // max(1, n_columns))
    for start in range(0, n_rows, height):
        yield slice(start, min(start + height, n_rows))


def neighbour_mixing(images: NDArray, texts: NDArray) -> NDArray[np.float64]:
    """Return, per image, texts among its N_NEIGHBOURS nearest over what even mixing would give.

    0: the clouds do not touch. 1: they are mixed.

    Args:
        images: (N, D), unit rows.
        texts: (T, D), unit rows.
    """
    rows = np.vstack([images, texts]).astype(np.float32)
    n_neighbours = min(N_NEIGHBOURS, len(rows) - 1)
    search = NearestNeighbors(n_neighbors=n_neighbours, metric="cosine", algorithm="brute")
    found = search.fit(rows).kneighbors(return_distance=False)[: len(images)]  # without itself
    even = len(texts) / (len(rows) - 1)
    return (found >= len(images)).mean(axis=1) / even


def auroc_parts(cosines: NDArray, labels: NDArray) -> NDArray[np.float64]:
    """Return each image's part (N,) in the AUROC of matched over unmatched pairs.

    The AUROC is the share of (matched, unmatched) combinations in which the matched pair is nearer.
    An image brings one matched pair and all of its unmatched ones. So a resample of images changes
    it by a_i, the share of unmatched pairs below the image's matched one, and by b_i, the share of
    matched pairs above its unmatched ones: to first order the AUROC of a resample is the mean of
    a_i + b_i - AUROC, the parts, whose mean over all images is the AUROC itself.

    Args:
        cosines: (N, K) of each image with each class's prompt.
        labels: (N,) class of each image.
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
