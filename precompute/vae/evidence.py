"""Datasets of the study's own model: every test image, a few as pictures, and the baselines."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from precompute.settings import VaeSettings
from precompute.statistics import bootstrap_mean
from precompute.vae import conventions, elbo, latents, sharpness
from precompute.vae.linear import Principal, linear_vae, pca_error
from precompute.vae.passes import Passes, second_pass_ratio, squares
from precompute.vae.training import Trained
from store.records import LossConvention
from store.schema import ArraySpec, vae

Arrays = dict[ArraySpec, NDArray]
SPLITS = ("train", "held_out")
TRAIN, HELD_OUT = "train images while the epoch runs", "test images after the epoch"


def image_arrays(
    passes: Passes, labels: NDArray, pca_errors: NDArray, settings: VaeSettings
) -> Arrays:
    """Datasets with one row per test image."""
    error = elbo.squared_error(passes.images, passes.first)
    before = latents.neighbour_classes(passes.mean, labels, passes.mean, settings.n_neighbours)
    after = latents.neighbour_classes(
        passes.mean, labels, passes.second_mean, settings.n_neighbours
    )
    return {
        vae.LABEL: labels,
        vae.SQUARED_ERROR: error,
        vae.PCA_SQUARED_ERROR: pca_errors,
        vae.LATENT_DRIFT: latents.latent_drift(passes.mean, passes.second_mean),
        vae.SECOND_PASS_RATIO: second_pass_ratio(passes.images, passes.first, passes.second),
        vae.CLASS_AGREES: (before == after).astype(np.uint8),
        **_sharpness(squares(passes.images), squares(passes.first)),
    }


def _sharpness(originals: NDArray, copies: NDArray) -> Arrays:
    blurred, sharpened = sharpness.blurred(originals), sharpness.sharpened(originals)
    laplacian, high = sharpness.laplacian_ratio, sharpness.high_frequency_ratio
    matched = sharpness.matched_laplacian_ratio
    return {
        vae.LAPLACIAN_RATIO: laplacian(copies, originals),
        vae.LAPLACIAN_RATIO_BLURRED: laplacian(blurred, originals),
        vae.LAPLACIAN_RATIO_SHARPENED: laplacian(sharpened, originals),
        vae.MATCHED_RATIO: matched(copies, originals),
        vae.MATCHED_RATIO_BLURRED: matched(blurred, originals),
        vae.MATCHED_RATIO_SHARPENED: matched(sharpened, originals),
        vae.HIGH_FREQUENCY_RATIO: high(copies, originals),
        vae.HIGH_FREQUENCY_RATIO_BLURRED: high(blurred, originals),
        vae.HIGH_FREQUENCY_RATIO_SHARPENED: high(sharpened, originals),
        vae.PSNR: sharpness.psnr_db(originals, copies),
        vae.PSNR_BLURRED: sharpness.psnr_db(originals, blurred),
        vae.SSIM: sharpness.ssim(originals, copies),
        vae.SSIM_BLURRED: sharpness.ssim(originals, blurred),
    }


def baseline_errors(
    own: NDArray, fit: Principal, held_out: NDArray, settings: VaeSettings
) -> dict[str, NDArray]:
    """Held-out squared error of each image under the VAE and each simpler model, by its name."""
    size, weight = settings.latent_dim, settings.kl_weight
    errors = {"VAE": own, f"PCA-{size}": pca_error(fit, held_out, size)}
    if weight > 0:
        errors["linear VAE"] = linear_vae(fit, held_out, size, weight).squared_error
    return errors | {"mean image": pca_error(fit, held_out, 0)}


def baseline_arrays(
    errors: dict[str, NDArray], rng: np.random.Generator, n_resamples: int
) -> Arrays:
    """Mean held-out error of each baseline, with its interval over test images."""
    rows = [bootstrap_mean(error, rng, n_resamples).row() for error in errors.values()]
    return {vae.BASELINE_NAME: np.array(list(errors)), vae.BASELINE_ERROR: np.array(rows)}


def sample_arrays(passes: Passes, rows: NDArray) -> Arrays:
    """A few test images as pictures: original, first and second pass."""
    return {
        vae.SAMPLE_IMAGE: rows.astype(np.int32),
        vae.SAMPLE_PIXELS: in_bytes(passes.images[rows]),
        vae.SAMPLE_RECONSTRUCTION: squares(passes.first[rows]),
        vae.SAMPLE_SECOND_PASS: squares(passes.second[rows]),
    }


def extreme_arrays(passes: Passes, error: NDArray, n_extremes: int) -> Arrays:
    """The worst and the best reconstructions as pictures."""
    order = np.argsort(-error, kind="stable")
    n_extremes = min(n_extremes, len(order) // 2)
    rows = np.concatenate([order[:n_extremes], order[::-1][:n_extremes]])
    return {
        vae.EXTREME_IMAGE: rows.astype(np.int32),
        vae.EXTREME_IS_WORST: (np.arange(len(rows)) < n_extremes).astype(np.uint8),
        vae.EXTREME_PIXELS: in_bytes(passes.images[rows]),
        vae.EXTREME_RECONSTRUCTION: squares(passes.first[rows]),
    }


def class_arrays(
    error: NDArray,
    labels: NDArray,
    class_names: tuple[str, ...],
    rng: np.random.Generator,
    n_resamples: int,
) -> Arrays:
    """Mean error of each class; NaN for a class without an image."""
    rows = [
        bootstrap_mean(error[labels == label], rng, n_resamples).row()
        for label in range(len(class_names))
    ]
    return {vae.CLASS_ERROR: np.array(rows)}


def curve_arrays(settings: VaeSettings, trained: Trained, n_pixels: int, n_test: int) -> Arrays:
    """The training curves with their conventions, and the last held-out loss stated otherwise."""
    train = own_convention(settings.kl_weight, TRAIN)
    held_out = replace(train, averaged_over=HELD_OUT)
    _, error, kl = (float(term) for term in trained.curves[-1, 1])
    loss = conventions.Loss(error, kl, held_out, n_pixels, n_test)
    stated = {name: conventions.convert(loss, target) for name, target in _statements(loss).items()}
    sigma = conventions.implied_sigma(held_out, n_pixels)
    return {
        vae.SPLIT: np.array(SPLITS),
        vae.LOSS_CONVENTION: np.array([train.to_json(), held_out.to_json()]),
        vae.LOSS: trained.curves[:, :, 0],
        vae.RECONSTRUCTION_TERM: trained.curves[:, :, 1],
        vae.KL_NATS: trained.curves[:, :, 2],
        vae.IMPLIED_SIGMA: np.array(sigma),
        vae.STATEMENT: np.array(list(stated)),
        vae.STATED_CONVENTION: np.array([one.convention.to_json() for one in stated.values()]),
        vae.STATED_LOSS: np.array([one.total for one in stated.values()]),
    }


def own_convention(
    kl_weight: float, averaged_over: str, term: str = "squared_error", sigma: float = 0.0
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


def _statements(loss: conventions.Loss) -> dict[str, LossConvention]:
    own = loss.convention
    stated = {
        "squared error, summed (the original's)": own,
        "half the squared error, summed": replace(own, reconstruction="half_squared_error"),
        "squared error, mean over pixels": replace(own, reduce_pixels="mean"),
        "squared error, pixels from -1 to 1": replace(own, pixel_range=(-1.0, 1.0)),
    }
    if own.kl_weight > 0:
        sigma = conventions.implied_sigma(own, loss.n_pixels)
        gaussian = replace(own, reconstruction="gaussian", sigma=sigma)
        stated["Gaussian, in nats"] = gaussian
    return stated


def in_bytes(flat: NDArray) -> NDArray[np.uint8]:
    """Turn pixels in [0, 1], (..., P), into bytes, (..., H, W)."""
    return np.rint(squares(flat) * 255).astype(np.uint8)
