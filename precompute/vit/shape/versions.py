"""Versions of a picture that keep its object's shape, its texture, or its surroundings alone.

Silhouettes, edges and textures after Geirhos et al. 2019 (arXiv:1811.12231), pictures without
background or without object after Xiao et al. 2021 (arXiv:2006.09994). Every version is made from
the picture and a mask, so that its control is the same version made with a mask that does not
belong to the picture.

Blocks and the blur of edges go by the model's patch. A fine block is one patch and a coarse one two
patches a side: 2 and 4 pixels of 28, or 16 and 32 of 224. So the rule is one for small pictures and
for photographs: each token still sees a whole piece of texture, which smaller blocks would cut up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from store.schema.vit import names

FLAT = 128  # of a silhouette, on black: as far from a bright object as from a dark one
LUMINANCE = np.array([0.299, 0.587, 0.114])  # of red, green and blue (ITU-R BT.601)
COARSE = 2  # patches a side of a coarse block; a fine one is a patch

Pixels = NDArray[np.uint8]  # (H, W, C), at the model's input size
Mask = NDArray[np.bool_]  # (H, W), True on the object


@dataclass(frozen=True)
class Version:
    """What is left of a picture."""

    about: str
    # pixels, mask, patch (height, width) and generator -> pixels of the version
    make: Callable[[Pixels, Mask, tuple[int, int], np.random.Generator], Pixels]


def silhouette(pixels: Pixels, on_object: Mask) -> Pixels:
    """Return the object in one grey on black: all that is left is its mask."""
    flat = np.where(on_object[..., None], FLAT, 0).astype(np.uint8)
    return np.broadcast_to(flat, pixels.shape).copy()


def edges(pixels: Pixels, on_object: Mask, patch: tuple[int, int]) -> Pixels:
    """Return the gradient of the object's luminance, its largest value white, on black.

    The picture is blurred by a Gaussian of half a patch first, so that fur and weave draw no lines.
    The object is lifted off the background, so that the mask's edge is the strongest line of all.
    """
    weights = LUMINANCE if pixels.shape[-1] == len(LUMINANCE) else np.ones(1)
    luminance = pixels @ weights / 255  # (H, W), 0 to 1
    lifted = np.where(on_object, 1 + luminance, 0)
    sigma = [side / 2 for side in patch]
    steepness = ndimage.gaussian_gradient_magnitude(lifted, sigma, mode="nearest")
    lines = steepness * (255 / max(steepness.max(), 1e-9))
    return np.broadcast_to(lines.round().astype(np.uint8)[..., None], pixels.shape).copy()


def shuffled(
    pixels: Pixels, on_object: Mask, block: tuple[int, int], rng: np.random.Generator
) -> Pixels:
    """Return the picture with the object's blocks in another order inside its own mask.

    Blocks that lie wholly in the mask trade places; the pixels of the others, along the edge, trade
    places one by one. So outline, background and every pixel value stay.
    """
    source = np.arange(on_object.size)  # where each pixel comes from
    cells = _cells(on_object.shape, block)
    whole = cells[on_object.ravel()[cells].all(axis=1)]
    along_edge = np.setdiff1d(np.flatnonzero(on_object), whole)
    source[whole] = whole[rng.permutation(len(whole))]
    source[along_edge] = rng.permutation(along_edge)
    return pixels.reshape(-1, pixels.shape[-1])[source].reshape(pixels.shape)


def texture(
    pixels: Pixels, on_object: Mask, block: tuple[int, int], rng: np.random.Generator
) -> Pixels:
    """Return the frame full of blocks cut out of the object at random places: no outline is left.

    A block lies wholly in the mask; in an object that is too thin for any, it holds as much of the
    object as one can.
    """
    places = np.flatnonzero((held := _held(on_object, block)) == held.max())
    down, across = (-(-side // length) for side, length in zip(on_object.shape, block, strict=True))
    row, col = np.divmod(rng.choice(places, down * across), held.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(pixels, block, axis=(0, 1))
    blocks = windows[row, col].reshape(down, across, -1, *block)  # (down, across, C, tall, wide)
    tiled = blocks.transpose(0, 3, 1, 4, 2).reshape(down * block[0], across * block[1], -1)
    return tiled[: on_object.shape[0], : on_object.shape[1]].copy()


def _cells(size: tuple[int, ...], block: tuple[int, int]) -> NDArray[np.int64]:
    """Return the flat positions of the pixels of every whole block of the frame: (n, pixels)."""
    (tall, wide), (rows, cols) = block, (size[0] // block[0], size[1] // block[1])
    positions = np.arange(size[0] * size[1]).reshape(size)[: rows * tall, : cols * wide]
    return positions.reshape(rows, tall, cols, wide).swapaxes(1, 2).reshape(-1, tall * wide)


def _held(on_object: Mask, block: tuple[int, int]) -> NDArray[np.int64]:
    """Return how many pixels of the mask a block holds whose first corner lies at each place."""
    tall, wide = block
    below = np.pad(on_object.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    return below[tall:, wide:] - below[:-tall, wide:] - below[tall:, :-wide] + below[:-tall, :-wide]


def fit_area(mask: Mask, n_pixels: int, rng: np.random.Generator) -> Mask:
    """Return a mask grown or shrunk evenly along its edge to n_pixels; ties fall by chance.

    mask: with pixels both inside and outside.
    """
    inside, outside = (np.asarray(ndimage.distance_transform_edt(part)) for part in (mask, ~mask))
    order = np.lexsort(
        (rng.random(mask.size), np.ravel(outside - inside))
    )  # the deepest inside come first
    fitted = np.zeros(mask.size, bool)
    fitted[order[:n_pixels]] = True
    return fitted.reshape(mask.shape)


def _coarse(patch: tuple[int, int]) -> tuple[int, int]:
    return COARSE * patch[0], COARSE * patch[1]


VERSION_ROWS: Mapping[str, Version] = {
    names.SILHOUETTE: Version(
        "the object in one grey on black", lambda pixels, mask, *_: silhouette(pixels, mask)
    ),
    names.EDGES: Version(
        "its edges in white on black, finer detail blurred away",
        lambda pixels, mask, patch, _: edges(pixels, mask, patch),
    ),
    names.SHUFFLED_FINE: Version("its fine blocks in another order inside its outline", shuffled),
    names.SHUFFLED_COARSE: Version(
        "its coarse blocks likewise",
        lambda pixels, mask, patch, rng: shuffled(pixels, mask, _coarse(patch), rng),
    ),
    names.TEXTURE_FINE: Version("the frame full of fine blocks cut out of the object", texture),
    names.TEXTURE_COARSE: Version(
        "the frame full of coarse blocks likewise",
        lambda pixels, mask, patch, rng: texture(pixels, mask, _coarse(patch), rng),
    ),
    names.BACKGROUND_REMOVED: Version(
        "black all around the object",
        lambda pixels, mask, *_: np.where(mask[..., None], pixels, np.uint8(0)),
    ),
    names.OBJECT_REMOVED: Version(
        "black in place of the object",
        lambda pixels, mask, *_: np.where(mask[..., None], np.uint8(0), pixels),
    ),
}
