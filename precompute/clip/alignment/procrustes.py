"""Orthogonal Procrustes (Schoenemann 1966): min ||X R - Y|| over orthogonal R.

X holds the fit images and Y repeats each image's class prompt. Only X^T Y = sum_c n_c mu_c t_c^T
enters, mu_c being the mean image of class c and t_c its prompt: scaled by sqrt(n_c), K rows stand
for all n. With K prompts R is fixed on at most K of D dimensions:

    R = U_r V_r^T + U_perp Q V_perp^T,  Q any orthogonal matrix.

The logits of the fitted prompts do not depend on Q, because V_perp^T t_c = 0, and so neither does
their accuracy. Everything else does: new prompts, new classes, neighbours, layouts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import polar, svd

from precompute.clip.alignment.maps import Alignment, FitSet, best_on_select

# Strengths of the pull towards doing nothing, in units of the fit's largest singular value.
SHRINKAGES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)


def fit_procrustes(fit: FitSet) -> Alignment:
    """Fit the map without centring, completed by the smallest rotation."""
    source, target = _weighted(fit, fit.class_means, np.asarray(fit.prompts, np.float64))
    return _uncentred(minimal_rotation(source, target))


def fit_procrustes_arbitrary(fit: FitSet, rng: np.random.Generator) -> Alignment:
    """Fit the same map with a random Q; SciPy's is what LAPACK leaves, as arbitrary as this."""
    source, target = _weighted(fit, fit.class_means, np.asarray(fit.prompts, np.float64))
    return _uncentred(arbitrary_rotation(source, target, rng))


def fit_procrustes_centred(fit: FitSet) -> Alignment:
    """Subtract the mean fit image and the mean paired prompt before the fit."""
    centres, source, target = _centred(fit)
    return Alignment(*centres, minimal_rotation(source, target))


def fit_procrustes_shrunk(fit: FitSet) -> Alignment:
    """Fit polar(X^T Y + strength I), centred: of full rank and unique, near nothing when strong.

    The strength with the best accuracy on the select rows is taken, the strongest among equals.
    """
    centres, source, target = _centred(fit)
    plane = _Plane.of(source, target)
    inner = plane.inner(source, target)
    unit = np.eye(len(inner)) * np.linalg.norm(inner, 2)
    maps = [
        Alignment(*centres, plane.rotation(polar(inner + strength * unit)[0]), setting=strength)
        for strength in SHRINKAGES
    ]
    return best_on_select(fit, maps)


def random_rotation(dim: int, rng: np.random.Generator) -> Alignment:
    """Return a rotation of the images that has seen nothing: a control."""
    return _uncentred(polar(rng.normal(size=(dim, dim)))[0])


def minimal_rotation(source: NDArray, target: NDArray) -> NDArray:
    """Return the orthogonal Procrustes map (D, D) that turns no more than the fit asks for.

    Q = polar(U_perp^T V_perp) is the completion nearest to doing nothing, and the same on every
    machine. It is the identity outside the span of source and target, so only that is computed.

    source: (M, D) rows to be moved. target: (M, D) rows that they are moved to.
    """
    plane = _Plane.of(source, target)
    left, right, rank = _singular(plane.inner(source, target))
    return plane.rotation(_completed(left, right, rank, np.eye(len(left))))


def arbitrary_rotation(source: NDArray, target: NDArray, rng: np.random.Generator) -> NDArray:
    """Return a Procrustes map (D, D) whose free part is drawn at random."""
    left, right, rank = _singular(source.T @ target)
    return _completed(left, right, rank, rng.normal(size=left.shape))


def _completed(left: NDArray, right: NDArray, rank: int, near: NDArray) -> NDArray:
    """Return U_r V_r^T + U_perp Q V_perp^T with Q = polar(U_perp^T near V_perp).

    Any basis of the two free subspaces gives the same result.
    """
    fixed = left[:, :rank] @ right[:, :rank].T
    if rank == len(left):
        return fixed
    free_left, free_right = left[:, rank:], right[:, rank:]
    nearest, _ = polar(free_left.T @ near @ free_right)
    return fixed + free_left @ nearest @ free_right.T


def _singular(product: NDArray) -> tuple[NDArray, NDArray, int]:
    """Return U, V and the rank of source^T target."""
    left, singular, right = svd(product)
    rank = int(np.sum(singular > singular[0] * len(product) * np.finfo(np.float64).eps))
    return left, right.T, rank


@dataclass(frozen=True)
class _Plane:
    """The span of source and target rows, in which the whole fit happens."""

    basis: NDArray  # (D, m), orthonormal columns

    @classmethod
    def of(cls, source: NDArray, target: NDArray) -> "_Plane":
        rows = np.vstack([source, target])
        _, singular, axes = svd(rows, full_matrices=False)
        solid = singular > singular[0] * max(rows.shape) * np.finfo(np.float64).eps
        return cls(axes[solid].T)

    def inner(self, source: NDArray, target: NDArray) -> NDArray:
        """Return source^T target (m, m) in the plane."""
        return (source @ self.basis).T @ (target @ self.basis)

    def rotation(self, inner: NDArray) -> NDArray:
        """Return the map (D, D) that is `inner` in the plane and nothing outside it."""
        return np.eye(len(self.basis)) + self.basis @ (inner - np.eye(len(inner))) @ self.basis.T


def _weighted(fit: FitSet, source: NDArray, target: NDArray) -> tuple[NDArray, NDArray]:
    weights = np.sqrt(fit.counts / fit.counts.sum())[:, None]
    return weights * source, weights * target


def _centred(fit: FitSet) -> tuple[tuple[NDArray, NDArray], NDArray, NDArray]:
    """Return the two means over pairs, and the weighted class means and prompts less them."""
    shares = fit.counts / fit.counts.sum()
    prompts = np.asarray(fit.prompts, np.float64)
    means = (shares @ fit.class_means, shares @ prompts)
    return means, *_weighted(fit, fit.class_means - means[0], prompts - means[1])


def _uncentred(rotation: NDArray) -> Alignment:
    still = np.zeros(len(rotation))
    return Alignment(still, still, rotation)
