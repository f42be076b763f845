"""Every layer and head against the outline, with a correction for having tried them all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

from precompute.vit.outline.measure import contrasts, other_contrasts

ROUNDING = 1e-12  # contrasts of an even map differ by less, and by nothing else


@dataclass(frozen=True)
class HeadTest:
    """How much each head's own map gains over another image's, on N images."""

    gains: NDArray[np.float64]  # (N, L, H) outline minus interior, own map minus another image's
    q_values: NDArray[np.float64]  # (L, H) false-discovery rate at which it counts; NaN if untested
    best: tuple[int, int]  # layer and head with the largest mean gain on the first half
    held_out: NDArray[np.float64]  # (N - N // 2,) its gain on the other half


def head_test(maps: NDArray, shares: NDArray) -> HeadTest:
    """Test whether any head looks at outlines, and which does most.

    The best of many heads is always too good on the images that chose it, so it is chosen on one
    half and measured on the other. The q values are Benjamini & Yekutieli's (2001), which hold
    however the heads depend on each other. A head is tested on the images where its map is not
    empty, and not at all where its gain is the same on all of them.

    Args:
        maps: (N, L, H, rows, cols) CLS attention, each on a scale of its own.
        shares: (N, rows, cols, 3) from region_shares, every region large enough.
    """
    shares = np.asarray(shares, np.float64)
    n_images, n_layers, n_heads = maps.shape[:3]
    gains = np.empty((n_images, n_layers, n_heads))
    for layer in range(n_layers):  # one layer at a time bounds the memory
        one = np.asarray(maps[:, layer], np.float64)
        gains[:, layer] = contrasts(one, shares) - other_contrasts(one, shares)
    half = n_images // 2
    if half < 2:  # too few to choose on one half and measure on the other
        empty = np.full((n_layers, n_heads), np.nan)
        return HeadTest(gains, empty, (n_layers - 1, 0), np.full(n_images - half, np.nan))
    means = np.ma.masked_invalid(gains[:half]).mean(axis=0).filled(-np.inf)
    layer, head = np.unravel_index(means.argmax(), means.shape)
    best = (int(layer), int(head))
    return HeadTest(gains, _q_values(gains), best, gains[half:, best[0], best[1]])


def _q_values(gains: NDArray) -> NDArray[np.float64]:
    """Test whether each head's mean gain (N, L, H) is above 0, among those that can be tested."""
    columns = gains.reshape(len(gains), -1).T
    p_values = np.array([_p_value(one[~np.isnan(one)]) for one in columns])
    tested = ~np.isnan(p_values)
    if tested.any():
        p_values[tested] = multipletests(p_values[tested], method="fdr_by")[1]
    return p_values.reshape(gains.shape[1:])


def _p_value(gains: NDArray) -> float:
    if len(gains) < 2 or np.ptp(gains) < ROUNDING:
        return np.nan
    return float(np.asarray(stats.ttest_1samp(gains, 0, alternative="greater"))[1])
