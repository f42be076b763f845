"""Passes of made-up pictures through no model, so that all is known by hand."""

from dataclasses import replace

import numpy as np

from precompute.settings import load_profile
from precompute.vae.model.passes import Passes

SETTINGS = replace(
    load_profile("embedded").study("vae"), latent_dim=2, n_neighbours=3, n_prior_samples=5
)
SIDE = 8


def made_up_passes():
    """Return the passes of 20 pictures with 2 latents."""
    rng = np.random.default_rng(0)
    images, first, second = rng.uniform(0, 1, (3, 20, SIDE**2)).astype(np.float32)
    mean, log_variance, second_mean = rng.normal(size=(3, 20, 2)).astype(np.float32)
    return Passes(images, mean, log_variance, first, second_mean, second)


def distance(one, other):
    """Squared distance of each picture, (N, P) twice -> (N,)."""
    return ((one.astype(np.float64) - other) ** 2).sum(axis=-1)
