"""From deletion and insertion curves per image to the store's arrays and what they say."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import Estimate
from precompute.vit.attention.measure import ATTRIBUTION_ROWS
from precompute.vit.faithfulness.measure import faithfulness
from precompute.vit.resampling import FAITHFULNESS, mean_intervals
from precompute.vit.settings import VitSettings
from store.schema import ArraySpec
from store.schema.vit import faithfulness as schema
from store.schema.vit.names import DIRECTIONS


def faithfulness_arrays(
    names: Sequence[str],
    curves: NDArray,
    whole: NDArray,
    ratios: NDArray,
    settings: VitSettings,
) -> dict[ArraySpec, NDArray]:
    """Summarise curves (N, maps, 2, ratio) with intervals over images; random comes last.

    whole: (N,) probability of the own label for the whole image; ratios: (ratio,) shares hidden.
    """
    means = partial(mean_intervals, settings=settings, part=FAITHFULNESS)
    measured = faithfulness(curves, whole, ratios)
    between, gain = means(measured.between), means(measured.gain)
    return {
        schema.FAITHFUL_MAP: np.array(names),
        schema.FAITHFUL_DIRECTION: np.array(DIRECTIONS),
        schema.FAITHFUL_PROBABILITY: curves,
        schema.FAITHFUL_CURVE: means(curves),
        schema.FAITHFUL_AREA: means(measured.area),
        schema.FAITHFUL_GAIN: gain,
        schema.FAITHFUL_BETWEEN: between,
        schema.FAITHFUL_FINDING: np.array([_finding(names, gain, between, len(curves))]),
    }


def _finding(names: Sequence[str], gain: NDArray, between: NDArray, n_images: int) -> str:
    """Say how each direction compares with a random order, and rank the maps, best first."""
    deletion, insertion = (
        _against_chance(names, gain[:, DIRECTIONS.index(name)]) for name in DIRECTIONS
    )
    measured = [(name, Estimate(*row)) for name, row in zip(names[:-1], between, strict=False)]
    ordered = sorted(measured, key=lambda one: -one[1].value)
    listed = "; ".join(
        f"{ATTRIBUTION_ROWS[name].as_ranking} {_signed(area)}" for name, area in ordered
    )
    return (
        f"Dropping the highest patches first loses the label sooner than a random order with "
        f"{deletion}. Keeping the highest patches longest keeps it longer than a random order with "
        f"{insertion}. Area between the two curves, on {n_images:,} images: {listed}."
    )


def _against_chance(names: Sequence[str], gain: NDArray) -> str:
    """Return which maps do better than the random order; worse ones are named as well."""
    words = [ATTRIBUTION_ROWS[name].as_ranking for name in names[:-1]]
    better = [word for word, row in zip(words, gain, strict=False) if row[1] > 0]
    worse = [word for word, row in zip(words, gain, strict=False) if row[2] < 0]
    if len(better) == len(names) - 1:
        return "every map"
    does_worse = f", and less than it with {' and '.join(worse)}" if worse else ""
    return f"{' and '.join(better) or 'no map'}{does_worse}"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} (95% interval {estimate.low:+.3f} to {estimate.high:+.3f})"
