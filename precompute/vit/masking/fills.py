"""What stands in for hidden patches: the pixels that show through the holes of a mask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from precompute.vit.model.classifier import ImageClassifier
from precompute.vit.model.preprocess import MAX_PIXEL
from store.schema.vit.names import BLACK, BLUR, GREY, MEAN, OTHER_IMAGE, TOKEN_DROP


@dataclass(frozen=True)
class FillSource:
    """Some images, and what their fills are made of."""

    pixel_values: Tensor  # (n, C, H, W) normalised
    others: Tensor  # (n, C, H, W) for each image another one, whose patches may stand in
    mean: Tensor  # (C, 1, 1) mean of the whole population

    def first(self, n_images: int) -> "FillSource":
        """Return the source of the first images alone."""
        return FillSource(self.pixel_values[:n_images], self.others[:n_images], self.mean)


@dataclass(frozen=True)
class Fill:
    """What stands in for hidden patches."""

    words: str  # in a finding
    about: str
    pixels: Callable[[ImageClassifier, FillSource], Tensor] | None  # None: the tokens are dropped


def fill_pixels(classifier: ImageClassifier, source: FillSource, fill: str) -> Tensor:
    """Return the normalised pixels (n, C, H, W) that a fill shows in hidden patches.

    Raises ValueError: the fill has no pixels.
    """
    pixels = FILL_ROWS[fill].pixels
    if pixels is None:
        raise ValueError(f"fill {fill!r} has no pixels")
    return pixels(classifier, source).expand_as(source.pixel_values)


def _grey(value: float) -> Callable[[ImageClassifier, FillSource], Tensor]:
    """Return a fill of one pixel value, from 0 to MAX_PIXEL."""
    return lambda classifier, source: classifier.preprocessor.normalised(value).to(
        source.pixel_values
    )


def _blurred_patches(classifier: ImageClassifier, source: FillSource) -> Tensor:
    tall, wide = classifier.patch_size_px
    return _blurred(_blurred(source.pixel_values, -2, tall), -1, wide)


def _blurred(images: Tensor, axis: int, sigma_px: int) -> Tensor:
    """Blur (n, C, H, W) along one axis, cut at three standard deviations, edges repeated."""
    radius = 3 * sigma_px
    offsets = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    weights = torch.exp(-0.5 * (offsets / sigma_px) ** 2)
    weights = weights / weights.sum()
    lines = images.movedim(axis, -1)
    padded = functional.pad(lines.flatten(0, -2)[:, None], (radius, radius), mode="replicate")
    return functional.conv1d(padded, weights[None, None]).reshape(lines.shape).movedim(-1, axis)


FILL_ROWS: Mapping[str, Fill] = {
    BLACK: Fill("black patches", "black", _grey(0.0)),
    # Exactly 0 after normalisation where a channel's mean is 0.5 (google/vit-base-patch16-224); for
    # other means it is merely close to 0.
    GREY: Fill("grey patches", "mid grey", _grey(MAX_PIXEL / 2)),
    MEAN: Fill(
        "patches of the mean colour",
        "the population's mean colour",
        lambda _, source: source.mean.to(source.pixel_values),
    ),
    BLUR: Fill(
        "blurred patches",
        "the image itself under a Gaussian as wide as a patch (its standard deviation), so that no "
        "detail within a patch is left",
        _blurred_patches,
    ),
    OTHER_IMAGE: Fill(
        "another image's patches",
        "the same place in another image",
        lambda _, source: source.others,
    ),
    TOKEN_DROP: Fill("dropped tokens", "nothing: the patch's token is left out", None),
}


def show_fills(
    classifier: ImageClassifier, source: FillSource, fills: tuple[str, ...]
) -> NDArray[np.uint8]:
    """Return what each fill shows (n, fills, H, W, C) in pixels; zeros for dropped tokens."""
    dropped = [FILL_ROWS[fill].pixels is None for fill in fills]
    filled = [
        torch.zeros_like(source.pixel_values) if drops else fill_pixels(classifier, source, fill)
        for fill, drops in zip(fills, dropped, strict=True)
    ]
    pixels = classifier.preprocessor.pixels(torch.stack(filled, dim=1).cpu())
    pixels[:, dropped] = 0
    return pixels
