"""Pictures from arrays: enlarged without inventing detail, masked, compared, put side by side."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from dashboard.charts import colours

DIMMED = 0.6  # of a picture's brightness, below a map
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


def overlaid(
    pixels: NDArray, values: NDArray, side: int, peak: float | None = None, smooth: bool = False
) -> Image.Image:
    """Return the picture, grey and dimmed, `side` wide, with its map (rows, cols) glowing over it.

    Colour and opacity grow from 0 to `peak`, the map's own if none is given; where the map is 0 or
    NaN the picture stays. Smooth blends between patches.
    """
    below = enlarged(pixels, side, smooth=pixels.shape[1] > side).convert("L").convert("RGB")
    top = float(np.nanmax(values, initial=0.0)) if peak is None else peak
    share = np.clip(np.nan_to_num(np.asarray(values, "float32")) / (top or 1.0), 0, 1)
    how = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    weight = np.clip(np.asarray(Image.fromarray(share).resize(below.size, how)), 0, 1)
    opacity = (weight**0.6)[..., None]
    mixed = DIMMED * np.asarray(below, float) * (1 - opacity)
    mixed += colours.rgb(0.25 + 0.75 * weight, 0, 1, colours.INFERNO) * opacity
    return Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8))


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


def dots(clouds: Sequence[tuple[NDArray, str]], width: int, height: int) -> Image.Image:
    """Return points (n, 2) of some clouds, each in its colour, on a transparent picture.

    Both axes have one scale, so that distances in it are those of the points.
    """
    every = np.concatenate([xy for xy, _ in clouds])
    middle, reach = (every.max(axis=0) + every.min(axis=0)) / 2, np.ptp(every, axis=0)
    scale = min((width - 8) / (reach[0] or 1), (height - 8) / (reach[1] or 1))
    canvas = Image.new("RGBA", (width, height))
    drawing = ImageDraw.Draw(canvas)
    for xy, colour in clouds:
        places = (xy - middle) * (scale, -scale) + (width / 2, height / 2)
        for across, down in places.tolist():
            drawing.ellipse((across - 1.5, down - 1.5, across + 1.5, down + 1.5), fill=colour)
    return canvas
