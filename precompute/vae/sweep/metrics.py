"""What is measured of every model of the sweep."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from precompute.settings import VaeSettings
from precompute.vae.latent_space import measure as latent_space_measure
from precompute.vae.latent_space.information import mutual_information_nats
from precompute.vae.latent_space.likelihood import bounds
from precompute.vae.model import elbo
from precompute.vae.model.passes import Passes, repeated, second_pass_ratio, squares, two_passes
from precompute.vae.reconstructions import sharpness
from precompute.vae.training.train import Trained
from precompute.vae.training.variants import Variant


@dataclass(frozen=True)
class Measured:
    """One training of the sweep; the fields are the schema's metrics."""

    train_loss: float
    held_out_loss: float
    squared_error: float
    psnr_db: float
    ssim: float
    kl_nats: float
    active_by_variance: int
    active_by_kl: int
    mutual_information_nats: float
    elbo_nats: float
    log_likelihood_nats: float
    laplacian_ratio: float
    high_frequency_ratio: float
    latent_drift: float
    latent_drift_active: float
    second_pass_ratio: float
    class_agreement: float
    prior_drift: float
    prior_drift_active: float


def measure(
    trained: Trained,
    variant: Variant,
    held_out: torch.Tensor,
    labels: NDArray,
    settings: VaeSettings,
) -> Measured:
    """Measure a trained model on held-out images (N, P): the cheap things on all of them."""
    rng = np.random.default_rng(variant.seed)
    passes = two_passes(trained.model, held_out)
    few = passes.head(settings.sweep_test)
    originals, copies = squares(few.images), squares(few.first)
    kl = elbo.kl_nats(passes.mean, passes.log_variance)
    active = elbo.active_by_kl(kl)
    elbo_nats, likelihood = _likelihood(trained, variant, held_out, settings)
    information = mutual_information_nats(few.mean, few.log_variance, rng)
    drift = _median_drift(few.mean, few.second_mean, active)
    prior_drift = _median_drift(*_prior_latents(trained, variant, settings, rng), active)
    return Measured(
        train_loss=float(trained.curves[-1, 0, 0]),
        held_out_loss=float(trained.curves[-1, 1, 0]),
        squared_error=float(elbo.squared_error(passes.images, passes.first).mean()),
        psnr_db=float(np.nanmean(sharpness.psnr_db(originals, copies))),
        ssim=float(sharpness.ssim(originals, copies).mean()),
        kl_nats=float(kl.sum(axis=1).mean()),
        active_by_variance=int(elbo.active_by_variance(passes.mean).sum()),
        active_by_kl=int(active.sum()),
        mutual_information_nats=information,
        elbo_nats=elbo_nats,
        log_likelihood_nats=likelihood,
        laplacian_ratio=float(np.nanmedian(sharpness.laplacian_ratio(copies, originals))),
        high_frequency_ratio=float(np.nanmedian(sharpness.high_frequency_ratio(copies, originals))),
        latent_drift=drift[0],
        latent_drift_active=drift[1],
        second_pass_ratio=float(np.nanmedian(second_pass_ratio(few.images, few.first, few.second))),
        class_agreement=_class_agreement(few, labels[: len(few.images)], settings),
        prior_drift=prior_drift[0],
        prior_drift_active=prior_drift[1],
    )


def _likelihood(
    trained: Trained, variant: Variant, held_out: torch.Tensor, settings: VaeSettings
) -> tuple[float, float]:
    found = bounds(
        trained.model,
        held_out[: settings.n_importance_images],
        variant.kl_weight,
        settings.n_importance_samples,
        variant.seed,
    )
    if found is None:
        return np.nan, np.nan
    return float(found.elbo.mean()), float(found.importance.mean())


def _class_agreement(few: Passes, labels: NDArray, settings: VaeSettings) -> float:
    before, after = (
        latent_space_measure.neighbour_classes(few.mean, labels, queries, settings.n_neighbours)
        for queries in (few.mean, few.second_mean)
    )
    return float((before == after).mean())


def _prior_latents(
    trained: Trained, variant: Variant, settings: VaeSettings, rng: np.random.Generator
) -> tuple[NDArray, NDArray]:
    """Return latents drawn from the prior, and what they are encoded as once decoded."""
    drawn = rng.standard_normal((settings.sweep_test, variant.latent_dim), np.float32)
    return drawn, repeated(trained.model, drawn, 1).latents[1]


def _median_drift(before: NDArray, after: NDArray, active: NDArray) -> tuple[float, float]:
    """Return the median drift over all dimensions, and over the active ones; NaN without one."""
    return (
        float(np.median(latent_space_measure.latent_drift(before, after))),
        float(np.median(latent_space_measure.latent_drift(before[:, active], after[:, active]))),
    )
