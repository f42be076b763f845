"""Deletion and insertion: does hiding what a map marks cost more than hiding at random?

Petsiuk et al. 2018 (RISE, arXiv:1806.07421) with the tokens dropped, so that nothing is put in the
place of what is hidden. Both curves are read against the share hidden: deletion hides the highest
patches first, insertion the lowest first, which is showing the highest first read backwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.vit.masking.masks import hidden_patches
from precompute.vit.masking.predict import Whole, predict_hidden
from precompute.vit.model.inference import Probe
from store.schema.vit.names import DIRECTIONS, LEAST_ATTENDED, MOST_ATTENDED, SCATTERED


@dataclass(frozen=True)
class Faithfulness:
    """What each map's curves enclose, per image; the random ranking comes last."""

    area: NDArray[np.float64]  # (N, maps, 2) mean probability along each curve
    # How much better than random: lower deletion, higher insertion.
    gain: NDArray[np.float64]  # (N, maps, 2)
    between: NDArray[np.float64]  # (N, maps) insertion minus deletion area; 0 if the order is idle


def ranked(values: NDArray) -> NDArray[np.int16]:
    """Rank the patches of maps (..., rows, cols), highest value first; ties in reading order."""
    flat = values.reshape(*values.shape[:-2], -1)
    order = np.argsort(-flat, axis=-1, kind="stable")
    return np.argsort(order, axis=-1).astype(np.int16).reshape(values.shape)


def predict_curves(
    probe: Probe, whole: Whole, maps: Mapping[str, NDArray], n_masked: NDArray
) -> NDArray[np.float16]:
    """Return the own label's probability (n, maps, 2, ratio) along both curves of each map.

    maps: name -> (n, rows, cols); n_masked: (ratio,).
    """
    highest = np.stack([ranked(np.asarray(values)) for values in maps.values()], axis=1)
    n_patches = highest.shape[-2] * highest.shape[-1]
    rankings = np.stack([highest, n_patches - 1 - highest], axis=2)  # (n, maps, 2, rows, cols)
    image = np.repeat(np.arange(len(rankings)), len(maps) * len(DIRECTIONS))
    flat = rankings.reshape(len(image), *rankings.shape[3:])
    curves = [
        predict_hidden(probe, whole, image, hidden_patches(flat, count))
        for count in n_masked.tolist()
    ]
    return np.stack([answer["probability"] for answer in curves], axis=-1).reshape(
        *rankings.shape[:3], len(n_masked)
    )


def joined_curves(curves: NDArray, masked: NDArray, arms: tuple[str, ...]) -> NDArray:
    """Put beside the curves of the other maps those that masking has already measured.

    curves: (n, maps, 2, ratio). masked: (n, seed, arm, ratio), the own label's probability with
    tokens dropped. arms: names along masked's third axis. Returns (n, 1 + maps + 1, 2, ratio): CLS
    attention from the two attention arms first, the random ranking from the scattered arm, mean
    over seeds, last.
    """
    masked = masked.astype(np.float32)
    attended = [masked[:, 0, arms.index(arm)] for arm in (MOST_ATTENDED, LEAST_ATTENDED)]
    scattered = masked[:, :, arms.index(SCATTERED)].mean(axis=1)
    first = np.stack(attended, axis=1)[:, None]
    last = np.stack([scattered, scattered], axis=1)[:, None]
    return np.concatenate([first, curves, last], axis=1)


def faithfulness(curves: NDArray, whole: NDArray, ratios: NDArray) -> Faithfulness:
    """Measure the area under each curve from nothing hidden to the largest ratio.

    curves: (N, maps, 2, ratio) probability of the own label; the last map is the random one. whole:
    (N,) that probability for the whole image. ratios: (ratio,) shares hidden, increasing.
    """
    start = np.broadcast_to(whole[:, None, None, None], (*curves.shape[:3], 1))
    heights = np.concatenate([start, curves], axis=-1).astype(np.float64)
    at = np.concatenate([[0.0], ratios])
    area = np.trapezoid(heights, at, axis=-1) / at[-1]
    better = np.array([-1.0, 1.0])  # a good map's deletion curve lies low, its insertion curve high
    return Faithfulness(
        area=area, gain=(area - area[:, -1:]) * better, between=area[..., 1] - area[..., 0]
    )
