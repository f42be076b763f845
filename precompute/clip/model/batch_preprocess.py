"""Preprocess pictures of one size as a batch, on the model's device, as open_clip does one by one.

open_clip resizes with PIL in uint8 and then normalises. Here a batch of pixels goes to the device
as it lies in the file, a ninth of the bytes that prepared floats would take at ViT-B/32's size, and
is resized there with the same kernel (antialiased, as PIL's is) and rounded to whole grey levels.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

KERNELS = ("bicubic", "bilinear")


@dataclass(frozen=True)
class BatchPreprocess:
    """Resize the shorter side, cut the middle out, normalise."""

    size: tuple[int, int]  # height and width that the model wants
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str  # one of KERNELS

    def __call__(self, pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
        """Prepare pixels (n, H, W, 1 or 3) as (n, 3, height, width), float32, on the device.

        They travel in whatever order they lie in memory, and are put in order there.
        """
        batch = torch.from_numpy(pixels)
        if device.type == "cuda":
            batch = batch.pin_memory()
        batch = batch.to(device, non_blocking=True).permute(0, 3, 1, 2)
        batch = self._cropped(self._resized(batch)).float() / 255
        shape = (1, -1, 1, 1)
        mean = torch.tensor(self.mean, device=device).view(shape)
        std = torch.tensor(self.std, device=device).view(shape)
        return (batch.expand(-1, 3, -1, -1) - mean) / std

    def _resized(self, batch: Tensor) -> Tensor:
        """Scale (n, C, H, W) so that the shorter side fits."""
        height, width = batch.shape[-2:]
        shorter, wanted = min(height, width), min(self.size)
        if shorter == wanted:
            return batch
        sides = (int(wanted * height / shorter), int(wanted * width / shorter))
        resize = partial(functional.interpolate, mode=self.interpolation, antialias=True)
        if batch.device.type == "cpu":  # uint8 in and out, vectorised: PIL's own grey levels
            return resize(batch, sides)
        # Along rows and then along columns, as PIL does, which keeps whole grey levels in between:
        # a bicubic kernel overshoots black and white, and would carry that into the second pass.
        along_rows = resize(batch.float(), (height, sides[1])).round_().clamp_(0, 255)
        return resize(along_rows, sides).round_().clamp_(0, 255)

    def _cropped(self, batch: Tensor) -> Tensor:
        height, width = batch.shape[-2:]
        top = round((height - self.size[0]) / 2)
        left = round((width - self.size[1]) / 2)
        return batch[..., top : top + self.size[0], left : left + self.size[1]]


def batch_preprocess(settings: dict[str, Any]) -> BatchPreprocess | None:
    """Return the batch's preprocessing for open_clip's settings; None where it is another kind.

    Only a square model with the usual resizing of the shorter side is the same for both.
    """
    size = settings["size"]
    height, width = (size, size) if isinstance(size, int) else size
    usual = settings["resize_mode"] == "shortest" and settings["interpolation"] in KERNELS
    if height != width or not usual or settings.get("mode", "RGB") != "RGB":
        return None
    return BatchPreprocess(
        (height, width),
        tuple(settings["mean"]),
        tuple(settings["std"]),
        settings["interpolation"],
    )
