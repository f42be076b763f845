"""UMAP (McInnes et al. 2018) and t-SNE (van der Maaten & Hinton 2008) of rows in a plane."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.manifold import TSNE


def fit_umap(
    rows: NDArray[np.float32], n_neighbours: int, min_dist: float, seed: int, metric: str
) -> NDArray:
    """Lay out rows (N, D) in a plane (N, 2); the layout repeats on the same machine and versions.

    n_neighbours: fewer than N.
    """
    with warnings.catch_warnings():
        # umap says so of its neural variant whenever TensorFlow is absent; it is not used here.
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        from umap import UMAP  # here: the import compiles for seconds, and only a fit needs it
    umap = UMAP(
        n_neighbors=n_neighbours,
        min_dist=min_dist,
        metric=metric,
        init="pca",  # the spectral start is arbitrary between islands, as a modality gap makes
        random_state=seed,
        n_jobs=1,  # what a seed forces anyway
    )
    return np.asarray(umap.fit_transform(rows))


def fit_tsne(rows: NDArray[np.float32], perplexity: float, seed: int, metric: str) -> NDArray:
    """Lay out rows (N, D) in a plane (N, 2), started from PCA; perplexity: less than N."""
    tsne = TSNE(perplexity=perplexity, metric=metric, init="pca", random_state=seed)
    return np.asarray(tsne.fit_transform(rows))
