"""The VAE's three claims, on its loss, its blur and its re-encoding: rules, verdicts and words."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.claims import judge_beside
from precompute.statistics import UNDEFINED, Estimate, next_value, percent, share
from store.records import Claim, Verdict
from store.schema.vae import reconstructions
from store.schema.vae.names import BLUR_CLAIM, LOSS_CLAIM, REENCODE_CLAIM

ORIGINAL_FIRST, ORIGINAL_LAST = 40.9, 23.9
ORIGINAL_EPOCHS, ORIGINAL_WEIGHT, ORIGINAL_IMAGES = 10, 1.0, "FashionMNIST"
# What never learned. The job measures it beside the store's own arrays, under these names.
SHUFFLED, PROJECTED, UNTRAINED = "shuffled_agrees", "projected_agrees", "untrained_agrees"
CONTROL_WORDS = {
    SHUFFLED: "latents shuffled among images",
    PROJECTED: "a random projection",
    UNTRAINED: "the network before training",
}
TIE = 1e-3  # no measure of sharpness is known better
LEAST_SEEDS = 3  # trainings from which their spread is told


@dataclass(frozen=True)
class LossEvidence:
    """What the loss claim rests on."""

    first_train: float
    train: Estimate  # last epoch, bootstrap over training images
    by_seed: tuple[float, ...]  # the same loss of every training, the measured one first
    first_epochs: tuple[tuple[int, float, float], ...]  # batch size, learning rate and its loss
    held_out: float
    n_train: int
    mean_image_error: float
    vae_error: float
    pca_error: float
    pca_in_use_error: float  # with as many components as latents are active
    n_active: int  # by the variance of the posterior mean
    n_active_by_kl: int
    sigma: float  # pixel noise that the loss amounts to
    latent_dim: int
    epochs: int
    kl_weight: float
    images: str  # the setting: a named set or a folder


def loss_claim(loss: LossEvidence) -> Claim:
    """Supported when the loss fell to where one more training of this network would end.

    The original's last figure must lie in the interval that the next seed falls in, 95 times of
    100. It is of one setting: a run of another one, or of too few seeds, is undecided. Its first
    figure depends on batch size and learning rate, which nobody wrote down; the finding names those
    that give it.
    """
    spread = None if len(loss.by_seed) < LEAST_SEEDS else next_value(np.array(loss.by_seed))
    weighted = "KL" if loss.kl_weight == 1 else "β·KL"
    unlike = _unlike_original(loss)
    way = "fell" if loss.train.value < loss.first_train else "went"
    return Claim(
        id=LOSS_CLAIM,
        sentence="Over ten epochs the loss fell from 40.9 to 23.9.",
        original=f"Training loss {ORIGINAL_FIRST} in epoch 1, {ORIGINAL_LAST} in epoch 10.",
        **vars(spread or loss.train),
        unit=f"squared error summed over pixels + {weighted}, per training image, last epoch",
        n=loss.n_train,
        control=loss.mean_image_error,
        control_name="held-out squared error of always the mean image",
        verdict="undecided" if unlike else _loss_verdict(loss, spread),
        finding=(
            f"The training loss {way} from {loss.first_train:.1f} to {loss.train.value:.1f} in "
            f"{loss.epochs} epochs. Held out it ends at {loss.held_out:.1f}. "
            f"{unlike or _spread(spread)}{_first(loss)}{_in_use(loss)} The held-out squared error "
            f"is {loss.vae_error:.1f}. PCA reaches "
            f"{loss.pca_error:.1f} with {loss.latent_dim} components and "
            f"{loss.pca_in_use_error:.1f} with {loss.n_active}, as many as are active."
        ),
        evidence=reconstructions.LOSS.path,
    )


def _loss_verdict(loss: LossEvidence, spread: Estimate | None) -> Verdict:
    if loss.train.value >= loss.first_train:
        return "refuted"
    if spread is None:
        return "undecided"
    return "supported" if spread.low <= ORIGINAL_LAST <= spread.high else "refuted"


def _spread(spread: Estimate | None) -> str:
    if spread is None:
        return (
            f"How far trainings differ takes {LEAST_SEEDS} of them to tell: "
            f"`--set vae.n_seeds={LEAST_SEEDS}`. "
        )
    return f"Another seed would end between {spread.low:.2f} and {spread.high:.2f}. "


def _first(loss: LossEvidence) -> str:
    """Say which batch size and learning rate come nearest to the original's first epoch."""
    if len(loss.first_epochs) < 2:
        return ""
    batch, rate, value = min(loss.first_epochs, key=lambda one: abs(one[2] - ORIGINAL_FIRST))
    return (
        f"The original's {ORIGINAL_FIRST} in the first epoch is nearest to {value:.1f}, of batches "
        f"of {batch} at a learning rate of {rate:g}. "
    )


def _unlike_original(loss: LossEvidence) -> str:
    """Say in what the run differs from the one that the original's figures are of, if it does."""
    ours = (loss.epochs, loss.kl_weight, loss.images)
    if ours == (ORIGINAL_EPOCHS, ORIGINAL_WEIGHT, ORIGINAL_IMAGES):
        return ""
    images = "" if loss.images == ORIGINAL_IMAGES else " of other images"
    return (
        f"The original's figures are of {ORIGINAL_EPOCHS} epochs at β = {ORIGINAL_WEIGHT:g} on "
        f"{ORIGINAL_IMAGES} and are not judged by {loss.epochs} epochs{images} at "
        f"β = {loss.kl_weight:g}. "
    )


def _in_use(loss: LossEvidence) -> str:
    """Say how many latents are in use, and what the loss has to do with those that are not."""
    in_use = (
        f"{loss.n_active} of {loss.latent_dim} latents are active "
        f"({loss.n_active_by_kl} by their KL)."
    )
    if not loss.kl_weight or min(loss.n_active, loss.n_active_by_kl) == loss.latent_dim:
        return in_use
    return (
        f"{in_use} A squared error weighted so amounts to pixel noise of {loss.sigma:.2f}, at "
        f"which the others carry nothing."
    )


def blur_claim(detail: NDArray, ratio: NDArray, blurred: NDArray, sharpened: NDArray) -> Claim:
    """Supported when more than half of the copies are blurrier, and more than among the control.

    detail: share of its original's fine detail that each copy keeps, (N,), NaN where one is flat
    or the copy misplaced; ratio: of their Laplacians' variances. blurred, sharpened: the detail of
    originals that were changed on purpose.
    """
    usable, sharp = (values[~np.isnan(values)] for values in (detail, sharpened))
    blurrier, control = _share_below_one(usable), _share_below_one(sharp).value
    threshold = np.fmax(0.5, control).item()
    return Claim(
        id=BLUR_CLAIM,
        sentence="Reconstructions are blurrier than the originals.",
        original="A few reconstructions, looked at.",
        **vars(blurrier),
        unit="share of test images that keep less than all of their fine detail",
        n=len(usable),
        control=control,
        control_name="sharpened originals",
        verdict=judge_beside(blurrier, threshold, threshold),
        finding=_blur_finding(blurrier, detail, ratio, blurred),
        evidence=reconstructions.DETAIL.path,
    )


def _blur_finding(blurrier: Estimate, detail: NDArray, ratio: NDArray, blurred: NDArray) -> str:
    left_out = int(np.isnan(detail).sum())
    if left_out == len(detail):
        return "Every reconstruction or its original is flat, and a flat picture has no sharpness."
    beside = f" {left_out:,} flat or misplaced copies are left out." if left_out else ""
    return (
        f"{percent(blurrier.value)} of the reconstructions are blurrier than their originals. The "
        f"median keeps {np.nanmedian(detail):.2f} of its original's fine detail; the original "
        f"blurred by one pixel keeps {np.nanmedian(blurred):.2f}. Grain and a lower contrast do "
        f"not change this measure. The variance of the Laplacian, which both change, falls in "
        f"{percent(_share_below_one(ratio[~np.isnan(ratio)]).value)}, to {np.nanmedian(ratio):.2f} "
        f"in the median.{beside}"
    )


def _share_below_one(ratio: NDArray) -> Estimate:
    """Return the share below 1; a value that only rounding tells from 1 is not below."""
    return share(int((ratio < 1 - TIE).sum()), len(ratio)) if len(ratio) else UNDEFINED


def _shows(held: Estimate, control: Estimate) -> str:
    if held.high < control.low:
        return "So passing the round trip does not show that anything was learned."
    if held.low > control.high:
        return "So what was learned shows in the round trip."
    return "So it is open whether the round trip shows what was learned."


def reencode_claim(
    agrees: NDArray, controls: Mapping[str, NDArray], drift: NDArray, second_pass: NDArray
) -> Claim:
    """Supported when classes survive a second pass more often than where nothing was learned.

    All of its interval must lie above that of the best control; below it, the claim is refuted: a
    test that what never learned passes better shows no learning. controls: name -> (N,) flags.
    """
    held = share(int(agrees.sum()), len(agrees))
    shares = {name: share(int(flags.sum()), len(flags)) for name, flags in controls.items()}
    best = max(shares, key=lambda name: shares[name].value)
    control = shares[best]
    others = ", ".join(
        f"{CONTROL_WORDS[name]} {percent(shares[name].value)}" for name in shares if name != best
    )
    return Claim(
        id=REENCODE_CLAIM,
        sentence="Decoding and encoding again shows that encoder and decoder have learned.",
        original="A few images, decoded and encoded again.",
        **vars(held),
        unit="share of test images whose neighbours' class survives re-encoding",
        n=len(agrees),
        control=control.value,
        control_name=CONTROL_WORDS[best],
        verdict=judge_beside(held, control.low, control.high),
        finding=(
            f"Decoded and encoded again, {percent(held.value)} of the latents keep their class; "
            f"with {CONTROL_WORDS[best]} {percent(control.value)} do. {_shows(held, control)} The "
            f"class is that of the nearest latents. Others that never learned: {others}. The "
            f"median latent moves by {np.median(drift):.2f} of its length, and the second pass "
            f"changes a picture by {np.nanmedian(second_pass):.2f} of what the first changed, in "
            f"squared error."
        ),
        evidence=reconstructions.CLASS_AGREES.path,
    )
