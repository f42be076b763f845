"""Turn a VAE loss from one convention into another, exactly, or refuse.

Squared error, half of it, and a Gaussian of fixed sigma say the same up to a factor and a constant;
so do sums and means, and pixel ranges of another width. A cross-entropy is another quantity.
"""

import math
from dataclasses import dataclass, replace

from store.records import LossConvention
from store.schema.vae.names import GAUSSIAN, HALF_SQUARED_ERROR, SQUARED_ERROR

SQUARED = (SQUARED_ERROR, HALF_SQUARED_ERROR, GAUSSIAN)


@dataclass(frozen=True)
class Loss:
    """One loss with all that is needed to state it otherwise."""

    reconstruction: float
    kl_nats: float  # per image, unweighted, whatever the reductions of the reconstruction term
    convention: LossConvention
    n_pixels: int
    n_images: int  # that a sum over the batch runs over

    @property
    def total(self) -> float:
        """Reconstruction term plus weighted KL, reduced as the convention says.

        A mean over pixels divides the reconstruction term alone, and a sum over the batch
        multiplies both, as training loops do.
        """
        images = self.n_images if self.convention.reduce_batch == "sum" else 1
        return self.reconstruction + self.convention.kl_weight * self.kl_nats * images


def convert(loss: Loss, target: LossConvention) -> Loss:
    """Return the same loss in the target's convention; its KL weight follows the old one's scale.

    The KL weight of the result is the one that keeps the optimum where it was: a reconstruction
    term twice as large needs twice the weight. `target.kl_weight` is therefore not read.

    Raises ValueError: the two are different quantities, and no factor turns one into the other.
    """
    source = loss.convention
    if (source.latent, source.averaged_over) != (target.latent, target.averaged_over):
        raise ValueError(
            f"a loss of the {source.latent} averaged over {source.averaged_over} cannot be turned "
            f"into one of the {target.latent} averaged over {target.averaged_over}: measure it."
        )
    scale = _scale(target, loss) / _scale(source, loss)
    same_family = source.reconstruction in SQUARED and target.reconstruction in SQUARED
    if source.reconstruction != target.reconstruction and not same_family:
        raise ValueError(
            f"{source.reconstruction} and {target.reconstruction} are different quantities: no "
            f"factor turns one into the other. Train or measure with the other term."
        )
    if not same_family and source.pixel_range != target.pixel_range:
        raise ValueError(f"{source.reconstruction} has no meaning on pixels outside [0, 1].")
    bare = loss.reconstruction - _constant(source, loss)
    images = _images(target, loss) / _images(source, loss)
    weight = source.kl_weight * scale / images
    return replace(
        loss,
        reconstruction=bare * scale + _constant(target, loss),
        convention=replace(target, kl_weight=weight),
    )


def implied_sigma(convention: LossConvention, n_pixels: int) -> float:
    """Return the pixel noise, on pixels in [0, 1], of the Gaussian that a squared error amounts to.

    It is sqrt(beta / 2) for a squared error summed over pixels in [0, 1] (Lucas et al. 2019).
    """
    one = Loss(0.0, 0.0, replace(convention, reduce_batch="mean"), n_pixels, 1)
    return math.sqrt(convention.kl_weight / (2 * _scale(one.convention, one)))


def _scale(convention: LossConvention, loss: Loss) -> float:
    """Return what one unit of squared error, summed over [0, 1] pixels, is in the convention."""
    factor = {HALF_SQUARED_ERROR: 0.5, GAUSSIAN: 0.5}.get(convention.reconstruction, 1.0)
    if convention.reconstruction == GAUSSIAN:
        factor /= convention.sigma**2
    if convention.reconstruction in SQUARED:
        low, high = convention.pixel_range
        factor *= (high - low) ** 2
    if convention.reduce_pixels == "mean":
        factor /= loss.n_pixels
    return factor * _images(convention, loss)


def _constant(convention: LossConvention, loss: Loss) -> float:
    """Return the Gaussian's normaliser in the convention; 0 for every other term."""
    if convention.reconstruction != GAUSSIAN:
        return 0.0
    each = math.log(convention.sigma) + 0.5 * math.log(2 * math.pi)
    pixels = 1 if convention.reduce_pixels == "mean" else loss.n_pixels
    return each * pixels * _images(convention, loss)


def _images(convention: LossConvention, loss: Loss) -> int:
    return loss.n_images if convention.reduce_batch == "sum" else 1
