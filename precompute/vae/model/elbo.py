"""The terms of the evidence lower bound, latents in use, and the floor of a Bernoulli loss."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

ACTIVE_VARIANCE = 0.01  # of the posterior mean (Burda, Grosse & Salakhutdinov 2016)
ACTIVE_KL_NATS = 0.05  # mean KL of a latent


def squared_error(images: NDArray, reconstructions: NDArray) -> NDArray:
    """Squared error of each image, summed over pixels: (N, P), (N, P) -> (N,)."""
    difference = images - reconstructions
    return np.einsum("np,np->n", difference, difference)


def gaussian_constant(kl_weight: float, n_pixels: int) -> float:
    """Return -log of the normaliser, in nats, of the Gaussian that a weighted squared error is.

    Its variance is kl_weight / 2: log p(x|z) = -error / kl_weight - this.
    """
    return n_pixels / 2 * math.log(math.pi * kl_weight)


def kl_nats(mean: NDArray, log_variance: NDArray) -> NDArray:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) of each latent, in nats (Kingma & Welling 2014).

    mean, log_variance: (N, D). Returns (N, D), never negative; 0 at the prior.
    """
    return 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1)


def bernoulli_floor(images: NDArray) -> NDArray:
    """Return each image's own entropy (N, P) -> (N,), in nats: no cross-entropy lies below it.

    It is 0 for black and white pixels, and 188 nats for a picture of Fashion-MNIST, so that a
    binary cross-entropy of grey pixels is no likelihood and its zero point is the data's.
    """
    pixels = np.asarray(images, np.float64)
    return (entr(pixels) + entr(1 - pixels)).sum(axis=1)


def refuse_below_floor(loss: float, floor: float) -> None:
    """Raise ValueError where a mean binary cross-entropy lies below what the images allow."""
    if loss < floor * (1 - 1e-5):
        raise ValueError(
            f"a binary cross-entropy of {loss:.4f} per image lies below {floor:.4f}, the entropy "
            f"of the images' own grey values: pixels or reductions are not what they are said to "
            f"be. Check the pixel range and sum over pixels."
        )


def active_by_variance(mean: NDArray) -> NDArray[np.bool_]:
    """Tell which latents' posterior mean (N, D) varies over images (Burda et al. 2016)."""
    return mean.var(axis=0) >= ACTIVE_VARIANCE


def active_by_kl(kl: NDArray) -> NDArray[np.bool_]:
    """Tell which latents carry KL, (N, D) -> (D,)."""
    return kl.mean(axis=0) >= ACTIVE_KL_NATS
