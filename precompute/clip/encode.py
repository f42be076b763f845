"""Images and prompts through the two towers: unit rows, float32."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.clip.model import ClipModel
from precompute.datasets import ImageSet
from precompute.engine import Arrays
from precompute.errors import JobFailed

EMBEDDING = "embedding"


def encode_images(model: ClipModel, images: ImageSet, rows: range, batch_size: int) -> Arrays:
    """Embed the images of these rows with the model's own preprocessing.

    Images of one size are prepared as a batch on the device, others one by one.

    Returns:
        "embedding" (n, D), float32, unit rows.

    Raises:
        JobFailed: an embedding is not finite, naming the image; or the device has no memory.
    """
    batches = [range(at, min(at + batch_size, rows.stop)) for at in rows[::batch_size]]
    parts = []
    for batch, prepared in zip(batches, _prepared(model, images, batches), strict=True):
        raw = _forward(model.network.encode_image, prepared, model)
        parts.append(_unit(raw, [f"image {images.names[row]}" for row in batch]))
    return {EMBEDDING: np.concatenate(parts)}


def _prepared(model: ClipModel, images: ImageSet, batches: list[range]) -> Iterator[Tensor]:
    pixels, whole = images.pixels, model.batch_preprocess
    if pixels is not None and whole is not None:
        for batch in batches:
            yield whole(pixels(batch), model.device)
        return
    # Decoding and resizing hold no lock, so threads keep the device fed; the order stays.
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        for batch in batches:
            yield torch.stack(list(pool.map(lambda row: model.preprocess(images.read(row)), batch)))


def encode_prompts(
    model: ClipModel, prompts: Sequence[str], rows: range, batch_size: int
) -> Arrays:
    """Embed the prompts of these rows; returns and raises as `encode_images` does."""
    parts = []
    for start in range(rows.start, rows.stop, batch_size):
        batch = list(prompts[start : min(start + batch_size, rows.stop)])
        raw = _forward(model.network.encode_text, model.tokenize(batch), model)
        parts.append(_unit(raw, [f"prompt {text!r}" for text in batch]))
    return {EMBEDDING: np.concatenate(parts)}


@torch.inference_mode()
def _forward(
    tower: Callable[[Tensor], Tensor], batch: Tensor, model: ClipModel
) -> NDArray[np.float32]:
    # On CUDA in half precision, as CLIP_benchmark does; on a CPU in float32.
    half = torch.autocast("cuda", torch.float16, enabled=model.device.type == "cuda")
    try:
        with half:
            return tower(batch.to(model.device)).float().cpu().numpy()
    except torch.OutOfMemoryError as error:
        raise JobFailed(
            f"the device has no memory for a batch of {len(batch)}. "
            f"Use a smaller one, such as --set clip.batch_size={max(1, len(batch) // 4)}."
        ) from error


def _unit(raw: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
    norms = np.linalg.norm(raw.astype(np.float64), axis=1)
    good = np.isfinite(norms) & (norms > 0)
    if not good.all():
        worst = int(np.argmin(good))
        raise JobFailed(
            f"{names[worst]}: its embedding has norm {norms[worst]}, with "
            f"{int((~good).sum()) - 1} more in its batch. Check the weights and the picture."
        )
    return (raw / norms[:, None]).astype(np.float32)
