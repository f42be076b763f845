"""The three claims of the VAE study, in words made from the numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import Estimate, bootstrap_mean, percent, share
from store.records import Claim
from store.schema import ArraySpec, vae

ORIGINAL_FIRST, ORIGINAL_LAST = 40.9, 23.9
# Seeds, batch order and the exact architecture move the last loss by a few per cent.
CLOSE_TO_ORIGINAL = 0.10


@dataclass(frozen=True)
class LossEvidence:
    """What the loss claim rests on."""

    first_train: float
    train: Estimate  # last epoch, bootstrap over training images
    held_out: float
    n_train: int
    mean_image_error: float
    vae_error: float
    pca_error: float
    n_active: int  # by the variance of the posterior mean
    n_active_by_kl: int
    sigma: float  # pixel noise that the loss amounts to
    latent_dim: int
    epochs: int


def make_claims(
    loss: LossEvidence, arrays: Mapping[ArraySpec, NDArray], shuffled_agrees: NDArray
) -> tuple[Claim, ...]:
    """Return the study's claims from its datasets."""
    blurred, sharpened = vae.LAPLACIAN_RATIO_BLURRED, vae.LAPLACIAN_RATIO_SHARPENED
    return (
        loss_claim(loss),
        blur_claim(arrays[vae.LAPLACIAN_RATIO], arrays[blurred], arrays[sharpened]),
        reencode_claim(
            arrays[vae.CLASS_AGREES],
            shuffled_agrees,
            arrays[vae.LATENT_DRIFT],
            arrays[vae.SECOND_PASS_RATIO],
        ),
    )


def loss_claim(found: LossEvidence) -> Claim:
    """Supported when the loss fell and ended within ten per cent of the original's."""
    close = abs(found.train.value - ORIGINAL_LAST) <= CLOSE_TO_ORIGINAL * ORIGINAL_LAST
    fell = found.train.value < found.first_train
    return Claim(
        id="vae-loss",
        sentence="Over ten epochs the loss fell from 40.9 to 23.9.",
        original=f"Training loss {ORIGINAL_FIRST} in epoch 1, {ORIGINAL_LAST} in epoch 10.",
        value=found.train.value,
        low=found.train.low,
        high=found.train.high,
        unit="squared error summed over pixels + KL, per training image, last epoch",
        n=found.n_train,
        control=found.mean_image_error,
        control_name="always the mean image",
        verdict="supported" if close and fell else "refuted",
        finding=(
            f"The training loss fell from {found.first_train:.1f} to {found.train.value:.1f} in "
            f"{found.epochs} epochs ({found.held_out:.1f} held out). What it hides: it assumes "
            f"pixel noise of {found.sigma:.2f}, so that {found.n_active} of {found.latent_dim} "
            f"latents are active ({found.n_active_by_kl} by their KL), and the held-out squared "
            f"error is {found.vae_error:.1f} against {found.pca_error:.1f} for PCA with as many "
            f"components."
        ),
        evidence=vae.LOSS.path,
    )


def blur_claim(ratio: NDArray, blurred: NDArray, sharpened: NDArray) -> Claim:
    """Supported when more than half of the images lose sharpness, and more than the control."""
    kept = ratio[~np.isnan(ratio)]
    blurrier = share(int((kept < 1).sum()), len(kept))
    control = float((sharpened[~np.isnan(sharpened)] < 1).mean())
    return Claim(
        id="vae-blur",
        sentence="Reconstructions are blurrier than the originals.",
        original="A few reconstructions, looked at.",
        value=blurrier.value,
        low=blurrier.low,
        high=blurrier.high,
        unit="share of test images whose Laplacian variance falls",
        n=len(kept),
        control=control,
        control_name="sharpened originals",
        verdict="supported" if blurrier.low > max(0.5, control) else "refuted",
        finding=(
            f"{percent(blurrier.value)} of reconstructions are blurrier than their original: the "
            f"median keeps {np.median(kept):.2f} of its Laplacian variance; a blur of one pixel "
            f"keeps {np.nanmedian(blurred):.2f}."
        ),
        evidence=vae.LAPLACIAN_RATIO.path,
    )


def reencode_claim(
    agrees: NDArray, shuffled_agrees: NDArray, drift: NDArray, second_pass: NDArray
) -> Claim:
    """Supported when classes survive a second pass more often than among shuffled images."""
    kept = share(int(agrees.sum()), len(agrees))
    control = share(int(shuffled_agrees.sum()), len(shuffled_agrees))
    return Claim(
        id="vae-reencode",
        sentence="Decoding and encoding again shows that encoder and decoder have learned.",
        original="A few images, decoded and encoded again.",
        value=kept.value,
        low=kept.low,
        high=kept.high,
        unit="share of test images whose neighbours' class survives re-encoding",
        n=len(agrees),
        control=control.value,
        control_name="latents shuffled among images",
        verdict="supported" if kept.low > control.high else "refuted",
        finding=(
            f"After decoding and encoding again {percent(kept.value)} of latents keep the class of "
            f"their neighbours; the median latent moves by {np.median(drift):.2f} of its length, "
            f"and the second copy differs from the first by {np.nanmedian(second_pass):.2f} of the "
            f"squared error between original and first copy."
        ),
        evidence=vae.CLASS_AGREES.path,
    )


def train_estimate(losses: NDArray, rng: np.random.Generator, n_resamples: int) -> Estimate:
    """Last epoch's train loss with its interval over training images."""
    return bootstrap_mean(losses, rng, n_resamples)
