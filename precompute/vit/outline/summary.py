"""From enrichment per image to the store's arrays of the outline test and the claim's evidence."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from precompute.settings import VitSettings
from precompute.statistics import UNDEFINED, Estimate, share
from precompute.vit import resampling
from precompute.vit.masking.measure import image_survival
from precompute.vit.outline.claim import OutlineEvidence
from precompute.vit.outline.head_search import HeadTest, head_test
from precompute.vit.outline.measure import OutlineTest, outline_test
from store.schema import ArraySpec
from store.schema.vit import outline
from store.schema.vit.names import (
    ANYWHERE,
    CONTRASTS,
    DROPPED,
    INTERIOR,
    OUTLINE,
    OWN_MAP,
    REGIONS,
    SHIFTED_MAPS,
)

BEYOND_SHIFTS = 0.05  # a shift p value at most this counts as beyond the shifted maps
ROUNDING = 1e-9  # of a product that is a whole number
_OWN = CONTRASTS.index(OWN_MAP)
_OUTLINE, _INTERIOR, _ANYWHERE = (DROPPED.index(n) for n in (OUTLINE, INTERIOR, ANYWHERE))

Arrays = dict[ArraySpec, NDArray]


def outline_arrays(
    seen: Mapping[str, NDArray], dropped: Mapping[str, NDArray], settings: VitSettings
) -> tuple[Arrays, OutlineEvidence]:
    """Summarise the outline test, all heads and the causal arm, with intervals over images.

    Args:
        seen: predicted (n,), cls_map and untrained_map (n, rows, cols), head_maps
            (n, L, H, rows, cols), region_share (n, rows, cols, 3).
        dropped: n_dropped (n,), region_predicted and region_probability (n, draw, DROPPED).
        settings: of the study.
    """
    test = outline_test(seen["cls_map"], seen["untrained_map"], seen["region_share"])
    heads = head_test(seen["head_maps"][test.kept], seen["region_share"][test.kept])
    gained = test.contrasts[:, [_OWN]] - test.contrasts
    n_maps = len(CONTRASTS)
    estimates = _means(np.column_stack([test.contrasts, gained, test.enrichment]), settings)
    contrast, gain, regions = np.split(estimates, [n_maps, 2 * n_maps])
    by_chance = shift_level(math.prod(seen["cls_map"].shape[1:]))
    beyond = _beyond_shifts(test) if by_chance else UNDEFINED
    causal, cost = _causal_arrays(seen["predicted"], dropped, settings)
    arrays = {
        outline.REGION: np.array(REGIONS),
        outline.OUTLINE_IMAGE: test.kept,
        outline.REGION_SHARE: test.areas,
        outline.ENRICHMENT: test.enrichment,
        outline.SHIFT_P_VALUE: test.shift_p_value,
        outline.BEYOND_SHIFTS: np.array(beyond.row()),
        outline.CONTRAST_NAME: np.array(CONTRASTS),
        outline.IMAGE_CONTRAST: test.contrasts,
        outline.CONTRAST: contrast,
        outline.CONTRAST_GAIN: gain,
        outline.MEAN_ENRICHMENT: regions,
        **_head_arrays(heads, settings),
        **causal,
    }
    evidence = OutlineEvidence(
        own=Estimate(*contrast[_OWN]),
        controls=tuple(
            (name, Estimate(*contrast[row]), Estimate(*gain[row]))
            for row, name in enumerate(CONTRASTS)
            # The mean over all shifts is even by construction.
            if name not in (OWN_MAP, SHIFTED_MAPS)
        ),
        n_images=len(test.kept),
        n_left_out=test.n_left_out,
        beyond_shifts=beyond,
        by_chance=by_chance,
        regions=tuple(Estimate(*row) for row in regions),
        drop_cost=cost,
    )
    return arrays, evidence


def shift_level(n_shifts: int) -> float:
    """Return how often a shift p value is at most BEYOND_SHIFTS by chance, on so many shifts.

    It is a multiple of one over the shifts: 9 of 196 on a 14 x 14 grid, none on a 4 x 4 grid.
    """
    return math.floor(BEYOND_SHIFTS * n_shifts + ROUNDING) / n_shifts


def _beyond_shifts(test: OutlineTest) -> Estimate:
    beyond = test.shift_p_value <= BEYOND_SHIFTS
    return share(int(beyond.sum()), len(beyond)) if len(beyond) else UNDEFINED


def _head_arrays(heads: HeadTest, settings: VitSettings) -> Arrays:
    chosen_on = heads.gains[: len(heads.gains) // 2, heads.best[0], heads.best[1]]
    halves = [_means(half, settings) for half in (chosen_on, heads.held_out)]
    return {
        outline.HEAD_GAIN: _means(heads.gains, settings),
        outline.HEAD_Q_VALUE: heads.q_values,
        outline.BEST_HEAD: np.array(heads.best, np.int32),
        outline.BEST_HEAD_GAIN: np.array(halves),
    }


def _causal_arrays(
    predicted: NDArray, dropped: Mapping[str, NDArray], settings: VitSettings
) -> tuple[Arrays, Estimate]:
    """Return the arrays, and what dropping the outline costs beyond the interior."""
    some = dropped["n_dropped"] > 0
    labels = dropped["region_predicted"][some]
    kept = image_survival(labels, predicted[some], np.ones(labels.shape[1:], bool))  # (N, DROPPED)
    cost = kept[:, [_ANYWHERE]] - kept
    between = kept[:, _INTERIOR] - kept[:, _OUTLINE]
    estimates = _means(np.column_stack([kept, cost, between]), settings)
    n_names = len(DROPPED)
    arrays = {
        outline.DROPPED_NAME: np.array(DROPPED),
        outline.N_DROPPED: dropped["n_dropped"],
        outline.DROPPED_PREDICTED: dropped["region_predicted"],
        outline.DROPPED_PROBABILITY: dropped["region_probability"],
        outline.DROPPED_SURVIVAL: estimates[:n_names],
        outline.DROPPED_COST: estimates[n_names : 2 * n_names],
    }
    return arrays, Estimate(*estimates[-1])


def _means(values: NDArray, settings: VitSettings) -> NDArray[np.float64]:
    return resampling.mean_intervals(values, settings, resampling.OUTLINE)
