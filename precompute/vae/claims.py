"""The three claims of the VAE study, in words made from the numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import UNDEFINED, Estimate, bootstrap_mean, percent, share
from store.records import Claim, Verdict
from store.schema import ArraySpec
from store.schema.vae import reconstructions

ORIGINAL_FIRST, ORIGINAL_LAST = 40.9, 23.9
ORIGINAL_EPOCHS, ORIGINAL_WEIGHT, ORIGINAL_IMAGES = 10, 1.0, "FashionMNIST"
# Seeds, batch order and the exact architecture move a loss by a few per cent.
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
    kl_weight: float
    images: str  # the setting: a named set or a folder


def make_claims(
    loss: LossEvidence, arrays: Mapping[ArraySpec, NDArray], shuffled_agrees: NDArray
) -> tuple[Claim, ...]:
    """Return the study's claims from its datasets."""
    return (
        loss_claim(loss),
        blur_claim(
            arrays[reconstructions.MATCHED_RATIO],
            arrays[reconstructions.LAPLACIAN_RATIO],
            arrays[reconstructions.MATCHED_RATIO_BLURRED],
            arrays[reconstructions.MATCHED_RATIO_SHARPENED],
        ),
        reencode_claim(
            arrays[reconstructions.CLASS_AGREES],
            shuffled_agrees,
            arrays[reconstructions.LATENT_DRIFT],
            arrays[reconstructions.SECOND_PASS_RATIO],
        ),
    )


def verdict_of(found: Estimate, low: float, high: float) -> Verdict:
    """Judge an interval against what it must exceed: all of it, none of it, or undecided."""
    if found.low > high:
        return "supported"
    return "refuted" if found.high < low else "undecided"


def loss_claim(found: LossEvidence) -> Claim:
    """Supported when the loss fell, from and to within ten per cent of the original's figures.

    They are figures of one setting: a run of another one leaves the claim undecided.
    """
    weighted = "KL" if found.kl_weight == 1 else "β·KL"
    unlike = _unlike_original(found)
    way = "fell" if found.train.value < found.first_train else "went"
    return Claim(
        id="vae-loss",
        sentence="Over ten epochs the loss fell from 40.9 to 23.9.",
        original=f"Training loss {ORIGINAL_FIRST} in epoch 1, {ORIGINAL_LAST} in epoch 10.",
        value=found.train.value,
        low=found.train.low,
        high=found.train.high,
        unit=f"squared error summed over pixels + {weighted}, per training image, last epoch",
        n=found.n_train,
        control=found.mean_image_error,
        control_name="held-out squared error of always the mean image",
        verdict="undecided" if unlike else _loss_verdict(found),
        finding=(
            f"The training loss {way} from {found.first_train:.1f} to {found.train.value:.1f} in "
            f"{found.epochs} epochs ({found.held_out:.1f} held out). {unlike}{_hidden(found)}, and "
            f"the held-out squared error is {found.vae_error:.1f} against {found.pca_error:.1f} "
            f"for PCA with as many components."
        ),
        evidence=reconstructions.LOSS.path,
    )


def _loss_verdict(found: LossEvidence) -> Verdict:
    pairs = (found.first_train, ORIGINAL_FIRST), (found.train.value, ORIGINAL_LAST)
    close = all(abs(ours - theirs) <= CLOSE_TO_ORIGINAL * theirs for ours, theirs in pairs)
    return "supported" if close and found.train.value < found.first_train else "refuted"


def _unlike_original(found: LossEvidence) -> str:
    """Say in what the run differs from the one that the original's figures are of, if it does."""
    ours = (found.epochs, found.kl_weight, found.images)
    if ours == (ORIGINAL_EPOCHS, ORIGINAL_WEIGHT, ORIGINAL_IMAGES):
        return ""
    images = "" if found.images == ORIGINAL_IMAGES else " of other images"
    return (
        f"The original's figures are of {ORIGINAL_EPOCHS} epochs at β = {ORIGINAL_WEIGHT:g} on "
        f"{ORIGINAL_IMAGES} and are not judged by {found.epochs} epochs{images} at "
        f"β = {found.kl_weight:g}. "
    )


def _hidden(found: LossEvidence) -> str:
    """Say how many latents are in use, and what the loss has to do with those that are not."""
    said = (
        f"{found.n_active} of {found.latent_dim} latents are active "
        f"({found.n_active_by_kl} by their KL)"
    )
    if not found.kl_weight or min(found.n_active, found.n_active_by_kl) == found.latent_dim:
        return said
    return f"What it hides: it assumes pixel noise of {found.sigma:.2f}, so that {said}"


def blur_claim(matched: NDArray, ratio: NDArray, blurred: NDArray, sharpened: NDArray) -> Claim:
    """Supported when more than half of the copies are blurrier, and more than among the control.

    matched: Laplacian ratio of each copy at its original's contrast, (N,), NaN where one is flat;
    ratio: as it is, with what the copy lost of its contrast. blurred, sharpened: the matched ratio
    of originals that were changed on purpose.
    """
    kept, sharp = (values[~np.isnan(values)] for values in (matched, sharpened))
    blurrier, control = _share_below_one(kept), _share_below_one(sharp).value
    threshold = np.fmax(0.5, control).item()
    return Claim(
        id="vae-blur",
        sentence="Reconstructions are blurrier than the originals.",
        original="A few reconstructions, looked at.",
        value=blurrier.value,
        low=blurrier.low,
        high=blurrier.high,
        unit="share of test images whose Laplacian variance falls at equal contrast",
        n=len(kept),
        control=control,
        control_name="sharpened originals",
        verdict=verdict_of(blurrier, threshold, threshold),
        finding=_blur_finding(blurrier, kept, ratio, blurred),
        evidence=reconstructions.MATCHED_RATIO.path,
    )


def _blur_finding(blurrier: Estimate, kept: NDArray, ratio: NDArray, blurred: NDArray) -> str:
    if not len(kept):
        return "Every reconstruction or its original is flat, and a flat picture has no sharpness."
    return (
        f"{percent(blurrier.value)} of reconstructions are blurrier than their original at equal "
        f"contrast: the median keeps {np.median(kept):.2f} of its Laplacian variance; a blur of "
        f"one pixel keeps {np.nanmedian(blurred):.2f}. With the contrast that they lost, "
        f"{percent(_share_below_one(ratio[~np.isnan(ratio)]).value)} fall, and the median keeps "
        f"{np.nanmedian(ratio):.2f}."
    )


def _share_below_one(ratio: NDArray) -> Estimate:
    return share(int((ratio < 1).sum()), len(ratio)) if len(ratio) else UNDEFINED


def reencode_claim(
    agrees: NDArray, shuffled_agrees: NDArray, drift: NDArray, second_pass: NDArray
) -> Claim:
    """Supported when classes survive a second pass more often than among shuffled images.

    All of its interval must lie above the control's, or below to be refuted.
    """
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
        verdict=verdict_of(kept, control.low, control.high),
        finding=(
            f"After decoding and encoding again {percent(kept.value)} of latents keep the class of "
            f"their neighbours; the median latent moves by {np.median(drift):.2f} of its length, "
            f"and the second copy differs from the first by {np.nanmedian(second_pass):.2f} of the "
            f"squared error between original and first copy."
        ),
        evidence=reconstructions.CLASS_AGREES.path,
    )


def train_estimate(losses: NDArray, rng: np.random.Generator, n_resamples: int) -> Estimate:
    """Last epoch's train loss with its interval over training images."""
    return bootstrap_mean(losses, rng, n_resamples)
