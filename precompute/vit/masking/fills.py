"""What stands in for hidden patches: the pixels that show through the holes of a mask."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from precompute.vit.model.classifier import ImageClassifier
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


def fill_pixels(classifier: ImageClassifier, source: FillSource, fill: str) -> Tensor:
    """Return the normalised pixels (n, C, H, W) that a fill shows in hidden patches.

    black, grey: one value; mean: the population's mean colour; blur: the image itself under a
    Gaussian as wide as a patch (its standard deviation), so that no detail within a patch is left;
    other_image: the same place in another image.

    Raises:
        ValueError: the fill has no pixels.
    """
    images = source.pixel_values
    if fill in (BLACK, GREY):
        value = classifier.preprocessor.fill(fill).to(images)
    elif fill == MEAN:
        value = source.mean.to(images)
    elif fill == BLUR:
        tall, wide = classifier.patch_size_px
        return _blurred(_blurred(images, -2, tall), -1, wide)
    elif fill == OTHER_IMAGE:
        return source.others
    else:
        raise ValueError(f"fill {fill!r} has no pixels")
    return value.expand_as(images)


def _blurred(images: Tensor, axis: int, sigma_px: int) -> Tensor:
    """Blur (n, C, H, W) along one axis, cut at three standard deviations, edges repeated."""
    radius = 3 * sigma_px
    offsets = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    weights = torch.exp(-0.5 * (offsets / sigma_px) ** 2)
    weights = weights / weights.sum()
    lines = images.movedim(axis, -1)
    padded = functional.pad(lines.flatten(0, -2)[:, None], (radius, radius), mode="replicate")
    return functional.conv1d(padded, weights[None, None]).reshape(lines.shape).movedim(-1, axis)


def show_fills(
    classifier: ImageClassifier, source: FillSource, fills: tuple[str, ...]
) -> NDArray[np.uint8]:
    """Return what each fill shows (n, fills, H, W, C) in pixels; zeros for dropped tokens."""
    shown = [
        torch.zeros_like(source.pixel_values)
        if fill == TOKEN_DROP
        else fill_pixels(classifier, source, fill)
        for fill in fills
    ]
    pixels = classifier.preprocessor.pixels(torch.stack(shown, dim=1).cpu())
    pixels[:, [fill == TOKEN_DROP for fill in fills]] = 0
    return pixels
