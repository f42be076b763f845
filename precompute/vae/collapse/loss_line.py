"""What a line of loss code means, told without a model: the weight of its KL, latents in use."""

import math

import numpy as np
from numpy.typing import NDArray

from precompute.data import fashion_mnist
from precompute.errors import InputError
from store.records import MEAN, SUM, LossLine, latents_alive

BETA = "beta="
EXPECTED = "expected two of sum and mean, over pixels and over latents, such as 'mean mean beta=1'."


def read_line(text: str) -> LossLine:
    """Read a loss line such as 'mean sum beta=0.5'; InputError says what is wrong with it."""
    words = text.replace(",", " ").lower().split()
    weights = [word for word in words if word.startswith(BETA)]
    reductions = [word for word in words if not word.startswith(BETA)]
    if len(reductions) != 2 or len(weights) > 1 or not set(reductions) <= {SUM, MEAN}:
        raise InputError(f"loss line {text!r}: {EXPECTED}")
    try:
        weight = float(weights[0].removeprefix(BETA)) if weights else 1.0
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise InputError(f"loss line {text!r}: beta is no number from 0 on. Write beta=1.")
    return LossLine(*reductions, kl_weight=weight)


def explain(line: LossLine, n_pixels: int, latent_dim: int) -> list[str]:
    """Return the sentences that say what a loss line amounts to, by linear theory."""
    beta = line.effective_beta(n_pixels, latent_dim)
    variances = principal_variances()
    alive, summed = (latents_alive(variances, weight, latent_dim) for weight in (beta, 1.0))
    words = [
        f"Squared error: {line.pixels} over {n_pixels} pixels. KL: {line.latents} over "
        f"{latent_dim} latents, times {line.kl_weight:g}.",
        f"Effective β, with both terms as sums: {beta:.4g}.",
        f"Linear theory on Fashion-MNIST: {alive} of {latent_dim} latents in use; with plain sums "
        f"and β 1 it is {summed}.",
    ]
    if beta not in (0.0, 1.0):
        words.append(f"To train with an effective β of 1, multiply the KL by {1 / beta:.4g}.")
    return words


def principal_variances() -> NDArray[np.float32]:
    """Return the variances (784,) of Fashion-MNIST's test images along their principal directions.

    They are within 4% of the training images', which take six times as long to read. NumPy does
    it, for scikit-learn alone takes a second to import.
    """
    pixels = fashion_mnist.load("test").images.reshape(-1, 784).astype(np.float32) / 255
    return np.linalg.eigvalsh(np.cov(pixels, rowvar=False, dtype=np.float32))[::-1]
