"""How concentrated a map is, and how alike two maps rank the same patches."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def half_mass_share(maps: NDArray) -> NDArray[np.float64]:
    """Return the smallest share of the patches that holds half of a map: (...).

    maps: (..., rows, cols), non-negative. An even map gives 0.5, one patch alone 0.5 / patches;
    the patch that crosses the half counts for the part of it that is needed. NaN where all is 0.
    """
    values = -np.sort(-maps.reshape(*maps.shape[:-2], -1).astype(np.float64), axis=-1)
    held = np.cumsum(values, axis=-1)
    half = held[..., -1:] / 2
    crossing = (held < half).sum(axis=-1, keepdims=True)
    at_crossing = np.take_along_axis(values, crossing, axis=-1)
    before = np.take_along_axis(held, crossing, axis=-1) - at_crossing
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN, as said above
        part = (half - before) / at_crossing
    return ((crossing + part) / values.shape[-1])[..., 0]


def rank_agreement(maps: NDArray) -> NDArray[np.float64]:
    """Return Spearman's rank correlation between each two of K maps: (K, K).

    maps: (K, rows, cols). NaN for a map that is even, which ranks nothing.
    """
    ranks = rankdata(maps.reshape(len(maps), -1), axis=-1)
    centred = ranks - ranks.mean(axis=-1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=-1)
    with np.errstate(invalid="ignore"):
        unit = centred / lengths[:, None]
    return np.clip(unit @ unit.T, -1, 1)
