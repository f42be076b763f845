"""From enrichment per image to the store's arrays of the outline test and the claim's evidence."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import UNDEFINED, Estimate, share
from precompute.vit import resampling
from precompute.vit.masking.measure import image_survival
from precompute.vit.outline.claim import OutlineEvidence
from precompute.vit.outline.measure import HeadTest, head_test, outline_test
from precompute.vit.settings import VitSettings
from store.schema import ArraySpec
from store.schema.vit import names, outline

BEYOND_SHIFTS = 0.05  # a shift p value at most this counts as beyond the shifted maps
ROUNDING = 1e-9  # of a product that is a whole number
_OWN = names.CONTRASTS.index(names.OWN_MAP)
_OUTLINE, _INTERIOR, _ANYWHERE = (
    names.DROPPED.index(n) for n in (names.OUTLINE, names.INTERIOR, names.ANYWHERE)
)

Arrays = dict[ArraySpec, NDArray]


def outline_arrays(
    whole: Mapping[str, NDArray], dropped: Mapping[str, NDArray], settings: VitSettings
) -> tuple[Arrays, OutlineEvidence]:
    """Summarise the outline test, all heads and the causal arm, with intervals over images.

    whole: of whole images, predicted (n,), cls_map, untrained_map and edge_map (n, rows, cols),
    head_maps (n, L, H, rows, cols), region_share (n, rows, cols, 3). dropped: n_dropped (n,),
    region_predicted and region_probability (n, draw, DROPPED).
    """
    test = outline_test(
        whole["cls_map"], whole["untrained_map"], whole["edge_map"], whole["region_share"]
    )
    heads = head_test(whole["head_maps"][test.rows], whole["region_share"][test.rows])
    gained = test.contrasts[:, [_OWN]] - test.contrasts
    n_maps = len(names.CONTRASTS)
    estimates = _means(np.column_stack([test.contrasts, gained, test.enrichment]), settings)
    contrast, gain, regions = np.split(estimates, [n_maps, 2 * n_maps])
    by_chance = shift_level(math.prod(whole["cls_map"].shape[1:]))
    n_beyond, n_images = int((test.shift_p_value <= BEYOND_SHIFTS).sum()), len(test.rows)
    beyond = share(n_beyond, n_images) if by_chance and n_images else UNDEFINED
    causal, cost = _causal_arrays(whole["predicted"], dropped, settings)
    arrays = {
        outline.REGION: np.array(names.REGIONS),
        outline.OUTLINE_IMAGE: test.rows,
        outline.REGION_SHARE: test.areas,
        outline.ENRICHMENT: test.enrichment,
        outline.SHIFT_P_VALUE: test.shift_p_value,
        outline.BEYOND_SHIFTS: np.array(beyond.row()),
        outline.CONTRAST_NAME: np.array(names.CONTRASTS),
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
            for row, name in enumerate(names.CONTRASTS)
            # The mean over all shifts is even by construction.
            if name not in (names.OWN_MAP, names.SHIFTED_MAPS)
        ),
        n_images=n_images,
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


def _head_arrays(heads: HeadTest, settings: VitSettings) -> Arrays:
    chosen_on = heads.gains[: len(heads.gains) // 2, heads.best[0], heads.best[1]]
    halves = {names.CHOOSING_HALF: chosen_on, names.HELD_OUT_HALF: heads.held_out}
    return {
        outline.HEAD_GAIN: _means(heads.gains, settings),
        outline.HEAD_Q_VALUE: heads.q_values,
        outline.BEST_HEAD: np.array(heads.best, np.int32),
        outline.BEST_HEAD_GAIN: np.array([_means(halves[name], settings) for name in names.HALVES]),
    }


def _causal_arrays(
    predicted: NDArray, dropped: Mapping[str, NDArray], settings: VitSettings
) -> tuple[Arrays, Estimate]:
    """Return the arrays, and what dropping the outline costs beyond the interior."""
    some = dropped["n_dropped"] > 0
    labels = dropped["region_predicted"][some]
    all_run = np.ones(labels.shape[1:], bool)
    survival = image_survival(labels, predicted[some], all_run)  # (N, DROPPED)
    cost = survival[:, [_ANYWHERE]] - survival
    between = survival[:, _INTERIOR] - survival[:, _OUTLINE]
    estimates = _means(np.column_stack([survival, cost, between]), settings)
    n_names = len(names.DROPPED)
    arrays = {
        outline.DROPPED_NAME: np.array(names.DROPPED),
        outline.N_DROPPED: dropped["n_dropped"],
        outline.DROPPED_PREDICTED: dropped["region_predicted"],
        outline.DROPPED_PROBABILITY: dropped["region_probability"],
        outline.DROPPED_SURVIVAL: estimates[:n_names],
        outline.DROPPED_COST: estimates[n_names : 2 * n_names],
    }
    return arrays, Estimate(*estimates[-1])


def _means(values: NDArray, settings: VitSettings) -> NDArray[np.float64]:
    return resampling.mean_intervals(values, settings, resampling.OUTLINE)
