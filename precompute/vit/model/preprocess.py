"""From a picture to the model's input, and back to the pixels that the model saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from transformers import BaseImageProcessor

from precompute.errors import InputError

MAX_PIXEL = 255.0
_PROBE_PICTURE = (64, 48)  # not square, so that a processor that keeps the shape shows it
# What of a processor's settings changes its output; the rest is bookkeeping.
_RECORDED = ("do_resize", "size", "resample", "do_center_crop", "crop_size")
_RECORDED += ("do_rescale", "rescale_factor", "do_normalize", "image_mean", "image_std")


@dataclass(frozen=True)
class Preprocessor:
    """A model's own image processor, with its pixel scale made explicit."""

    processor: BaseImageProcessor
    n_channels: int  # 1 (grey) or 3 (RGB)
    scale: float  # normalised = (pixel * scale - mean) / std
    mean: Tensor  # (C, 1, 1)
    std: Tensor  # (C, 1, 1)
    size: tuple[int, int]  # (H, W) of every input

    def prepare(self, picture: Image.Image) -> Tensor:
        """Return the picture as the model wants it: (C, H, W) float32, normalised.

        Raises InputError when the processor gives other channels or another size.
        """
        values = _process(self.processor, picture, self.n_channels)
        if values.shape != (self.n_channels, *self.size):
            raise InputError(
                f"the image processor turned a {picture.width}x{picture.height} picture into "
                f"{tuple(values.shape)}, expected {(self.n_channels, *self.size)}. Give "
                f"preprocessor_config.json a fixed height and width, or a crop."
            )
        return values

    def pixels(self, prepared: Tensor) -> NDArray[np.uint8]:
        """Undo the normalisation of (..., C, H, W): the pixels (..., H, W, C) the model saw."""
        pixels = (prepared * self.std + self.mean) / self.scale
        pixels = pixels.round().clamp(0, MAX_PIXEL).to(torch.uint8)
        return pixels.movedim(-3, -1).contiguous().numpy()

    def prepared(self, pixels: NDArray[np.uint8]) -> Tensor:
        """Return pixels (..., H, W, C) at the model's input size as it wants them: (..., C, H, W).

        The inverse of `pixels`.
        """
        channels_first = torch.from_numpy(pixels).movedim(-1, -3).float()
        return (channels_first * self.scale - self.mean) / self.std

    def region_map(self, regions: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Bring a region map (height, width) to the model's input (H, W), nearest neighbour.

        The processor itself does it, so that resizing and cropping are those of the picture.
        """
        as_codes = {
            "resample": Image.Resampling.NEAREST,
            "do_rescale": False,
            "do_normalize": False,
        }
        picture = Image.fromarray(regions)
        values = _process(self.processor, picture, self.n_channels, **as_codes)
        return values[0].numpy().astype(np.uint8)

    def normalised(self, pixel: float | Tensor) -> Tensor:
        """Return the normalised value (C, 1, 1) of a pixel from 0 to MAX_PIXEL, or of a batch."""
        return (pixel * self.scale - self.mean) / self.std

    def record(self) -> Mapping[str, Any]:
        """Return what provenance must keep to prepare an image in the same way."""
        settings = self.processor.to_dict()
        recorded = {name: settings[name] for name in _RECORDED if settings.get(name) is not None}
        return {"processor": type(self.processor).__name__, "channels": self.n_channels, **recorded}


def wrap_processor(processor: Any, n_channels: int) -> Preprocessor:
    """Read mean, standard deviation and scale from a processor.

    Raises InputError when they do not fit the model's channels.
    """
    normalises = bool(getattr(processor, "do_normalize", False))
    mean = _per_channel(processor.image_mean if normalises else 0.0, n_channels, "image_mean")
    std = _per_channel(processor.image_std if normalises else 1.0, n_channels, "image_std")
    rescales = bool(getattr(processor, "do_rescale", False))
    scale = float(processor.rescale_factor) if rescales else 1.0
    probe = _process(processor, Image.new("L", _PROBE_PICTURE), n_channels)
    size = (probe.shape[-2], probe.shape[-1])
    return Preprocessor(processor, n_channels, scale, mean, std, size)


def _process(
    processor: BaseImageProcessor, picture: Image.Image, n_channels: int, **options: Any
) -> Tensor:
    """Run the processor on one picture: (C, H, W) float32."""
    converted = picture.convert("L" if n_channels == 1 else "RGB")
    batch = processor(images=[converted], return_tensors="pt", **options)
    return batch["pixel_values"][0].float()


def _per_channel(value: float | Sequence[float], n_channels: int, name: str) -> Tensor:
    values = torch.as_tensor(value, dtype=torch.float32).flatten()
    if len(values) not in (1, n_channels):
        raise InputError(
            f"the image processor's {name} has {len(values)} entries, the model {n_channels} "
            f"channels. Mend preprocessor_config.json."
        )
    return values.expand(n_channels).reshape(n_channels, 1, 1).clone()
