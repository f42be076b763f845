"""Does attention lie on the outline? Enrichment per region, against shifted and swapped maps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.vit.pairing import partners
from store.schema.vit.names import (
    CENTRED_GAUSSIAN,
    CONTRASTS,
    INTERIOR,
    OTHER_MAP,
    OUTLINE,
    OWN_MAP,
    REGIONS,
    SHIFTED_MAPS,
    UNTRAINED_MAP,
)

_OUTLINE, _INTERIOR = REGIONS.index(OUTLINE), REGIONS.index(INTERIOR)
GAUSSIAN_WIDTH = 0.25  # its standard deviation, in sides of the grid


@dataclass(frozen=True)
class OutlineTest:
    """Enrichment of N images whose regions are all large enough; rows follow kept."""

    kept: NDArray[np.int64]  # (N,) positions among the images given
    n_left_out: int  # images with a region smaller than one patch, or with an empty map
    areas: NDArray[np.float64]  # (N, 3) share of the image's area, rows sum to 1
    enrichment: NDArray[np.float64]  # (N, 3) attention mass over area; 1 is even attention
    contrasts: NDArray[np.float64]  # (N, CONTRASTS) outline minus interior
    shift_p_value: NDArray[np.float64]  # (N,) between 1/P and 1


def region_shares(
    region_map: NDArray[np.uint8], codes: Sequence[int], rows: int, cols: int
) -> NDArray[np.float64]:
    """Return how much of each patch belongs to each region: (rows, cols, regions), sums to 1.

    Args:
        region_map: (H, W) at the model's input size; pixels beyond the last whole patch are cut.
        codes: the map's value for each of REGIONS, in their order.
        rows: patches down.
        cols: patches across.
    """
    tall, wide = region_map.shape[0] // rows, region_map.shape[1] // cols
    whole = region_map[: rows * tall, : cols * wide].reshape(rows, tall, cols, wide)
    return np.stack([(whole == code).mean(axis=(1, 3)) for code in codes], axis=-1)


def region_enrichment(attention: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Return attention mass over area of each region (regions,); the area-weighted mean is 1.

    Args:
        attention: (rows, cols), non-negative; its scale does not matter.
        shares: (rows, cols, regions) from region_shares.
    """
    mass = np.einsum("ij,ijr->r", attention, shares) / attention.sum()
    return mass / shares.mean(axis=(0, 1))


def contrasts(maps: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Return outline-minus-interior enrichment of maps (N, ..., rows, cols): (N, ...).

    NaN for a map that is empty, as where CLS attends to no patch.

    shares: (N, rows, cols, regions) from region_shares.
    """
    between = (-1,) + (1,) * (maps.ndim - 3) + maps.shape[-2:]
    weights = _contrast_weights(shares).reshape(between)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN, as said above
        return (maps * weights).sum(axis=(-2, -1)) / maps.sum(axis=(-2, -1))


def _contrast_weights(shares: NDArray) -> NDArray[np.float64]:
    """Return (..., rows, cols): what attention on each patch adds to outline minus interior."""
    areas = shares.mean(axis=(-3, -2), keepdims=True)
    return (shares / areas)[..., _OUTLINE] - (shares / areas)[..., _INTERIOR]


def shift_contrasts(attention: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Return outline-minus-interior enrichment for every toroidal shift of the map: (rows * cols,).

    Entry 0 is the map as it is. A shift keeps the map's own shape and smoothness and breaks only
    its link with the picture; shuffling patches would break both and make every map look special.
    """
    rows, cols = attention.shape
    down, right = np.divmod(np.arange(rows * cols), cols)  # shift of each entry
    row, col = np.divmod(np.arange(rows * cols), cols)  # place of each patch
    source_row = (row[None] - down[:, None]) % rows
    source_col = (col[None] - right[:, None]) % cols
    shifted = attention[source_row, source_col]
    return shifted @ _contrast_weights(shares).ravel() / attention.sum()


def shift_p_value(contrasts: NDArray) -> float:
    """Return the share of all shifts, the zero shift among them, with at least the own contrast."""
    rounding = 1e-9 * max(1.0, float(np.abs(contrasts).max()))  # equal shifts must count as equal
    return float((contrasts >= contrasts[0] - rounding).mean())


def centred_gaussian(rows: int, cols: int) -> NDArray[np.float64]:
    """Return a map (rows, cols) that knows nothing but where pictures have their object."""
    down = (np.arange(rows) - (rows - 1) / 2) / (rows * GAUSSIAN_WIDTH)
    right = (np.arange(cols) - (cols - 1) / 2) / (cols * GAUSSIAN_WIDTH)
    return np.exp(-(down[:, None] ** 2 + right**2) / 2)


def large_enough(shares: NDArray) -> NDArray[np.int64]:
    """Return which images (N,) have three regions of at least one patch's area each."""
    one_patch = 1 / (shares.shape[1] * shares.shape[2])
    areas = shares.mean(axis=(1, 2))
    return np.flatnonzero((areas >= one_patch * (1 - 1e-9)).all(axis=1))


def outline_test(attention: NDArray, untrained: NDArray, shares: NDArray) -> OutlineTest:
    """Measure enrichment on every image whose three regions each cover at least one patch's area.

    Args:
        attention: (N, rows, cols), one map per image, fixed beforehand.
        untrained: (N, rows, cols), the same map of the model with random weights.
        shares: (N, rows, cols, 3) from region_shares, in the order of REGIONS.
    """
    kept = large_enough(shares)
    kept = kept[attention[kept].any(axis=(-2, -1))]  # an empty map is on no region
    maps, regions = np.asarray(attention, np.float64)[kept], np.asarray(shares, np.float64)[kept]
    shifts = [shift_contrasts(*pair) for pair in zip(maps, regions, strict=True)]
    gaussian = np.broadcast_to(centred_gaussian(*maps.shape[1:]), maps.shape)
    columns = {
        OWN_MAP: contrasts(maps, regions),
        SHIFTED_MAPS: np.array([values[1:].mean() for values in shifts]),
        OTHER_MAP: other_contrasts(maps, regions),
        UNTRAINED_MAP: contrasts(np.asarray(untrained, np.float64)[kept], regions),
        CENTRED_GAUSSIAN: contrasts(gaussian, regions),
    }
    enrichment = [region_enrichment(*pair) for pair in zip(maps, regions, strict=True)]
    return OutlineTest(
        kept=kept,
        n_left_out=len(attention) - len(kept),
        areas=regions.mean(axis=(1, 2)),
        enrichment=np.array(enrichment).reshape(-1, len(REGIONS)),
        contrasts=np.stack([columns[name] for name in CONTRASTS], axis=1),
        shift_p_value=np.array([shift_p_value(values) for values in shifts]),
    )


def other_contrasts(maps: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Return the contrast of each image's regions under its partner's map; NaN for one image."""
    if len(maps) < 2:
        return np.full(maps.shape[:-2], np.nan)
    return contrasts(maps[partners(np.arange(len(maps)), len(maps))], shares)
