"""How likely images are under the model: the evidence lower bound and its tighter cousin."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.vae.model.networks import Vae

CHUNK = 10_000  # latents decoded at a time


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
