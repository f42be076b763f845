"""Pictures from arrays: enlarged without inventing detail, masked, compared, put side by side."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dashboard.charts import colours

HATCH_DARK, HATCH_LIGHT = (150, 150, 158), (228, 228, 232)


def to_rgb(pixels: NDArray) -> NDArray:
    """Return (H, W, 3) uint8 from grey or RGB pixels, in bytes or in [0, 1]."""
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8:
        pixels = (np.clip(pixels.astype(float), 0, 1) * 255).round().astype(np.uint8)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    return np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels[..., :3]


def enlarged(pixels: NDArray, side: int, smooth: bool = False) -> Image.Image:
    """Return a picture, (H, W) or (H, W, C), `side` wide or more, in whole pixels unless smooth."""
    picture = Image.fromarray(to_rgb(pixels))
    if smooth:
        size = (side, round(side * picture.height / picture.width))
        return picture.resize(size, Image.Resampling.BICUBIC)
    factor = max(1, -(-side // picture.width))
    size = (picture.width * factor, picture.height * factor)
    return picture.resize(size, Image.Resampling.NEAREST)


def thumbnail(pixels: NDArray, side: int) -> Image.Image:
    """Return the picture, (H, W) or (H, W, C), `side` wide or a whole multiple up to it."""
    picture = Image.fromarray(to_rgb(pixels))
    if picture.width > side:
        picture.thumbnail((side, side))
        return picture
    return enlarged(pixels, side)


def uri(picture: Image.Image) -> str:
    """Return the picture as a data URI: PNG when small or grey, WebP for photographs."""
    pixels = np.asarray(picture.convert("RGB"))
    if (pixels == pixels[..., :1]).all():
        return _encoded(picture.convert("L"), "PNG")
    photograph = picture.width >= 96 and len(picture.getcolors(4096) or ()) == 0
    return _encoded(picture, "WEBP", quality=90) if photograph else _encoded(picture, "PNG")


def enlarged_uri(pixels: NDArray, side: int) -> str:
    """Return pixels, (H, W) or (H, W, C), as the data URI of a picture at least `side` wide."""
    return uri(enlarged(pixels, side))


def small_uri(picture: Image.Image) -> str:
    """Return the picture as a data URI of few bytes, for sending a thousand of them at once."""
    return _encoded(picture, "WEBP", quality=70)


def _encoded(picture: Image.Image, kind: str, **options: int) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def pixel_mask(patches: NDArray, height: int, width: int) -> NDArray:
    """Return (height, width) bool from a mask over patches (rows, cols)."""
    rows = np.arange(height) * patches.shape[0] // height
    cols = np.arange(width) * patches.shape[1] // width
    return patches[np.ix_(rows, cols)]


def masked(pixels: NDArray, hidden: NDArray, fill: NDArray | None) -> NDArray:
    """Return the picture with its hidden patches, (rows, cols) bool, filled as the model met them.

    fill: pixels that stand in for hidden ones; None where tokens were dropped: these are hatched.
    """
    picture = to_rgb(pixels)
    height, width = picture.shape[:2]
    if fill is not None:
        return np.where(pixel_mask(hidden, height, width)[..., None], to_rgb(fill), picture)
    scale = max(1, 224 // width)  # room for the hatching
    picture = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    where = pixel_mask(hidden, height * scale, width * scale)
    down, across = np.indices(where.shape)
    stripes = ((down + across) // 3 % 2 == 0)[..., None]
    hatched = np.where(stripes, HATCH_DARK, HATCH_LIGHT).astype(np.uint8)
    return np.where(where[..., None], hatched, picture)


def overlaid(pixels: NDArray, values: NDArray, side: int) -> Image.Image:
    """Return the picture `side` wide under its map (rows, cols), the map from 0 to its peak."""
    below = enlarged(pixels, side, smooth=pixels.shape[1] > side)
    above = Image.fromarray(colours.rgb(values, 0.0, float(values.max())))
    return Image.blend(below, above.resize(below.size, Image.Resampling.NEAREST), 0.55)


def copies(*pictures: NDArray) -> dict[str, NDArray]:
    """Return a picture, its copy, the first minus the second, and the copy's copy, by title.

    pictures: the original, encoded once and encoded twice, (H, W) or (H, W, C) each.
    """
    original, once, twice = map(to_rgb, pictures)
    change = (original.astype(float) - once.astype(float)).mean(axis=-1)
    difference = colours.rgb(change, -255, 255, colours.SIGNED)
    titles = ("original", "reconstruction", "difference", "encoded again")
    return dict(zip(titles, (original, once, difference, twice), strict=True))


def stacked(pictures: list[NDArray], gap: int = 1, across: bool = False) -> NDArray:
    """Return pictures of one size, (H, W) or (H, W, C), as one, (rows, columns, 3) uint8."""
    axis = 1 if across else 0
    parts: list[NDArray] = []
    for picture in map(to_rgb, pictures):
        shape = list(picture.shape)
        shape[axis] = gap
        parts += [np.full(shape, 255, np.uint8), picture]  # a thin white gap between pictures
    return np.concatenate(parts[1:], axis=axis)


def dots(xy: NDArray, group: NDArray, side: int = 120) -> NDArray:
    """Return points (n, 2) as dots on (side, side, 3), coloured by group, (n,) whole numbers."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    place = ((xy - low) / np.where(high > low, high - low, 1) * (side - 9) + 4).astype(int)
    canvas = np.full((side, side, 3), 248, np.uint8)
    table = colours.rgb_table(colours.CATEGORIES).astype(np.uint8)
    for down, across in np.ndindex(2, 2):
        canvas[side - 1 - place[:, 1] - down, place[:, 0] + across] = table[group % len(table)]
    return canvas
