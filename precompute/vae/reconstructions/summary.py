"""Datasets of the study's own model: every test image, a few as pictures, and the baselines."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import bootstrap_mean
from precompute.vae.latent_space import measure as latent_space_measure
from precompute.vae.model import elbo
from precompute.vae.model.passes import Passes, second_pass_ratio, squares
from precompute.vae.reconstructions import sharpness
from precompute.vae.reconstructions.linear_baselines import Principal, linear_vae, pca_error
from precompute.vae.settings import VaeSettings, first_epoch_points
from precompute.vae.training import loss_conventions
from precompute.vae.training.train import Trained
from store.records import LossConvention
from store.schema import ArraySpec
from store.schema.vae import names, reconstructions

Arrays = dict[ArraySpec, NDArray]
# What a loss is averaged over.
WHILE_TRAINING, AFTER_EPOCH = "train images while the epoch runs", "test images after the epoch"


def image_arrays(
    passes: Passes, labels: NDArray, pca_errors: NDArray, settings: VaeSettings
) -> Arrays:
    """Datasets with one row per test image, of labels and PCA's errors (N,) each."""
    error = elbo.squared_error(passes.images, passes.first)
    agrees = latent_space_measure.class_agrees(
        passes.mean, labels, passes.second_mean, settings.n_neighbours
    )
    return {
        reconstructions.LABEL: labels,
        reconstructions.SQUARED_ERROR: error,
        reconstructions.PCA_SQUARED_ERROR: pca_errors,
        reconstructions.LATENT_DRIFT: latent_space_measure.latent_drift(
            passes.mean, passes.second_mean
        ),
        reconstructions.SECOND_PASS_RATIO: second_pass_ratio(
            passes.images, passes.first, passes.second
        ),
        reconstructions.CLASS_AGREES: agrees.astype(np.uint8),
        **_sharpness(squares(passes.images), squares(passes.first)),
    }


def _sharpness(originals: NDArray, copies: NDArray) -> Arrays:
    blurred, sharpened = sharpness.blurred(originals), sharpness.sharpened(originals)
    laplacian, high = sharpness.laplacian_ratio, sharpness.high_frequency_ratio
    matched = sharpness.matched_laplacian_ratio
    return {
        reconstructions.LAPLACIAN_RATIO: laplacian(copies, originals),
        reconstructions.LAPLACIAN_RATIO_BLURRED: laplacian(blurred, originals),
        reconstructions.LAPLACIAN_RATIO_SHARPENED: laplacian(sharpened, originals),
        reconstructions.MATCHED_RATIO: matched(copies, originals),
        reconstructions.MATCHED_RATIO_BLURRED: matched(blurred, originals),
        reconstructions.MATCHED_RATIO_SHARPENED: matched(sharpened, originals),
        reconstructions.DETAIL: sharpness.detail_kept(copies, originals),
        reconstructions.DETAIL_BLURRED: sharpness.detail_kept(blurred, originals),
        reconstructions.DETAIL_SHARPENED: sharpness.detail_kept(sharpened, originals),
        reconstructions.HIGH_FREQUENCY_RATIO: high(copies, originals),
        reconstructions.HIGH_FREQUENCY_RATIO_BLURRED: high(blurred, originals),
        reconstructions.HIGH_FREQUENCY_RATIO_SHARPENED: high(sharpened, originals),
        reconstructions.PSNR: sharpness.psnr_db(originals, copies),
        reconstructions.PSNR_BLURRED: sharpness.psnr_db(originals, blurred),
        reconstructions.SSIM: sharpness.ssim(originals, copies),
        reconstructions.SSIM_BLURRED: sharpness.ssim(originals, blurred),
    }


def baseline_errors(
    own: NDArray, fit: Principal, held_out: NDArray, settings: VaeSettings
) -> dict[str, NDArray]:
    """Squared error (N,) of the held-out images (N, P) under the VAE and simpler models."""
    size, weight = settings.latent_dim, settings.kl_weight
    errors = {names.OWN_MODEL: own, names.pca_baseline(size): pca_error(fit, held_out, size)}
    if weight > 0:
        errors[names.LINEAR_VAE] = linear_vae(fit, held_out, size, weight).squared_error
    return errors | {names.MEAN_IMAGE: pca_error(fit, held_out, 0)}


def baseline_arrays(
    errors: dict[str, NDArray], rng: np.random.Generator, n_resamples: int
) -> Arrays:
    """Mean of each baseline's held-out errors (N,), with its interval over test images."""
    rows = [bootstrap_mean(error, rng, n_resamples).row() for error in errors.values()]
    return {
        reconstructions.BASELINE_NAME: np.array(list(errors)),
        reconstructions.BASELINE_ERROR: np.array(rows),
    }


def sample_arrays(passes: Passes, rows: NDArray) -> Arrays:
    """A few test images (S,) as pictures: original, first and second pass."""
    return {
        reconstructions.SAMPLE_IMAGE: rows.astype(np.int32),
        reconstructions.SAMPLE_PIXELS: in_bytes(passes.images[rows]),
        reconstructions.SAMPLE_RECONSTRUCTION: squares(passes.first[rows]),
        reconstructions.SAMPLE_SECOND_PASS: squares(passes.second[rows]),
    }


def extreme_arrays(passes: Passes, error: NDArray, n_extremes: int) -> Arrays:
    """The reconstructions of largest and least error (N,) as pictures."""
    order = np.argsort(-error, kind="stable")
    n_extremes = min(n_extremes, len(order) // 2)
    rows = np.concatenate([order[:n_extremes], order[::-1][:n_extremes]])
    return {
        reconstructions.EXTREME_IMAGE: rows.astype(np.int32),
        reconstructions.EXTREME_IS_WORST: (np.arange(len(rows)) < n_extremes).astype(np.uint8),
        reconstructions.EXTREME_PIXELS: in_bytes(passes.images[rows]),
        reconstructions.EXTREME_RECONSTRUCTION: squares(passes.first[rows]),
    }


def class_arrays(
    error: NDArray,
    labels: NDArray,
    class_names: tuple[str, ...],
    rng: np.random.Generator,
    n_resamples: int,
) -> Arrays:
    """Mean error (N,) of each class by its labels (N,); NaN for a class without an image."""
    rows = [
        bootstrap_mean(error[labels == label], rng, n_resamples).row()
        for label in range(len(class_names))
    ]
    return {reconstructions.CLASS_ERROR: np.array(rows)}


def curve_arrays(settings: VaeSettings, trained: Trained, n_pixels: int, n_test: int) -> Arrays:
    """The training curves with their conventions, and the last held-out loss stated otherwise."""
    train = own_convention(settings.kl_weight, WHILE_TRAINING)
    held_out = replace(train, averaged_over=AFTER_EPOCH)
    _, error, kl = trained.last(names.HELD_OUT)
    loss = loss_conventions.Loss(error, kl, held_out, n_pixels, n_test)
    stated = {
        name: loss_conventions.convert(loss, target) for name, target in _statements(loss).items()
    }
    sigma = loss_conventions.implied_sigma(held_out, n_pixels)
    return {
        reconstructions.SPLIT: np.array(names.SPLITS),
        reconstructions.LOSS_CONVENTION: np.array([train.to_json(), held_out.to_json()]),
        reconstructions.LOSS: trained.curves[:, :, 0],
        reconstructions.RECONSTRUCTION_TERM: trained.curves[:, :, 1],
        reconstructions.KL_NATS: trained.curves[:, :, 2],
        reconstructions.IMPLIED_SIGMA: np.array(sigma),
        reconstructions.STATEMENT: np.array(list(stated)),
        reconstructions.STATED_CONVENTION: np.array(
            [one.convention.to_json() for one in stated.values()]
        ),
        reconstructions.STATED_LOSS: np.array([one.total for one in stated.values()]),
    }


def training_arrays(
    settings: VaeSettings, own: Sequence[Trained], firsts: Sequence[Trained]
) -> Arrays:
    """The own model's last loss by seed, and the first epoch's at other batches and rates."""
    arrays = {reconstructions.LAST_BY_SEED: np.array([one.last(names.TRAIN)[0] for one in own])}
    points = first_epoch_points(settings)
    if not points:
        return arrays
    return arrays | {
        reconstructions.FIRST_EPOCH_BATCH: np.array([one.batch_size for one in points], np.int32),
        reconstructions.FIRST_EPOCH_RATE: np.array([one.learning_rate for one in points]),
        reconstructions.FIRST_EPOCH_LOSS: np.array([one.last(names.TRAIN)[0] for one in firsts]),
    }


def own_convention(
    kl_weight: float, averaged_over: str, term: str = names.SQUARED_ERROR, sigma: float = 0.0
) -> LossConvention:
    """Return the convention that every training of this study uses."""
    return LossConvention(
        reconstruction=term,
        pixel_range=(0.0, 1.0),
        reduce_pixels="sum",
        reduce_batch="mean",
        kl_weight=kl_weight,
        latent="latent_sample",
        averaged_over=averaged_over,
        sigma=sigma,
    )


def _statements(loss: loss_conventions.Loss) -> dict[str, LossConvention]:
    own = loss.convention
    stated = {
        "squared error, summed (the original's)": own,
        "half the squared error, summed": replace(own, reconstruction=names.HALF_SQUARED_ERROR),
        "squared error, mean over pixels": replace(own, reduce_pixels="mean"),
        "squared error, pixels from -1 to 1": replace(own, pixel_range=(-1.0, 1.0)),
    }
    if own.kl_weight > 0:
        sigma = loss_conventions.implied_sigma(own, loss.n_pixels)
        gaussian = replace(own, reconstruction=names.GAUSSIAN, sigma=sigma)
        stated["Gaussian, in nats"] = gaussian
    return stated


def in_bytes(flat: NDArray) -> NDArray[np.uint8]:
    """Turn pixels in [0, 1], (..., P), into bytes, (..., H, W)."""
    return np.rint(squares(flat) * 255).astype(np.uint8)
