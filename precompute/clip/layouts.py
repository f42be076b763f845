"""Two-dimensional layouts, each fitted once on images before, images after and texts together.

Two separate fits could not be compared: each has its own arbitrary frame. In one fit, what moves
between `before` and `after` was moved by the map.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from precompute.statistics import percent

N_NEIGHBOURS = 15  # of the trustworthiness
Advance = Callable[[int, str], None]  # steps done, note


@dataclass(frozen=True)
class Layout:
    """One layout of a joint fit; unitless."""

    name: str  # pca or umap
    about: str
    before: NDArray  # (S, 2) images before the map
    after: NDArray  # (S, 2) the same images after it
    texts: NDArray  # (T, 2)
    trustworthiness: float  # Venna & Kaski 2001; 1 is perfect, at N_NEIGHBOURS or fewer


def fit_layouts(
    before: NDArray,
    after: NDArray,
    texts: NDArray,
    n_neighbours: int,
    min_dist: float,
    seed: int,
    advance: Advance,
) -> list[Layout]:
    """Fit PCA and UMAP on all rows together.

    Args:
        before: (S, D) image embeddings before the map, unit rows.
        after: (S, D) the same after it.
        texts: (T, D) embeddings of distinct prompts; repeats would make false blobs.
        n_neighbours: of UMAP (McInnes et al. 2018).
        min_dist: of UMAP.
        seed: random state of UMAP; the layout repeats on the same machine and versions.
        advance: called after each layout.

    Raises:
        ValueError: fewer than 4 rows in all.
    """
    rows = np.vstack([before, after, texts]).astype(np.float32)
    if len(rows) < 4:
        raise ValueError(f"{len(rows)} rows are too few for a layout.")
    layouts = []
    for name, (xy, about) in (
        ("pca", _pca(rows)),
        ("umap", _umap(rows, n_neighbours, min_dist, seed, advance)),
    ):
        early, late, words = np.split(xy, [len(before), 2 * len(before)])
        layouts.append(Layout(name, about, early, late, words, _trustworthiness(rows, xy)))
        advance(1, "")
    return layouts


def _pca(rows: NDArray) -> tuple[NDArray, str]:
    pca = PCA(n_components=2, svd_solver="full")  # the exact solver: no random start
    xy = pca.fit_transform(rows)
    first, second = pca.explained_variance_ratio_
    return xy, f"PCA, centred; the axes hold {percent(first)} and {percent(second)} of the variance"


def _umap(
    rows: NDArray, n_neighbours: int, min_dist: float, seed: int, advance: Advance
) -> tuple[NDArray, str]:
    advance(0, "compiling and fitting UMAP")
    with warnings.catch_warnings():
        # umap says so of its neural variant whenever TensorFlow is absent; it is not used here.
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        from umap import UMAP  # here: the import compiles for seconds, and only a fit needs it
    n_neighbours = min(n_neighbours, len(rows) - 1)
    umap = UMAP(
        n_neighbors=n_neighbours,
        min_dist=min_dist,
        metric="cosine",
        init="pca",  # the spectral start is arbitrary between islands, which a gap makes
        random_state=seed,
        n_jobs=1,  # what a seed forces anyway
    )
    about = (
        f"UMAP, cosine, {n_neighbours} neighbours, min_dist {min_dist:g}, started from PCA, seed "
        f"{seed}; distances between islands and their sizes mean nothing"
    )
    return umap.fit_transform(rows), about


def _trustworthiness(rows: NDArray, xy: NDArray) -> float:
    n_neighbours = min(N_NEIGHBOURS, (len(rows) - 1) // 2)  # it is defined below half the rows
    return float(trustworthiness(rows, xy, n_neighbors=n_neighbours, metric="cosine"))
