"""The best linear models: PCA, and the linear VAE in closed form.

A linear VAE with squared error and KL weight beta is probabilistic PCA with its noise variance held
at beta / 2 (Tipping & Bishop 1999; Lucas, Tucker, Grosse & Norouzi 2019, "Don't Blame the ELBO"):
directions whose variance is below that are left at the prior. No training is needed, nor noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from precompute.vae.model.elbo import kl_nats, squared_error


@dataclass(frozen=True)
class Principal:
    """Mean and principal directions of the training images."""

    mean: NDArray  # (P,)
    directions: NDArray  # (K, P), unit rows, most variance first
    variances: NDArray  # (K,)


@dataclass(frozen=True)
class LinearVae:
    """The optimum of a linear VAE, judged on some images."""

    squared_error: NDArray  # (N,) of the picture decoded from the posterior mean
    loss: NDArray  # (N,) expected squared error over samples + beta KL
    kl_nats: NDArray  # (N,)
    n_active: int


def principal(images: NDArray, n_components: int) -> Principal:
    """Fit the principal directions of images (N, P)."""
    pca = PCA(n_components, svd_solver="covariance_eigh").fit(images.astype(np.float64))
    return Principal(*map(np.asarray, (pca.mean_, pca.components_, pca.explained_variance_)))


def pca_error(fit: Principal, images: NDArray, n_components: int) -> NDArray:
    """Squared error of each image (N, P) under PCA with the first components, summed: (N,)."""
    centred = images - fit.mean
    scores = centred @ fit.directions[:n_components].T
    return squared_error(centred, scores @ fit.directions[:n_components])


def linear_vae(fit: Principal, images: NDArray, latent_dim: int, kl_weight: float) -> LinearVae:
    """Return the best linear VAE with squared error on images (N, P); kl_weight is positive."""
    if kl_weight <= 0:
        raise ValueError("without a KL weight a linear VAE is PCA, and its KL has no bound.")
    noise = kl_weight / 2
    variances = fit.variances[:latent_dim]
    used = variances > noise
    gain = np.where(used, 1 - noise / variances, 0.0)  # of each direction, decoded from the mean
    centred = images - fit.mean
    scores = centred @ fit.directions[:latent_dim].T  # (N, D)
    error = squared_error(centred, (scores * gain) @ fit.directions[:latent_dim])
    weight = np.sqrt(np.where(used, variances - noise, 0.0))
    posterior_variance = np.where(used, noise / variances, 1.0)
    posterior_mean = scores * np.where(used, weight / variances, 0.0)
    kl = kl_nats(posterior_mean, np.log(posterior_variance)[None]).sum(axis=1)
    spread = float((weight**2 * posterior_variance).sum())  # what sampling z adds to the error
    return LinearVae(error, error + spread + kl_weight * kl, kl, int(used.sum()))
