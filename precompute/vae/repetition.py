"""Decode, encode, decode again: how far latents move, and where many passes lead."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from precompute.settings import VaeSettings
from precompute.statistics import UNDEFINED, bootstrap_means, share
from precompute.vae import latents
from precompute.vae.elbo import squared_error
from precompute.vae.evidence import Arrays
from precompute.vae.model import Vae
from precompute.vae.passes import Chain, Passes, repeated, squares
from store.schema import vae_latent

STARTS = ("test images", "prior samples")
N_CHAINS = 8  # samples whose passes are stored as pictures


def repetition_arrays(
    passes: Passes,
    labels: NDArray,
    n_classes: int,
    model: Vae,
    samples: NDArray,
    settings: VaeSettings,
    rng: np.random.Generator,
) -> Arrays:
    """Summaries of repeated passes of test images and of prior samples, and a few as pictures.

    passes: every test image. samples: rows of those that are stored as pictures.
    """
    n_starts = min(settings.sweep_test, len(labels))
    drawn = rng.standard_normal((n_starts, settings.latent_dim), np.float32)
    starts = (passes.mean[:n_starts], drawn)
    chains = [repeated(model, start, settings.n_passes) for start in starts]
    classes = [
        [classify(passes.mean, labels, step, settings.n_neighbours) for step in chain.latents]
        for chain, classify in zip(
            chains, (latents.neighbour_classes, latents.classes_of_strangers), strict=True
        )
    ]
    originals = (passes.images[:n_starts], None)
    pictured = repeated(model, passes.mean[samples[:N_CHAINS]], settings.n_passes)
    return {
        vae_latent.START: np.array(STARTS),
        vae_latent.PASS: np.arange(settings.n_passes + 1, dtype=np.int32),
        vae_latent.LATENT_STEP: _stacked(chains, latent_steps, rng, settings),
        vae_latent.LATENT_FROM_START: _stacked(chains, distances_from_start, rng, settings),
        vae_latent.PICTURE_STEP: np.stack(
            [
                _means(picture_steps(chain, original), rng, settings)
                for chain, original in zip(chains, originals, strict=True)
            ]
        ),
        vae_latent.CLASS_KEPT: np.array([_kept(found) for found in classes]),
        vae_latent.CLASS_SHARE: np.array([_shares(found, n_classes) for found in classes]),
        vae_latent.CHAIN_SAMPLE: np.arange(len(samples[:N_CHAINS]), dtype=np.int32),
        vae_latent.CHAIN_PICTURE: np.moveaxis(squares(pictured.pictures), 0, 1),
    }


def latent_steps(chain: Chain) -> NDArray:
    """Relative move of each latent in each pass, (T + 1, N); NaN at the start."""
    moved = [latents.latent_drift(*pair) for pair in pairwise(chain.latents)]
    return np.stack([np.full(chain.latents.shape[1], np.nan), *moved])


def distances_from_start(chain: Chain) -> NDArray:
    """Relative distance of each latent from its start, (T + 1, N)."""
    return np.stack([latents.latent_drift(chain.latents[0], step) for step in chain.latents])


def picture_steps(chain: Chain, original: NDArray | None) -> NDArray:
    """Squared error between each picture and the one before, (T + 1, N); the first to `original`.

    A latent drawn from the prior has no original, and its first is NaN.
    """
    pictures = chain.pictures
    first = np.full(pictures.shape[1], np.nan)
    if original is not None:
        first = squared_error(original, pictures[0])
    return np.stack([first, *(squared_error(*pair) for pair in pairwise(pictures))])


def _stacked(
    chains: list[Chain],
    measure: Callable[[Chain], NDArray],
    rng: np.random.Generator,
    settings: VaeSettings,
) -> NDArray:
    return np.stack([_means(measure(chain), rng, settings) for chain in chains])


def _means(values: NDArray, rng: np.random.Generator, settings: VaeSettings) -> NDArray:
    """Mean over latents with its interval, (T + 1, N) -> (T + 1, 3)."""
    defined = ~np.isnan(values).any(axis=1)
    rows = np.array([UNDEFINED.row()] * len(values))
    found = bootstrap_means(values[defined].T, rng, settings.n_bootstrap)
    rows[defined] = [estimate.row() for estimate in found]
    return rows


def _kept(classes: list[NDArray]) -> list[tuple[float, float, float]]:
    return [share(int((found == classes[0]).sum()), len(found)).row() for found in classes]


def _shares(classes: list[NDArray], n_classes: int) -> NDArray:
    return np.stack([np.bincount(found, minlength=n_classes) / len(found) for found in classes])
