"""Two-dimensional layouts, each fitted once on images in every state and on all texts together.

Separate fits could not be compared: each has its own arbitrary frame. In one fit, what moves
between two states was moved by the map.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import svd
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from precompute.clip.modality_gap.measure import gap_coordinate
from precompute.statistics import percent

N_NEIGHBOURS = 15  # of both quality figures
QUALITY_ROWS = 2500  # rows that they look at: both compare every row with every other
Advance = Callable[[int, str], None]  # steps done, note


@dataclass(frozen=True)
class Layout:
    """One layout of a joint fit; unitless."""

    name: str  # pca, svd, gap axis, or umap with its settings
    about: str
    images: NDArray  # (states, S, 2)
    texts: NDArray  # (T, 2)
    trustworthiness: float  # Venna & Kaski 2001; 1 is perfect
    neighbour_recall: float  # share of the nearest neighbours that are nearest in the layout too


@dataclass(frozen=True)
class UmapSetting:
    """One choice of UMAP's two settings (McInnes et al. 2018)."""

    n_neighbours: int
    min_dist: float


def fit_layouts(
    states: NDArray,
    texts: NDArray,
    gap_vector: NDArray,
    umaps: Sequence[UmapSetting],
    seed: int,
    advance: Advance,
) -> list[Layout]:
    """Fit PCA, uncentred SVD, the gap axis and each UMAP on all rows together.

    Args:
        states: (states, S, D) embeddings of the same images before and after maps, unit rows.
        texts: (T, D) embeddings of distinct texts; repeats would make false blobs.
        gap_vector: (D,) mean image minus mean text, before any map.
        umaps: settings of UMAP, one layout each.
        seed: random state of UMAP; the layout repeats on the same machine and versions.
        advance: called after each layout.

    Raises:
        ValueError: fewer than 4 rows in all.
    """
    rows = np.vstack([*states, texts]).astype(np.float32)
    if len(rows) < 4:
        raise ValueError(f"{len(rows)} rows are too few for a layout.")
    drawn = np.random.default_rng(seed).permutation(len(rows))[:QUALITY_ROWS]
    layouts = []

    def keep(name: str, xy: NDArray, about: str) -> None:
        *images, words = np.split(xy, [len(states[0]) * (n + 1) for n in range(len(states))])
        quality = _quality(rows[drawn], xy[drawn])
        layouts.append(Layout(name, about, np.stack(images), words, *quality))
        advance(1, name)

    keep("pca", *_pca(rows))
    keep("svd", *_svd(rows))
    keep("gap axis", *_gap_axis(rows, gap_vector))
    for setting in umaps:
        keep(
            f"umap {setting.n_neighbours}, {setting.min_dist:g}",
            *_umap(rows, setting, seed, advance),
        )
    return layouts


def _pca(rows: NDArray) -> tuple[NDArray, str]:
    pca = PCA(n_components=2, svd_solver="full")  # the exact solver: no random start
    xy = pca.fit_transform(rows)
    first, second = pca.explained_variance_ratio_
    return xy, f"PCA, centred; the axes hold {percent(first)} and {percent(second)} of the variance"


def _svd(rows: NDArray) -> tuple[NDArray, str]:
    left, singular, axes = svd(rows.astype(np.float64), full_matrices=False)
    # The sign of a singular vector is arbitrary: the largest entry is made positive.
    signs = np.sign(np.take_along_axis(axes[:2], np.abs(axes[:2]).argmax(1)[:, None], axis=1))[:, 0]
    first, second = np.square(singular[:2]) / np.square(singular).sum()
    about = (
        f"SVD without centring (Liang et al. 2022); the axes hold {percent(first)} and "
        f"{percent(second)} of the squared length"
    )
    return left[:, :2] * singular[:2] * signs, about


def _gap_axis(rows: NDArray, gap_vector: NDArray) -> tuple[NDArray, str]:
    along = gap_coordinate(rows, gap_vector)
    unit = gap_vector / np.linalg.norm(gap_vector)
    across = PCA(n_components=1, svd_solver="full").fit_transform(rows - np.outer(along, unit))
    about = "First axis: the gap vector's direction, in the embedding's own length. Second: PCA of "
    return np.column_stack([along, across[:, 0]]), f"{about}what lies across it"


def _umap(rows: NDArray, setting: UmapSetting, seed: int, advance: Advance) -> tuple[NDArray, str]:
    advance(0, "compiling and fitting UMAP")
    with warnings.catch_warnings():
        # umap says so of its neural variant whenever TensorFlow is absent; it is not used here.
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        from umap import UMAP  # here: the import compiles for seconds, and only a fit needs it
    n_neighbours = min(setting.n_neighbours, len(rows) - 1)
    umap = UMAP(
        n_neighbors=n_neighbours,
        min_dist=setting.min_dist,
        metric="cosine",
        init="pca",  # the spectral start is arbitrary between islands, which a gap makes
        random_state=seed,
        n_jobs=1,  # what a seed forces anyway
    )
    about = (
        f"UMAP, cosine, {n_neighbours} neighbours, min_dist {setting.min_dist:g}, started from "
        f"PCA, seed {seed}; distances between islands and their sizes mean nothing"
    )
    return umap.fit_transform(rows), about


def _quality(rows: NDArray, xy: NDArray) -> tuple[float, float]:
    """Return trustworthiness and neighbour recall at N_NEIGHBOURS or fewer."""
    n_neighbours = min(N_NEIGHBOURS, (len(rows) - 1) // 2)  # defined below half the rows
    trusted = trustworthiness(rows, xy, n_neighbors=n_neighbours, metric="cosine")
    true, drawn = (
        NearestNeighbors(n_neighbors=n_neighbours, metric=metric, algorithm="brute")
        .fit(points)
        .kneighbors(return_distance=False)
        for points, metric in ((rows, "cosine"), (xy, "euclidean"))
    )
    kept = [len(np.intersect1d(a, b)) for a, b in zip(true, drawn, strict=True)]
    return float(trusted), float(np.mean(kept)) / n_neighbours
