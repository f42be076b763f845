"""What happens to latents: re-encoding, neighbours and traversals."""

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

TRAVERSAL_STEPS = np.linspace(-3, 3, 9, dtype=np.float32)  # three prior deviations either way


def latent_drift(before: NDArray, after: NDArray) -> NDArray:
    """Relative distance |after - before| / |before| of each latent, (N, D) -> (N,).

    It is NaN where `before` has no length, as one of no dimension.
    """
    moved, length = (np.linalg.norm(values, axis=1) for values in (after - before, before))
    return np.divide(moved, length, out=np.full_like(moved, np.nan), where=length > 0)


def share_of_move(before: NDArray, after: NDArray, dimensions: NDArray) -> NDArray:
    """Share of each latent's squared move that lies in some dimensions, (N, D) -> (N,).

    dimensions: (D,) true for those. Each share is NaN where nothing moved.
    """
    square = (after - before) ** 2
    part, whole = square[:, dimensions].sum(axis=1), square.sum(axis=1)
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def neighbour_classes(
    latents: NDArray, labels: NDArray, queries: NDArray, n_neighbours: int
) -> NDArray:
    """Class of each query by a vote of its nearest latents of *other* images.

    Row i of `queries` belongs to row i of `latents`, which is left out of its own vote, so that a
    re-encoded latent cannot win by lying next to its own original.
    """
    model = KNeighborsClassifier(n_neighbors=n_neighbours + 1).fit(latents, labels)
    nearest = model.kneighbors(queries, return_distance=False)
    own = nearest == np.arange(len(queries))[:, None]
    own[~own.any(axis=1), -1] = True  # own latent is not near: drop the farthest instead
    return _vote(labels[nearest[~own].reshape(len(queries), n_neighbours)], labels)


def classes_of_strangers(
    latents: NDArray, labels: NDArray, queries: NDArray, n_neighbours: int
) -> NDArray:
    """Class of each query by a vote of its nearest latents; no query is one of them."""
    model = KNeighborsClassifier(n_neighbors=n_neighbours).fit(latents, labels)
    return _vote(labels[model.kneighbors(queries, return_distance=False)], labels)


def _vote(votes: NDArray, labels: NDArray) -> NDArray:
    counts = np.apply_along_axis(np.bincount, 1, votes, minlength=int(labels.max()) + 1)
    return counts.argmax(axis=1)


def traversal_latents(dimensions: NDArray, latent_dim: int) -> NDArray[np.float32]:
    """Latents that move one dimension at a time, (traversal, step, D); all others are 0."""
    grid = np.zeros((len(dimensions), len(TRAVERSAL_STEPS), latent_dim), np.float32)
    for row, dimension in enumerate(dimensions):
        grid[row, :, dimension] = TRAVERSAL_STEPS
    return grid
