"""Images and prompts through the two towers as unit rows, and small pictures of some images."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from precompute.clip.model.towers import ClipModel
from precompute.compute.batches import BatchRunner
from precompute.compute.shards import Arrays
from precompute.data.image_set import ImageSet
from precompute.errors import JobFailed
from precompute.statistics import unit_rows

EMBEDDING, NORM = "embedding", "norm"
SIDE_PX = 48  # of the longer side, at most


def encode_images(model: ClipModel, images: ImageSet, rows: range, batch_size: int) -> Arrays:
    """Embed the images of these rows with the model's own preprocessing.

    Images of one size are prepared as a batch on the device, others one by one.

    Returns "embedding" (n, D), float32, unit rows, and "norm" (n,), how long they were. Raises
    JobFailed: an embedding is not finite, naming the image; or one image does not fit the device.
    A batch that does not fit is halved.
    """
    # Decoding and resizing hold no lock, so threads keep the device fed; the order stays.
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:

        def forward(part: slice) -> Arrays:
            batch = rows[part]
            prepared = _prepared(model, images, batch, pool)
            raw = _forward(model.network.encode_image, prepared, model)
            return _unit(raw, [f"image {images.names[row]}" for row in batch])

        return BatchRunner(batch_size).run(len(rows), forward)


def _prepared(model: ClipModel, images: ImageSet, batch: range, pool: ThreadPoolExecutor) -> Tensor:
    """Return a batch as the model wants it, resized on the device where all have one size."""
    pixels, whole = images.pixels, model.batch_preprocess
    if pixels is not None and whole is not None:
        return whole(pixels(batch), model.device)
    return torch.stack(list(pool.map(lambda row: model.preprocess(images.read(row)), batch)))


def encode_prompts(
    model: ClipModel, prompts: Sequence[str], rows: range, batch_size: int
) -> Arrays:
    """Embed the prompts of these rows; returns and raises as `encode_images` does."""

    def forward(part: slice) -> Arrays:
        batch = [prompts[row] for row in rows[part]]
        raw = _forward(model.network.encode_text, model.tokenize(batch), model)
        return _unit(raw, [f"prompt {text!r}" for text in batch])

    return BatchRunner(batch_size).run(len(rows), forward)


@torch.inference_mode()
def _forward(
    tower: Callable[[Tensor], Tensor], batch: Tensor, model: ClipModel
) -> NDArray[np.float32]:
    half = model.precision == "float16"
    with torch.autocast(model.device.type, torch.float16) if half else nullcontext():
        return tower(batch.to(model.device)).float().cpu().numpy()


def _unit(raw: NDArray[np.float32], names: Sequence[str]) -> Arrays:
    norms = np.linalg.norm(raw.astype(np.float64), axis=1)
    good = np.isfinite(norms) & (norms > 0)
    if not good.all():
        worst = int(np.argmin(good))
        raise JobFailed(
            f"{names[worst]}: its embedding has norm {norms[worst]}, with "
            f"{int((~good).sum()) - 1} more in its batch. Check the weights and the picture."
        )
    return {EMBEDDING: unit_rows(raw).astype(np.float32), NORM: norms.astype(np.float32)}


def read_thumbnails(images: ImageSet, rows: NDArray[np.int64]) -> Arrays:
    """Shrink the pictures of these rows and centre each on a black square of SIDE_PX.

    Returns "pixels" (n, SIDE_PX, SIDE_PX, 3) uint8, "size" (n, 2) height and width of the picture
    on its canvas, "grey" (n,) whether the picture has one channel.
    """
    pixels = np.zeros((len(rows), SIDE_PX, SIDE_PX, 3), np.uint8)
    sizes, grey = np.empty((len(rows), 2), np.int32), np.empty(len(rows), np.bool_)
    for index, row in enumerate(rows):
        picture = images.read(int(row))
        grey[index] = picture.mode == "L"
        picture.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)  # never enlarges
        sizes[index] = height, width = picture.height, picture.width
        top, left = (SIDE_PX - height) // 2, (SIDE_PX - width) // 2
        pixels[index, top : top + height, left : left + width] = np.asarray(picture.convert("RGB"))
    return {"pixels": pixels, "size": sizes, "grey": grey}


def crop_thumbnails(shards: Arrays) -> NDArray[np.uint8]:
    """Cut away what no picture covers: (n, H, W, 1 or 3), one channel when all are grey."""
    height, width = shards["size"].max(axis=0)
    top, left = (SIDE_PX - height) // 2, (SIDE_PX - width) // 2
    n_channels = 1 if shards["grey"].all() else 3
    return shards["pixels"][:, top : top + height, left : left + width, :n_channels]
