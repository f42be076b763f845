"""Decode, encode, decode again: how far latents move, and where many passes lead."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from precompute.settings import VaeSettings
from precompute.statistics import UNDEFINED, bootstrap_means, bootstrap_statistic, share
from precompute.vae.latent_space import measure as latent_space_measure
from precompute.vae.model import elbo
from precompute.vae.model.networks import Vae
from precompute.vae.model.passes import Chain, Passes, repeated, second_pass_ratio, squares
from precompute.vae.reconstructions.summary import Arrays
from store.schema.vae import latent_space

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
            chains,
            (latent_space_measure.neighbour_classes, latent_space_measure.classes_of_strangers),
            strict=True,
        )
    ]
    originals = (passes.images[:n_starts], None)
    active = elbo.active_by_kl(elbo.kl_nats(passes.mean, passes.log_variance))
    used = [Chain(chain.latents[..., active], chain.pictures) for chain in chains]
    (aside,) = rng.spawn(1)  # draws for what stands beside the rest, which so keeps its own
    pictured = repeated(model, passes.mean[samples[:N_CHAINS]], settings.n_passes)
    return {
        latent_space.START: np.array(STARTS),
        latent_space.PASS: np.arange(settings.n_passes + 1, dtype=np.int32),
        latent_space.LATENT_STEP: _stacked(chains, latent_steps, rng, settings),
        latent_space.LATENT_FROM_START: _stacked(chains, distances_from_start, rng, settings),
        latent_space.LATENT_STEP_ACTIVE: _stacked(used, latent_steps, aside, settings),
        latent_space.LATENT_FROM_START_ACTIVE: _stacked(
            used, distances_from_start, aside, settings
        ),
        latent_space.UNUSED_SHARE: np.stack(
            [_means(shares_of_move(chain, ~active), aside, settings) for chain in chains]
        ),
        latent_space.SECOND_PASS_RATIO: np.array(
            [
                _median(second_pass_ratios(chain, original), aside, settings)
                for chain, original in zip(chains, originals, strict=True)
            ]
        ),
        latent_space.PICTURE_STEP: np.stack(
            [
                _means(picture_steps(chain, original), rng, settings)
                for chain, original in zip(chains, originals, strict=True)
            ]
        ),
        latent_space.CLASS_KEPT: np.array([_kept(found) for found in classes]),
        latent_space.CLASS_SHARE: np.array([_shares(found, n_classes) for found in classes]),
        latent_space.CHAIN_SAMPLE: np.arange(len(samples[:N_CHAINS]), dtype=np.int32),
        latent_space.CHAIN_PICTURE: np.moveaxis(squares(pictured.pictures), 0, 1),
    }


def latent_steps(chain: Chain) -> NDArray:
    """Relative move of each latent in each pass, (T + 1, N); NaN at the start."""
    moved = [latent_space_measure.latent_drift(*pair) for pair in pairwise(chain.latents)]
    return np.stack([np.full(chain.latents.shape[1], np.nan), *moved])


def distances_from_start(chain: Chain) -> NDArray:
    """Relative distance of each latent from its start, (T + 1, N)."""
    return np.stack(
        [latent_space_measure.latent_drift(chain.latents[0], step) for step in chain.latents]
    )


def shares_of_move(chain: Chain, dimensions: NDArray) -> NDArray:
    """Share of the squared way from each latent's start in some dimensions (D,), (T + 1, N)."""
    return np.stack(
        [
            latent_space_measure.share_of_move(chain.latents[0], step, dimensions)
            for step in chain.latents
        ]
    )


def second_pass_ratios(chain: Chain, original: NDArray | None) -> NDArray:
    """Error between first and second copy, over that between original and first copy, (N,).

    A latent drawn from the prior has no original: its first picture takes that place, so that one
    pass more is needed.
    """
    pictures = chain.pictures if original is None else [original, *chain.pictures]
    if len(pictures) < 3:
        return np.full(chain.pictures.shape[1], np.nan)
    return second_pass_ratio(*pictures[:3])


def picture_steps(chain: Chain, original: NDArray | None) -> NDArray:
    """Squared error between each picture and the one before, (T + 1, N); the first to `original`.

    A latent drawn from the prior has no original, and its first is NaN.
    """
    pictures = chain.pictures
    first = np.full(pictures.shape[1], np.nan)
    if original is not None:
        first = elbo.squared_error(original, pictures[0])
    return np.stack([first, *(elbo.squared_error(*pair) for pair in pairwise(pictures))])


def _stacked(
    chains: list[Chain],
    measure: Callable[[Chain], NDArray],
    rng: np.random.Generator,
    settings: VaeSettings,
) -> NDArray:
    return np.stack([_means(measure(chain), rng, settings) for chain in chains])


def _median(
    values: NDArray, rng: np.random.Generator, settings: VaeSettings
) -> tuple[float, float, float]:
    """Median of what is defined of values (N,), with its interval."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return UNDEFINED.row()

    def median(rows: NDArray) -> float:
        return float(np.median(defined[rows]))

    return bootstrap_statistic(median, len(defined), rng, settings.n_bootstrap).row()


def _means(values: NDArray, rng: np.random.Generator, settings: VaeSettings) -> NDArray:
    """Mean over latents with its interval, (T + 1, N) -> (T + 1, 3)."""
    defined = ~np.isnan(values).any(axis=1)
    rows = np.array([UNDEFINED.row()] * len(values))
    if defined.any():  # none is where no latent is in use
        found = bootstrap_means(values[defined].T, rng, settings.n_bootstrap)
        rows[defined] = [estimate.row() for estimate in found]
    return rows


def _kept(classes: list[NDArray]) -> list[tuple[float, float, float]]:
    return [share(int((found == classes[0]).sum()), len(found)).row() for found in classes]


def _shares(classes: list[NDArray], n_classes: int) -> NDArray:
    return np.stack([np.bincount(found, minlength=n_classes) / len(found) for found in classes])
