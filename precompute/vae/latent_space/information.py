"""How much latents say about images: the mutual information under q."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp


def mutual_information_nats(
    mean: NDArray, log_variance: NDArray, rng: np.random.Generator
) -> float:
    """Estimate I(x; z) under q, in nats (Hoffman & Johnson 2016).

    One z is drawn for each image; log q(z) is the mean of q(z|x) over the same images. With N
    images the estimate cannot exceed log N, however much the latents hold.

    mean, log_variance: (N, D).
    """
    mean, log_variance = mean.astype(np.float64), log_variance.astype(np.float64)
    noise = rng.standard_normal(mean.shape)
    drawn = mean + np.exp(0.5 * log_variance) * noise
    log_density = log_density_of_each(drawn, mean, log_variance)
    # Without a KL weight variances shrink until rounding hides how near each z is to its own mean.
    own = -0.5 * (noise**2 + log_variance + np.log(2 * np.pi)).sum(axis=1)
    np.fill_diagonal(log_density, own)
    aggregate = logsumexp(log_density, axis=1) - np.log(len(mean))
    return float((own - aggregate).mean())


def log_density_of_each(drawn: NDArray, mean: NDArray, log_variance: NDArray) -> NDArray:
    """Return log N(drawn_i; mean_j, exp(log_variance_j)), (N, D) and (M, D) -> (N, M).

    The square is multiplied out, so that all pairs are two matrix products.
    """
    precision = np.exp(-log_variance)
    square = drawn**2 @ precision.T - 2 * drawn @ (mean * precision).T
    square += (mean**2 * precision).sum(axis=1)
    constant = (log_variance + np.log(2 * np.pi)).sum(axis=1)
    return -0.5 * (np.maximum(square, 0) + constant)  # below 0 by rounding alone
