"""The terms of the evidence lower bound, and what may be compared with what."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Reduction = Literal["sum", "mean"]
ACTIVE_VARIANCE = 0.01  # of the posterior mean (Burda, Grosse & Salakhutdinov 2016)


def squared_error(images: NDArray, reconstructions: NDArray) -> NDArray[np.float32]:
    """Squared error of each image, summed over pixels: (N, P), (N, P) -> (N,)."""
    difference = images - reconstructions
    return np.einsum("np,np->n", difference, difference)


def kl_nats(mean: NDArray, log_variance: NDArray) -> NDArray:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) of each latent, in nats (Kingma & Welling 2014).

    mean, log_variance: (N, D). Returns (N, D), never negative; 0 at the prior.
    """
    return 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1)


def convert_loss(value: float, n_pixels: int, source: Reduction, target: Reduction) -> float:
    """Turn a reconstruction term summed over pixels into its mean, or back."""
    if source == target:
        return value
    return value / n_pixels if target == "mean" else value * n_pixels


def decode(
    latents: NDArray, hidden: tuple[NDArray, NDArray], output: tuple[NDArray, NDArray]
) -> NDArray:
    """Run the stored decoder: sigmoid(relu(z A + a) B + b), (N, D) -> (N, P) in [0, 1]."""
    units = np.maximum(latents @ hidden[0] + hidden[1], 0)
    return 1 / (1 + np.exp(-(units @ output[0] + output[1])))


def count_active(mean: NDArray) -> int:
    """Count latents whose posterior mean (N, D) varies over images (Burda et al. 2016)."""
    return int((mean.var(axis=0) >= ACTIVE_VARIANCE).sum())
