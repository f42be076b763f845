"""The sweep: train every point with every seed, measure, and hold linear models beside it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from precompute.cli import progress
from precompute.errors import JobFailed
from precompute.settings import VaeSettings
from precompute.statistics import mean_over_seeds
from precompute.vae.model import elbo
from precompute.vae.model.passes import squares, two_passes
from precompute.vae.model.terms import Gaussian
from precompute.vae.reconstructions import sharpness
from precompute.vae.reconstructions.linear_baselines import Principal, linear_vae, pca_error
from precompute.vae.reconstructions.summary import HELD_OUT, TRAIN, Arrays, own_convention
from precompute.vae.sweep.metrics import Measured, measure
from precompute.vae.training.images import Images
from precompute.vae.training.loss_conventions import implied_sigma
from precompute.vae.training.train import Trained
from precompute.vae.training.training_shards import TrainAll
from precompute.vae.training.variants import MLP, SQUARED_ERROR, Variant, seeds_of, sweep_points
from store.schema.vae import sweep

TRENDS = ("kl_nats", "active_by_kl", "active_by_variance", "laplacian_ratio")
TRENDS += ("high_frequency_ratio", "squared_error")


@dataclass(frozen=True)
class Point:
    """One point of the sweep, measured."""

    variant: Variant  # with the first seed
    by_seed: tuple[Measured, ...]
    sigma: float  # learned by a Gaussian term, mean over seeds; 0 otherwise
    pictures: Arrays  # of the samples, for a point of the sweep over the KL weight

    def values(self, metric: str) -> NDArray[np.float64]:
        """Return one metric of each training, (seeds,)."""
        return np.array([asdict(found)[metric] for found in self.by_seed], np.float64)


def run_sweep(
    settings: VaeSettings, images: Images, samples: NDArray, train_all: TrainAll
) -> list[Point]:
    """Train and measure every point."""
    points = sweep_points(settings)
    variants = {point: seeds_of(point, settings.sweep_seeds) for point in points}
    every = [variant for point in points for variant in variants[point]]
    trained = dict(zip(every, train_all(every, "training the sweep"), strict=True))
    found = []
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
            shown = _is_of_beta_sweep(point, settings)
            pictures = _sample_pictures(trained[point], images.held_out[samples]) if shown else {}
            found.append(Point(point, tuple(by_seed), sigma, pictures))
    return found


def sweep_arrays(
    points: Sequence[Point], settings: VaeSettings, images: Images, fit: Principal
) -> Arrays:
    """Every dataset of the sweep."""
    held_out = images.held_out.cpu().numpy()
    variants = [point.variant for point in points]
    floor = float(elbo.bernoulli_floor(held_out).mean())
    n_train = [len(images.train[: one.n_train or None]) for one in variants]
    conventions = [
        own_convention(point.variant.kl_weight, HELD_OUT, point.variant.term, point.sigma)
        for point in points
    ]
    of_training = [replace(one, averaged_over=TRAIN) for one in conventions]
    n_informed = min(settings.sweep_test, len(held_out))
    sigmas = [
        implied_sigma(one, held_out.shape[1]) if one.reconstruction == SQUARED_ERROR else one.sigma
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
            [floor if one.term == "bernoulli" else np.nan for one in variants]
        ),
        **_linear_arrays(variants, fit, held_out),
        **_metric_arrays(points),
        **_trend_arrays([one for one in points if _is_of_beta_sweep(one.variant, settings)]),
        **_gallery_arrays(points, settings),
    }


def _linear_arrays(variants: list[Variant], fit: Principal, held_out: NDArray) -> Arrays:
    rows = []
    for one in variants:
        row = [float(pca_error(fit, held_out, one.latent_dim).mean()), np.nan, np.nan, np.nan]
        if one.term == SQUARED_ERROR and one.kl_weight > 0:
            best = linear_vae(fit, held_out, one.latent_dim, one.kl_weight)
            row[1:] = float(best.squared_error.mean()), float(best.loss.mean()), best.n_active
        rows.append(row)
    columns = np.array(rows).T
    specs = (sweep.PCA_ERROR, sweep.LINEAR_ERROR)
    specs += (sweep.LINEAR_LOSS, sweep.LINEAR_ACTIVE)
    return dict(zip(specs, columns, strict=True))


def _metric_arrays(points: Sequence[Point]) -> Arrays:
    arrays: Arrays = {}
    for metric, spec in sweep.ESTIMATES.items():
        values = np.stack([point.values(metric) for point in points])
        arrays[spec] = np.array([mean_over_seeds(row).row() for row in values])
        arrays[sweep.BY_SEED[metric]] = values
    return arrays


def _trend_arrays(points: Sequence[Point]) -> Arrays:
    """Rank correlation of each metric's mean with beta, and whether it ever moves against it."""
    points = sorted(points, key=lambda point: point.variant.kl_weight)
    betas = [point.variant.kl_weight for point in points]
    means = np.array([[point.values(metric).mean() for point in points] for metric in TRENDS])
    found = [
        float(np.asarray(spearmanr(betas, row))[0]) if np.ptp(row) and np.ptp(betas) else np.nan
        for row in means
    ]
    steps = np.diff(means, axis=1)
    monotone = (steps >= 0).all(axis=1) | (steps <= 0).all(axis=1)
    return {
        sweep.TREND: np.array(TRENDS),
        sweep.TREND_SPEARMAN: np.array(found),
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
    own = (MLP, SQUARED_ERROR, settings.latent_dim)
    return (variant.architecture, variant.term, variant.latent_dim) == own


def _check_floor(trained: Trained, variant: Variant, images: Images) -> None:
    """Refuse a binary cross-entropy that no model could have reached."""
    if variant.term != "bernoulli":
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
