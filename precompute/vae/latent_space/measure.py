"""What latents hold and what happens to them: information, likelihood, neighbours, re-encoding."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logsumexp
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from precompute.vae.model.networks import Vae

TRAVERSAL_STEPS = np.linspace(-3, 3, 9, dtype=np.float32)  # three prior deviations either way
CHUNK = 10_000  # latents decoded at a time


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
    """Class (N,) of each query (N, D) by a vote of its nearest latents (N, D) of *other* images.

    Row i of `queries` belongs to row i of `latents`, which is left out of its own vote, so that a
    re-encoded latent cannot win by lying next to its own original.
    """
    model = KNeighborsClassifier(n_neighbors=n_neighbours + 1).fit(latents, labels)
    nearest = model.kneighbors(queries, return_distance=False)
    own = nearest == np.arange(len(queries))[:, None]
    own[~own.any(axis=1), -1] = True  # own latent is not near: drop the farthest instead
    return _vote(labels[nearest[~own].reshape(len(queries), n_neighbours)], labels)


def class_agrees(
    latents: NDArray, labels: NDArray, again: NDArray, n_neighbours: int
) -> NDArray[np.bool_]:
    """Tell which latents (N, D) keep their neighbours' class when encoded again: (N,)."""
    before, after = (
        neighbour_classes(latents, labels, queries, n_neighbours) for queries in (latents, again)
    )
    return before == after


def projected_agrees(
    images: NDArray[np.float32], labels: NDArray, latent_dim: int, n_neighbours: int, seed: int
) -> NDArray[np.bool_]:
    """Tell the same of images (N, P) that a random projection encodes and its transpose decodes.

    Its directions are orthonormal and were never trained, so what it reaches shows no learning.
    """
    draws = np.random.default_rng([seed, 1]).normal(size=(images.shape[1], latent_dim))
    directions = np.linalg.qr(draws)[0].astype(np.float32)  # (P, D)
    latents = images @ directions
    again = (latents @ directions.T) @ directions
    return class_agrees(latents, labels, again, n_neighbours)


def classify_new(latents: NDArray, labels: NDArray, queries: NDArray, n_neighbours: int) -> NDArray:
    """Class (M,) of each query (M, D) by a vote of its nearest latents (N, D); none is its own."""
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


@dataclass(frozen=True)
class Bounds:
    """Lower bounds on log p(x) of each image, in nats; the second is never looser on average."""

    elbo: NDArray[np.float64]  # (N,) K = 1, averaged over the same samples
    importance: NDArray[np.float64]  # (N,) importance-weighted, K samples


@torch.inference_mode()
def bounds(
    model: Vae, images: Tensor, kl_weight: float, n_samples: int, seed: int
) -> Bounds | None:
    """Estimate both bounds (Burda, Grosse & Salakhutdinov 2016); none where p(x|z) is no density.

    images: (N, P). log p(x) >= E log mean_k p(x|z_k) p(z_k) / q(z_k|x).
    """
    generator = torch.Generator(images.device).manual_seed(seed)
    elbos, importances = [], []
    for batch in images.split(max(1, CHUNK // n_samples)):
        log_weights = _log_weights(model, batch, kl_weight, n_samples, generator)
        if log_weights is None:
            return None
        elbos.append(log_weights.mean(dim=1))
        importances.append(torch.logsumexp(log_weights, dim=1) - math.log(n_samples))
    return Bounds(torch.cat(elbos).cpu().numpy(), torch.cat(importances).cpu().numpy())


def _log_weights(
    model: Vae, images: Tensor, kl_weight: float, n_samples: int, generator: torch.Generator
) -> Tensor | None:
    """Return log p(x, z_k) - log q(z_k|x), (N, K), in float64."""
    mean, log_variance = (part[:, None] for part in model.encode(images))  # (N, 1, D)
    noise = torch.empty(len(images), n_samples, mean.shape[-1], device=images.device)
    noise.normal_(generator=generator)
    latents = mean + torch.exp(0.5 * log_variance) * noise
    repeated = images.repeat_interleave(n_samples, dim=0)
    density = model.term.log_density(model.logits(latents.flatten(0, 1)), repeated, kl_weight)
    if density is None:
        return None
    # log N(z; 0, 1) - log N(z; mean, variance): the two normalisers cancel
    prior = -0.5 * (latents.double().square() - noise.square() - log_variance).sum(dim=-1)
    return density.double().reshape(len(images), n_samples) + prior


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
    latents = mean + np.exp(0.5 * log_variance) * noise
    log_density = log_density_of_each(latents, mean, log_variance)
    # Without a KL weight variances shrink until rounding hides how near each z is to its own mean.
    own = -0.5 * (noise**2 + log_variance + np.log(2 * np.pi)).sum(axis=1)
    np.fill_diagonal(log_density, own)
    aggregate = logsumexp(log_density, axis=1) - np.log(len(mean))
    return float((own - aggregate).mean())


def log_density_of_each(latents: NDArray, mean: NDArray, log_variance: NDArray) -> NDArray:
    """Return log N(drawn_i; mean_j, exp(log_variance_j)), (N, D) and (M, D) -> (N, M).

    The square is multiplied out, so that all pairs are two matrix products.
    """
    precision = np.exp(-log_variance)
    square = latents**2 @ precision.T - 2 * latents @ (mean * precision).T
    square += (mean**2 * precision).sum(axis=1)
    constant = (log_variance + np.log(2 * np.pi)).sum(axis=1)
    return -0.5 * (np.maximum(square, 0) + constant)  # below 0 by rounding alone
