"""Reconstruction terms: the loss of a picture given the decoder's logits, and the mean picture.

Each is a module called with logits and images, (N, P) each, that returns one loss per image, (N,),
summed over pixels. `mean` turns logits into the expected picture, in [0, 1].
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, relu

from precompute.vae.model.elbo import gaussian_constant
from store.schema.vae.names import BERNOULLI, CONTINUOUS_BERNOULLI, GAUSSIAN, SQUARED_ERROR

NEAR_ZERO = 0.5  # size of a logit below which a series, off by 1e-8 at most, replaces 0 / 0


class Term(nn.Module):
    """What the reconstruction terms share, unless they say otherwise."""

    def mean(self, logits: Tensor) -> Tensor:
        """Return the expected picture, (N, P) -> (N, P)."""
        return torch.sigmoid(logits)

    def log_density(self, logits: Tensor, images: Tensor, kl_weight: float) -> Tensor | None:
        """Return log p(x|z) in nats, (N, P) twice -> (N,); none where the KL's weight is not 1."""
        return -self(logits, images) if kl_weight == 1 else None


class SquaredError(Term):
    """Squared error; with a KL weight beta, a Gaussian whose sigma is sqrt(beta / 2)."""

    def forward(self, logits: Tensor, images: Tensor) -> Tensor:
        """Return the loss of each image, (N, P) twice -> (N,)."""
        return (torch.sigmoid(logits) - images).square().sum(dim=1)

    def log_density(self, logits: Tensor, images: Tensor, kl_weight: float) -> Tensor | None:
        """Return log p(x|z) (N,), in nats, of the Gaussian that this loss is; none at beta 0."""
        if kl_weight == 0:
            return None
        return -self(logits, images) / kl_weight - gaussian_constant(kl_weight, images.shape[1])


class Bernoulli(Term):
    """Binary cross-entropy: a likelihood of black and white pixels, and none of grey ones."""

    def forward(self, logits: Tensor, images: Tensor) -> Tensor:
        """Return the loss of each image, (N, P) twice -> (N,)."""
        return binary_cross_entropy_with_logits(logits, images, reduction="none").sum(dim=1)

    def log_density(self, logits: Tensor, images: Tensor, kl_weight: float) -> Tensor | None:
        """Return none: grey values have no Bernoulli likelihood."""
        return None


class ContinuousBernoulli(Term):
    """The Bernoulli made a density on [0, 1] (Loaiza-Ganem & Cunningham 2019).

    It is written in the logit l, p(x) = e^(lx) l / (e^l - 1). Torch's own goes by way of the
    probability, which float32 cannot tell from 0 or 1 beyond |l| = 16: its density then no longer
    adds up to 1, and its normaliser passes no gradient. The density at a pixel of exactly 0 or 1
    grows with |l| without end, so that the loss of such pictures has no floor.
    """

    def forward(self, logits: Tensor, images: Tensor) -> Tensor:
        """Return the loss (N,) of images (N, P); it may be negative, as a density may exceed 1."""
        return (log_normaliser(logits) - logits * images).sum(dim=1)

    def mean(self, logits: Tensor) -> Tensor:
        """Return the expected picture (N, P), which is nearer to grey than the parameter."""
        near = logits.abs() < NEAR_ZERO
        series = 0.5 + logits / 12 - logits**3 / 720 + logits**5 / 30_240
        # 1 / (1 - e^-l) - 1 / l, without a power that overflows
        far = logits.masked_fill(near, 1.0)
        return torch.where(near, series, 0.5 + 0.5 / torch.tanh(far / 2) - 1 / far)


class Gaussian(Term):
    """A Gaussian whose one sigma is learned with the weights (Rybkin et al. 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.log_sigma = nn.Parameter(torch.zeros(()))

    def forward(self, logits: Tensor, images: Tensor) -> Tensor:
        """Return the negative log-likelihood (N,) of images (N, P), in nats."""
        error = (torch.sigmoid(logits) - images).square().sum(dim=1)
        n_pixels = images.shape[1]
        spread = n_pixels * (self.log_sigma + 0.5 * math.log(2 * math.pi))
        return 0.5 * error * torch.exp(-2 * self.log_sigma) + spread


def log_normaliser(logits: Tensor) -> Tensor:
    """Return log of the integral of e^(lx) over x in [0, 1], log((e^l - 1) / l), for each logit l.

    Far from 0 it is max(l, 0) + log((1 - e^-|l|) / |l|), which is exact for any l; near 0 its
    Taylor series. The branch not taken is given 1, or its gradient of 0 / 0 would be no number.
    """
    near = logits.abs() < NEAR_ZERO
    square = logits.square()
    series = logits / 2 + square / 24 - square**2 / 2880 + square**3 / 181_440
    size = logits.abs().masked_fill(near, 1.0)
    far = relu(logits) + torch.log(-torch.expm1(-size)) - torch.log(size)
    return torch.where(near, series, far)


TERMS: Mapping[str, type[Term]] = {
    SQUARED_ERROR: SquaredError,
    BERNOULLI: Bernoulli,
    CONTINUOUS_BERNOULLI: ContinuousBernoulli,
    GAUSSIAN: Gaussian,
}
