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
    """Return the picture at least `side` wide; whole pixels unless smoothing is asked for."""
    picture = Image.fromarray(to_rgb(pixels))
    if smooth:
        return picture.resize(
            (side, round(side * picture.height / picture.width)), Image.Resampling.BICUBIC
        )
    factor = max(1, -(-side // picture.width))
    return picture.resize(
        (picture.width * factor, picture.height * factor), Image.Resampling.NEAREST
    )


def thumbnail(pixels: NDArray, side: int) -> Image.Image:
    """Return the picture `side` wide or a whole multiple up to it."""
    picture = Image.fromarray(to_rgb(pixels))
    if picture.width > side:
        picture.thumbnail((side, side))
        return picture
    return enlarged(pixels, side)


def uri(picture: Image.Image) -> str:
    """Return the picture as a data URI: PNG when small or grey, WebP for photographs."""
    if _is_grey(picture):
        return _encoded(picture.convert("L"), "PNG")
    photograph = picture.width >= 96 and len(picture.getcolors(4096) or ()) == 0
    return _encoded(picture, "WEBP", quality=90) if photograph else _encoded(picture, "PNG")


def small_uri(picture: Image.Image) -> str:
    """Return the picture as a data URI of few bytes, for sending a thousand of them at once."""
    return _encoded(picture, "WEBP", quality=70)


def _is_grey(picture: Image.Image) -> bool:
    pixels = np.asarray(picture.convert("RGB"))
    return bool((pixels == pixels[..., :1]).all())


def _encoded(picture: Image.Image, kind: str, **options: int) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def pixel_mask(patches: NDArray, height: int, width: int) -> NDArray:
    """Return (height, width) bool from a mask over patches (rows, cols)."""
    rows = np.arange(height) * patches.shape[0] // height
    cols = np.arange(width) * patches.shape[1] // width
    return patches[np.ix_(rows, cols)]


def masked(pixels: NDArray, hidden: NDArray, shown: NDArray | None) -> NDArray:
    """Return the picture with its hidden patches filled as the model met them.

    hidden: (rows, cols) bool. shown: pixels that stand in for hidden ones; None where tokens were
    dropped, which leaves nothing to show, so their place is hatched.
    """
    picture = to_rgb(pixels)
    height, width = picture.shape[:2]
    if shown is not None:
        return np.where(pixel_mask(hidden, height, width)[..., None], to_rgb(shown), picture)
    scale = max(1, 224 // width)  # room for the hatching
    picture = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    where = pixel_mask(hidden, height * scale, width * scale)
    down, across = np.indices(where.shape)
    stripes = ((down + across) // 3 % 2 == 0)[..., None]
    return np.where(where[..., None], np.where(stripes, HATCH_DARK, HATCH_LIGHT), picture).astype(
        np.uint8
    )


def heat(values: NDArray, low: float, high: float) -> NDArray:
    """Return the values as colours of a perceptually uniform map, (..., 3) uint8."""
    return colours.rgb(values, low, high)


def overlaid(pixels: NDArray, values: NDArray, side: int) -> Image.Image:
    """Return the picture `side` wide under its map (rows, cols), the map from 0 to its peak."""
    below = enlarged(pixels, side, smooth=pixels.shape[1] > side)
    colours = Image.fromarray(heat(values, 0.0, float(values.max())))
    return Image.blend(below, colours.resize(below.size, Image.Resampling.NEAREST), 0.55)


def difference(original: NDArray, other: NDArray) -> NDArray:
    """Return original minus other as colours: blue where the other is brighter, white at 0."""
    change = to_rgb(original).astype(float) - to_rgb(other).astype(float)
    return colours.rgb(change.mean(axis=-1), -255, 255, colours.SIGNED)


def stacked(pictures: list[NDArray], gap: int = 1, across: bool = False) -> NDArray:
    """Return pictures of one size above each other, or side by side, with a thin gap."""
    axis = 1 if across else 0
    parts: list[NDArray] = []
    for picture in map(to_rgb, pictures):
        shape = list(picture.shape)
        shape[axis] = gap
        parts += [np.full(shape, 255, np.uint8), picture]
    return np.concatenate(parts[1:], axis=axis)


def dots(xy: NDArray, group: NDArray, side: int = 120) -> NDArray:
    """Return a small picture of a layout, one dot per point, coloured by group."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    place = ((xy - low) / np.where(high > low, high - low, 1) * (side - 9) + 4).astype(int)
    canvas = np.full((side, side, 3), 248, np.uint8)
    table = np.array(
        [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours.CATEGORIES], np.uint8
    )
    for down in range(2):
        for across in range(2):
            rows, cols = side - 1 - place[:, 1] - down, place[:, 0] + across
            canvas[rows, cols] = table[group % len(table)]
    return canvas
