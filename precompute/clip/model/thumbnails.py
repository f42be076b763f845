"""Small pictures of the shown images, on one canvas so that one array holds them all."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from precompute.compute.shards import Arrays
from precompute.data.image_set import ImageSet

SIDE_PX = 48  # of the longer side, at most


def read_thumbnails(images: ImageSet, rows: NDArray[np.int64]) -> Arrays:
    """Shrink the pictures of these rows and centre each on a black square of SIDE_PX.

    Returns:
        "pixels" (n, SIDE_PX, SIDE_PX, 3) uint8, "size" (n, 2) height and width of the picture on
        its canvas, "grey" (n,) whether the picture has one channel.
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
