"""Pictures and latents through the model: once, twice, and many times over."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from precompute.vae.model.elbo import squared_error
from precompute.vae.model.networks import Vae

BATCH = 1000


@dataclass(frozen=True)
class Passes:
    """Test images after one and two passes through the model; posterior means throughout."""

    images: NDArray[np.float32]  # (N, P) in [0, 1]
    mean: NDArray[np.float32]  # (N, D)
    log_variance: NDArray[np.float32]
    first: NDArray[np.float32]  # (N, P)
    second_mean: NDArray[np.float32]
    second: NDArray[np.float32]

    def head(self, n_images: int) -> "Passes":
        """Return the passes of the first images alone."""
        return Passes(*(values[:n_images] for values in vars(self).values()))


@torch.inference_mode()
def two_passes(model: Vae, images: torch.Tensor) -> Passes:
    """Encode and decode images (N, P) twice, in batches."""
    parts = []
    for batch in images.split(BATCH):
        mean, log_variance = model.encode(batch)
        first = model.decode(mean)
        second_mean, _ = model.encode(first)
        parts.append((batch, mean, log_variance, first, second_mean, model.decode(second_mean)))
    return Passes(*(torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True)))


@dataclass(frozen=True)
class Chain:
    """Latents that are decoded and encoded again and again; T passes."""

    latents: NDArray[np.float32]  # (T + 1, N, D), the first are the start
    pictures: NDArray[np.float32]  # (T + 1, N, P), each decoded from the latents in the same place


@torch.inference_mode()
def repeated(model: Vae, start: NDArray[np.float32], n_passes: int) -> Chain:
    """Decode latents (N, D), encode the pictures, and so on; posterior means throughout."""
    mean = torch.from_numpy(start).to(device_of(model))
    latents, pictures = [mean], [model.decode(mean)]
    for _ in range(n_passes):
        mean, _ = model.encode(pictures[-1])
        latents.append(mean)
        pictures.append(model.decode(mean))
    return Chain(torch.stack(latents).cpu().numpy(), torch.stack(pictures).cpu().numpy())


@torch.inference_mode()
def decoded(model: Vae, latents: NDArray[np.float32]) -> NDArray[np.float32]:
    """Decode latents (..., D) into pictures (..., P)."""
    flat = torch.from_numpy(latents.reshape(-1, latents.shape[-1])).to(device_of(model))
    return model.decode(flat).cpu().numpy().reshape(*latents.shape[:-1], -1)


def second_pass_ratio(original: NDArray, first: NDArray, second: NDArray) -> NDArray:
    """Return how far the second copy lies from the first, over the first from the original.

    Each is a squared error summed over pixels, (N, P) -> (N,); NaN for a perfect first copy.
    """
    error = squared_error(original, first)
    ratio = np.full_like(error, np.nan)
    return np.divide(squared_error(first, second), error, out=ratio, where=error > 0)


def squares(flat: NDArray) -> NDArray:
    """Turn (..., P) into (..., H, W) of square pictures."""
    side = round(flat.shape[-1] ** 0.5)
    return flat.reshape(*flat.shape[:-1], side, side)


def device_of(model: Vae) -> torch.device:
    """Return the device that the model's weights are on."""
    return model.decoder_hidden.weight.device
