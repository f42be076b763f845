"""Datasets of posterior collapse: every loss line and cure, trained, beside linear theory."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import mean_over_seeds
from precompute.vae.model.elbo import active_by_kl, gaussian_constant
from precompute.vae.reconstructions.linear_baselines import Principal
from precompute.vae.reconstructions.summary import Arrays, in_bytes
from precompute.vae.settings import VaeSettings, Variant, collapse_points, seeds_of
from precompute.vae.training.train import Trained
from precompute.vae.training.training_shards import TrainAll
from store.records import latents_alive
from store.schema.vae import collapse, names


def collapse_arrays(
    settings: VaeSettings, n_pixels: int, fit: Principal, train_all: TrainAll
) -> Arrays:
    """Train every loss line with every cure that is tried on it, and measure the trainings."""
    points = collapse_points(settings, n_pixels)
    lines, variants = zip(*points, strict=True)
    every = [one for variant in variants for one in seeds_of(variant, settings.collapse_seeds)]
    trained = dict(zip(every, train_all(every, "training on collapse"), strict=True))
    first = [trained[variant] for variant in variants]
    curves = np.stack([one.curves for one in first])  # (run, epoch, split, term)
    betas = [variant.kl_weight for variant in variants]
    return {
        collapse.PIXELS: np.array([line.pixels for line in lines]),
        collapse.LATENTS: np.array([line.latents for line in lines]),
        collapse.KL_WEIGHT: np.array([line.kl_weight for line in lines]),
        collapse.EFFECTIVE_BETA: np.array(betas),
        collapse.CURE: np.array([variant.cure for variant in variants]),
        collapse.N_TRAIN: np.array(len(first[0].last_train_losses), np.int32),
        collapse.VARIANCE: fit.variances,
        collapse.LINEAR_ACTIVE: np.array(
            [latents_alive(fit.variances, beta, settings.latent_dim) for beta in betas], np.int32
        ),
        collapse.LOSS: curves[..., 0],
        collapse.RECONSTRUCTION: curves[..., 1],
        collapse.KL_NATS: curves[..., 2],
        collapse.KL_BY_LATENT: np.stack([one.kl_by_latent for one in first]),
        collapse.GENERATION: in_bytes(np.stack([one.generations for one in first])),
        **_estimates(variants, trained, settings, n_pixels),
    }


def _estimates(
    variants: Sequence[Variant],
    trained: dict[Variant, Trained],
    settings: VaeSettings,
    n_pixels: int,
) -> Arrays:
    """What each cure reaches, each seed, and as mean over seeds with its interval."""
    by_seed = np.array(
        [
            [_outcome(trained[one], n_pixels, one.kl_weight) for one in seeds]
            for seeds in (seeds_of(variant, settings.collapse_seeds) for variant in variants)
        ]
    )  # (run, seed, outcome)
    arrays: Arrays = {}
    for outcome, (estimate, each) in enumerate(collapse.OUTCOMES.values()):
        values: NDArray = by_seed[..., outcome]
        arrays[estimate] = np.array([mean_over_seeds(row).row() for row in values])
        arrays[each] = values
    return arrays


def _outcome(trained: Trained, n_pixels: int, beta: float) -> tuple[float, ...]:
    """Return latents in use, squared error and bound of a training, as OUTCOMES has them."""
    _, error, kl = trained.last(names.HELD_OUT)
    in_use = int(active_by_kl(trained.kl_by_latent[-1:]).sum())
    return in_use, error, -error / beta - gaussian_constant(beta, n_pixels) - kl
