"""The sweep: train every point with every seed, measure, and hold linear models beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from precompute.cli import progress
from precompute.errors import JobFailed
from precompute.statistics import mean_over_seeds
from precompute.vae.latent_space.measure import (
    Bounds,
    bounds,
    class_agrees,
    latent_drift,
    mutual_information_nats,
)
from precompute.vae.model import elbo
from precompute.vae.model.passes import Passes, repeated, second_pass_ratio, squares, two_passes
from precompute.vae.model.terms import Gaussian
from precompute.vae.reconstructions import sharpness
from precompute.vae.reconstructions.linear_baselines import Principal, linear_vae, pca_error
from precompute.vae.reconstructions.summary import (
    AFTER_EPOCH,
    WHILE_TRAINING,
    Arrays,
    own_convention,
)
from precompute.vae.settings import VaeSettings, Variant, seeds_of, sweep_points
from precompute.vae.training.images import Images
from precompute.vae.training.loss_conventions import implied_sigma
from precompute.vae.training.train import Trained
from precompute.vae.training.training_shards import TrainAll
from store.schema.vae import names, sweep

TRENDS = (
    names.KL_NATS,
    names.ACTIVE_BY_KL,
    names.ACTIVE_BY_VARIANCE,
    names.LAPLACIAN_RATIO,
    names.HIGH_FREQUENCY_RATIO,
    names.SQUARED_ERROR,
)


@dataclass(frozen=True)
class SweepData:
    """One training of the sweep, and what several metrics need of it."""

    trained: Trained
    passes: Passes  # of every held-out image
    few: Passes  # of the first ones, for what is dear
    class_agreement: float
    bounds: Bounds | None  # none where p(x|z) is no density
    information_nats: float
    prior: NDArray  # (N, D) latents drawn from the prior
    prior_again: NDArray  # (N, D) what they are encoded as once decoded

    @cached_property
    def pictures(self) -> tuple[NDArray, NDArray]:
        """The few images and their copies, (N, H, W) each."""
        return squares(self.few.images), squares(self.few.first)

    @cached_property
    def kl(self) -> NDArray:
        """KL of each latent, (N, D)."""
        return elbo.kl_nats(self.passes.mean, self.passes.log_variance)

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        """Which latents carry KL, (D,)."""
        return elbo.active_by_kl(self.kl)

    def bound(self, name: str) -> float:
        """Return the mean over images of one of the bounds; NaN where there is none."""
        return float(getattr(self.bounds, name).mean()) if self.bounds else np.nan


def measure(
    trained: Trained,
    variant: Variant,
    held_out: torch.Tensor,
    labels: NDArray,
    settings: VaeSettings,
) -> dict[str, float]:
    """Return METRICS by name of a trained model on held-out images (N, P) with labels (N,)."""
    rng = np.random.default_rng(variant.seed)
    passes = two_passes(trained.model, held_out)
    few = passes.head(settings.sweep_test)
    agrees = class_agrees(
        few.mean, labels[: len(few.images)], few.second_mean, settings.n_neighbours
    )
    both = bounds(
        trained.model,
        held_out[: settings.n_importance_images],
        variant.kl_weight,
        settings.n_importance_samples,
        variant.seed,
    )
    information = mutual_information_nats(few.mean, few.log_variance, rng)
    prior = rng.standard_normal((settings.sweep_test, variant.latent_dim), np.float32)
    again = repeated(trained.model, prior, 1).latents[1]
    data = SweepData(trained, passes, few, float(agrees.mean()), both, information, prior, again)
    return {name: metric(data) for name, metric in METRICS.items()}


def _median_drift(before: NDArray, after: NDArray, dimensions: NDArray | None = None) -> float:
    """Return the median drift of latents (N, D), over some dimensions (D,) or all; NaN without."""
    if dimensions is not None:
        before, after = before[:, dimensions], after[:, dimensions]
    return float(np.median(latent_drift(before, after)))


@dataclass(frozen=True)
class Point:
    """One point of the sweep, measured."""

    variant: Variant  # with the first seed
    by_seed: tuple[dict[str, float], ...]  # metrics by name
    sigma: float  # learned by a Gaussian term, mean over seeds; 0 otherwise
    pictures: Arrays  # of the samples, for a point of the sweep over the KL weight

    def values(self, metric: str) -> NDArray[np.float64]:
        """Return one metric of each training, (seeds,)."""
        return np.array([one[metric] for one in self.by_seed], np.float64)


def run_sweep(
    settings: VaeSettings, images: Images, samples: NDArray, train_all: TrainAll
) -> list[Point]:
    """Train and measure every point; samples (S,) are rows stored as pictures."""
    points = sweep_points(settings)
    variants = {point: seeds_of(point, settings.sweep_seeds) for point in points}
    every = [variant for point in points for variant in variants[point]]
    trained = dict(zip(every, train_all(every, "training the sweep"), strict=True))
    measured = []
    with progress.bar("measuring the sweep", len(every), "VAEs") as advance:
        for point in points:
            by_seed = []
            for variant in variants[point]:
                _check_floor(trained[variant], variant, images)
                by_seed.append(
                    measure(trained[variant], variant, images.held_out, images.labels, settings)
                )
                advance(1, variant.name)
            sigma = float(np.mean([_learned_sigma(trained[one]) for one in variants[point]]))
            in_gallery = _is_of_beta_sweep(point, settings)
            pictures = (
                _sample_pictures(trained[point], images.held_out[samples]) if in_gallery else {}
            )
            measured.append(Point(point, tuple(by_seed), sigma, pictures))
    return measured


def sweep_arrays(
    points: Sequence[Point], settings: VaeSettings, images: Images, fit: Principal
) -> Arrays:
    """Every dataset of the sweep."""
    held_out = images.held_out.cpu().numpy()
    variants = [point.variant for point in points]
    floor = float(elbo.bernoulli_floor(held_out).mean())
    n_train = [len(images.train[: one.n_train or None]) for one in variants]
    conventions = [
        own_convention(point.variant.kl_weight, AFTER_EPOCH, point.variant.term, point.sigma)
        for point in points
    ]
    of_training = [replace(one, averaged_over=WHILE_TRAINING) for one in conventions]
    by_seed = {
        metric: np.stack([point.values(metric) for point in points]) for metric in sweep.ESTIMATES
    }
    n_informed = min(settings.sweep_test, len(held_out))
    sigmas = [
        implied_sigma(one, held_out.shape[1])
        if one.reconstruction == names.SQUARED_ERROR
        else one.sigma
        for one in conventions
    ]
    return {
        sweep.ARCHITECTURE: np.array([one.architecture for one in variants]),
        sweep.TERM: np.array([one.term for one in variants]),
        sweep.KL_WEIGHT: np.array([one.kl_weight for one in variants]),
        sweep.LATENT_DIM: np.array([one.latent_dim for one in variants], np.int32),
        sweep.EPOCHS: np.array([one.epochs for one in variants], np.int32),
        sweep.N_TRAIN: np.array(n_train, np.int32),
        sweep.POINT_CONVENTION: np.array([one.to_json() for one in conventions]),
        sweep.TRAIN_CONVENTION: np.array([one.to_json() for one in of_training]),
        sweep.INFORMATION_CEILING: np.array(np.log(n_informed)),
        sweep.IMPLIED_SIGMA: np.array([sigma or np.nan for sigma in sigmas]),
        sweep.BERNOULLI_FLOOR: np.array(
            [floor if one.term == names.BERNOULLI else np.nan for one in variants]
        ),
        **_linear_arrays(variants, fit, held_out),
        **{spec: by_seed[metric] for metric, spec in sweep.BY_SEED.items()},
        **{
            spec: np.array([mean_over_seeds(row).row() for row in by_seed[metric]])
            for metric, spec in sweep.ESTIMATES.items()
        },
        **_trend_arrays([one for one in points if _is_of_beta_sweep(one.variant, settings)]),
        **_gallery_arrays(points, settings),
    }


def _linear_arrays(variants: list[Variant], fit: Principal, held_out: NDArray) -> Arrays:
    rows = []
    for one in variants:
        row = [float(pca_error(fit, held_out, one.latent_dim).mean()), np.nan, np.nan, np.nan]
        if one.term == names.SQUARED_ERROR and one.kl_weight > 0:
            best = linear_vae(fit, held_out, one.latent_dim, one.kl_weight)
            row[1:] = float(best.squared_error.mean()), float(best.loss.mean()), best.n_active
        rows.append(row)
    columns = np.array(rows).T
    specs = (sweep.PCA_ERROR, sweep.LINEAR_ERROR)
    specs += (sweep.LINEAR_LOSS, sweep.LINEAR_ACTIVE)
    return dict(zip(specs, columns, strict=True))


def _trend_arrays(points: Sequence[Point]) -> Arrays:
    """Rank correlation of each metric's mean with beta, and whether it ever moves against it."""
    points = sorted(points, key=lambda point: point.variant.kl_weight)
    betas = [point.variant.kl_weight for point in points]
    means = np.array([[point.values(metric).mean() for point in points] for metric in TRENDS])
    correlations = [
        float(np.asarray(spearmanr(betas, row))[0]) if np.ptp(row) and np.ptp(betas) else np.nan
        for row in means
    ]
    steps = np.diff(means, axis=1)
    monotone = (steps >= 0).all(axis=1) | (steps <= 0).all(axis=1)
    return {
        sweep.TREND: np.array(TRENDS),
        sweep.TREND_SPEARMAN: np.array(correlations),
        sweep.TREND_MONOTONE: np.asarray(monotone, np.uint8),
    }


def _gallery_arrays(points: Sequence[Point], settings: VaeSettings) -> Arrays:
    rows = [i for i, point in enumerate(points) if _is_of_beta_sweep(point.variant, settings)]
    stacked = {
        spec: np.stack([points[row].pictures[spec] for row in rows])
        for spec in points[rows[0]].pictures
    }
    return stacked | {
        sweep.BETA: np.array([points[row].variant.kl_weight for row in rows]),
        sweep.BETA_POINT: np.array(rows, np.int32),
    }


def _sample_pictures(trained: Trained, samples: torch.Tensor) -> Arrays:
    passes = two_passes(trained.model, samples)
    originals, copies = squares(passes.images), squares(passes.first)
    return {
        sweep.BETA_RECONSTRUCTION: copies,
        sweep.BETA_SECOND_PASS: squares(passes.second),
        sweep.BETA_ERROR: elbo.squared_error(passes.images, passes.first),
        sweep.BETA_LAPLACIAN_RATIO: sharpness.laplacian_ratio(copies, originals),
    }


def _is_of_beta_sweep(variant: Variant, settings: VaeSettings) -> bool:
    own = (settings.sweep_architectures[0], names.SQUARED_ERROR, settings.latent_dim)
    return (variant.architecture, variant.term, variant.latent_dim) == own


def _check_floor(trained: Trained, variant: Variant, images: Images) -> None:
    """Refuse a binary cross-entropy that no model could have reached."""
    if variant.term != names.BERNOULLI:
        return
    parts = (images.train[: variant.n_train or None], images.held_out)
    for split, part in enumerate(parts):
        floor = float(elbo.bernoulli_floor(part.cpu().numpy()).mean())
        try:
            elbo.refuse_below_floor(float(trained.curves[:, split, 1].min()), floor)
        except ValueError as error:
            raise JobFailed(f"vae: {variant.name}: {error}") from None


def _learned_sigma(trained: Trained) -> float:
    term = trained.model.term
    return float(term.log_sigma.detach().exp()) if isinstance(term, Gaussian) else 0.0


METRICS: Mapping[str, Callable[[SweepData], float]] = {
    names.TRAIN_LOSS: lambda one: one.trained.last(names.TRAIN)[0],
    names.HELD_OUT_LOSS: lambda one: one.trained.last(names.HELD_OUT)[0],
    names.SQUARED_ERROR: lambda one: float(
        elbo.squared_error(one.passes.images, one.passes.first).mean()
    ),
    names.PSNR_DB: lambda one: float(np.nanmean(sharpness.psnr_db(*one.pictures))),
    names.SSIM: lambda one: float(sharpness.ssim(*one.pictures).mean()),
    names.KL_NATS: lambda one: float(one.kl.sum(axis=1).mean()),
    names.ACTIVE_BY_VARIANCE: lambda one: int(elbo.active_by_variance(one.passes.mean).sum()),
    names.ACTIVE_BY_KL: lambda one: int(one.active.sum()),
    names.MUTUAL_INFORMATION_NATS: lambda one: one.information_nats,
    names.ELBO_NATS: lambda one: one.bound("elbo"),
    names.LOG_LIKELIHOOD_NATS: lambda one: one.bound("importance"),
    names.LAPLACIAN_RATIO: lambda one: float(
        np.nanmedian(sharpness.laplacian_ratio(*reversed(one.pictures)))
    ),
    names.HIGH_FREQUENCY_RATIO: lambda one: float(
        np.nanmedian(sharpness.high_frequency_ratio(*reversed(one.pictures)))
    ),
    names.LATENT_DRIFT: lambda one: _median_drift(one.few.mean, one.few.second_mean),
    names.LATENT_DRIFT_ACTIVE: lambda one: _median_drift(
        one.few.mean, one.few.second_mean, one.active
    ),
    names.SECOND_PASS_RATIO: lambda one: float(
        np.nanmedian(second_pass_ratio(one.few.images, one.few.first, one.few.second))
    ),
    names.CLASS_AGREEMENT: lambda one: one.class_agreement,
    names.PRIOR_DRIFT: lambda one: _median_drift(one.prior, one.prior_again),
    names.PRIOR_DRIFT_ACTIVE: lambda one: _median_drift(one.prior, one.prior_again, one.active),
}
