"""Does attention lie on the outline? Enrichment per region, against shifted and swapped maps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REGIONS = ("outline", "interior", "background")  # order of every region axis
_OUTLINE, _INTERIOR = 0, 1


@dataclass(frozen=True)
class OutlineTest:
    """Enrichment of N images whose regions are all large enough; rows follow kept."""

    kept: NDArray[np.int64]  # (N,) positions among the images given
    n_left_out: int  # images with a region smaller than one patch
    areas: NDArray[np.float64]  # (N, 3) share of the image's area, rows sum to 1
    enrichment: NDArray[np.float64]  # (N, 3) attention mass over area; 1 is even attention
    own: NDArray[np.float64]  # (N,) outline minus interior enrichment
    shifted: NDArray[np.float64]  # (N,) its mean over the non-zero toroidal shifts of the map
    other: NDArray[np.float64]  # (N,) the same with the next image's map; NaN if N is 1
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


def shift_contrasts(attention: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Return outline-minus-interior enrichment for every toroidal shift of the map: (rows * cols,).

    Entry 0 is the map as it is. A shift keeps the map's own shape and smoothness and breaks only
    its link with the picture; shuffling patches would break both and make every map look special.
    """
    rows, cols = attention.shape
    areas = shares.mean(axis=(0, 1))
    weights = shares[..., _OUTLINE] / areas[_OUTLINE] - shares[..., _INTERIOR] / areas[_INTERIOR]
    down, right = np.divmod(np.arange(rows * cols), cols)  # shift of each entry
    row, col = np.divmod(np.arange(rows * cols), cols)  # place of each patch
    source_row = (row[None] - down[:, None]) % rows
    source_col = (col[None] - right[:, None]) % cols
    return attention[source_row, source_col] @ weights.ravel() / attention.sum()


def shift_p_value(contrasts: NDArray) -> float:
    """Return the share of all shifts, the zero shift among them, with at least the own contrast."""
    rounding = 1e-9 * max(1.0, float(np.abs(contrasts).max()))  # equal shifts must count as equal
    return float((contrasts >= contrasts[0] - rounding).mean())


def outline_test(attention: NDArray, shares: NDArray) -> OutlineTest:
    """Measure enrichment on every image whose three regions each cover at least one patch's area.

    Args:
        attention: (N, rows, cols), one map per image, fixed beforehand.
        shares: (N, rows, cols, 3) from region_shares, in the order of REGIONS.
    """
    attention, shares = np.asarray(attention, np.float64), np.asarray(shares, np.float64)
    areas = shares.mean(axis=(1, 2))
    one_patch = 1 / (shares.shape[1] * shares.shape[2])
    kept = np.flatnonzero((areas >= one_patch * (1 - 1e-9)).all(axis=1))
    maps, regions = attention[kept], shares[kept]
    pairs = list(zip(maps, regions, strict=True))
    shifts = [shift_contrasts(*pair) for pair in pairs]
    swapped = zip(np.roll(maps, -1, axis=0), regions, strict=True)
    other = [_contrast(region_enrichment(*pair)) for pair in swapped]
    enrichment = np.array([region_enrichment(*pair) for pair in pairs]).reshape(-1, len(REGIONS))
    return OutlineTest(
        kept=kept,
        n_left_out=len(attention) - len(kept),
        areas=areas[kept],
        enrichment=enrichment,
        own=_contrast(enrichment),
        shifted=np.array([values[1:].mean() for values in shifts]),
        other=np.array(other) if len(kept) > 1 else np.full(len(kept), np.nan),
        shift_p_value=np.array([shift_p_value(values) for values in shifts]),
    )


def _contrast(enrichment: NDArray) -> NDArray:
    """Outline minus interior."""
    return enrichment[..., _OUTLINE] - enrichment[..., _INTERIOR]
