"""From what the model says of masked images to the store's arrays and the claims' evidence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.settings import VitSettings
from precompute.statistics import (
    UNDEFINED,
    Estimate,
    bootstrap_means,
    bootstrap_range,
    bootstrap_shares,
)
from precompute.vit.labels.measure import puzzle_labels
from precompute.vit.masking.claim import FillOutcome, MaskingEvidence, masking_findings
from precompute.vit.masking.measure import (
    image_survival,
    label_share,
    mean_over_seeds,
    wrong_labels,
)
from precompute.vit.resampling import MASKING, resampling_rng
from store.schema import ArraySpec
from store.schema.vit import masking
from store.schema.vit.names import (
    BLACK,
    CENTRE_BLOCK,
    QUARTILES,
    RANDOM_BLOCK,
    SCATTERED,
    TOKEN_DROP,
)

N_WRONG_LABELS = 10  # ranks of the table of wrong labels
N_SHUFFLES = 200  # shuffles behind the range of fills by chance
HALF = 0.5  # share hidden at which flips and fills are reported
UNIFORM = 0.2  # and contiguity: here a block at a random place hides every patch about as often

Arrays = Mapping[str, NDArray]


@dataclass(frozen=True)
class Masking:
    """Masked predictions with what is needed to read them."""

    settings: VitSettings
    n_patches: int
    ratios: NDArray[np.float64]  # (ratio,) share hidden
    run: NDArray[np.bool_]  # (seed, arm, ratio, fill) which cells were run
    predicted: NDArray  # (N, seed, arm, ratio, fill)
    probability: NDArray  # (N, seed, arm, ratio, fill) of the own label
    own: NDArray  # (N,) label of each whole image
    true: NDArray  # (N,) true label; -1 where none is known
    expected: NDArray  # labels that count as right where no true label is known
    label_names: Sequence[str]

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Which masks (seed, arm, ratio) were run under every fill."""
        return np.asarray(self.run.all(axis=-1))

    def rng(self) -> np.random.Generator:
        """Return the generator of the bootstrap."""
        return resampling_rng(self.settings, MASKING)

    def nearest(self, ratio: float) -> int:
        """Return which ratio, of those that scattered masks have under every fill, is nearest."""
        at = np.flatnonzero(self.shared[:, self.settings.arms.index(SCATTERED)].any(axis=0))
        return int(at[np.abs(self.ratios[at] - ratio).argmin()])

    def shares(self, values: NDArray) -> NDArray[np.float64]:
        """Return value, low and high of each column's mean share (N, *cell): (*cell, 3)."""
        return self._estimate(values, bootstrap_shares)

    def means(self, values: NDArray) -> NDArray[np.float64]:
        """Return value, low and high of each column's mean of anything else, likewise."""
        return self._estimate(values, bootstrap_means)

    def _estimate(
        self, values: NDArray, estimate: Callable[..., list[Estimate]]
    ) -> NDArray[np.float64]:
        """A column with a NaN, which is a cell that was not run, stays NaN."""
        flat = values.reshape(len(values), np.prod(values.shape[1:], dtype=int))
        estimates = np.full((flat.shape[1], 3), np.nan)
        defined = ~np.isnan(flat).any(axis=0)
        if len(flat) and defined.any():
            means = estimate(flat[:, defined], self.rng(), self.settings.n_bootstrap)
            estimates[defined] = [mean.row() for mean in means]
        return estimates.reshape(*values.shape[1:], 3)


def masking_arrays(found: Masking) -> tuple[dict[ArraySpec, NDArray], MaskingEvidence]:
    """Summarise masked predictions with intervals over images."""
    kept = image_survival(found.predicted, found.own, found.run)
    probability = mean_over_seeds(found.probability, found.run)
    survival, arms = found.shares(kept), found.settings.arms
    block, scattered = arms.index(RANDOM_BLOCK), arms.index(SCATTERED)
    contiguity = found.means(kept[:, block] - kept[:, scattered])
    sensitivity, chance = _fill_sensitivity(found)
    lost = _wrong_label_arrays(found)
    evidence = _evidence(found, survival, contiguity, sensitivity, chance, lost)
    arrays = {
        masking.MASK_ARM: np.array(arms),
        masking.MASK_FILL: np.array(found.settings.fills),
        masking.MASK_RATIO: found.ratios,
        masking.N_MASKS: found.run.sum(axis=0),
        masking.MASKED_PREDICTED: found.predicted,
        masking.MASKED_PROBABILITY: found.probability,
        masking.SURVIVAL: survival,
        masking.MASKED_ACCURACY: found.shares(_right(found)),
        masking.MEAN_PROBABILITY: found.means(probability),
        masking.PROBABILITY_QUARTILE: np.moveaxis(
            np.percentile(probability, QUARTILES, axis=0), 0, -1
        ),
        masking.CONTIGUITY: contiguity,
        masking.FILL_SENSITIVITY: sensitivity,
        masking.FILL_CHANCE: chance,
        **lost,
        masking.MASKING_FINDING: np.array(masking_findings(evidence)),
    }
    return arrays, evidence


def _right(found: Masking) -> NDArray[np.float64]:
    """Share of seeds in which each image that can be judged is labelled right, (n, *cell)."""
    known = found.true >= 0
    if known.any() or not len(found.expected):
        return image_survival(found.predicted[known], found.true[known], found.run)
    return mean_over_seeds(np.isin(found.predicted, found.expected), found.run)


def _fill_sensitivity(found: Masking) -> tuple[NDArray, NDArray]:
    """Return the range over fills (arm, ratio, 3), and the range by chance (arm, ratio)."""
    cells = found.run.shape[1:3]
    ranges, chance = np.full((*cells, 3), np.nan), np.full(cells, np.nan)
    kept = image_survival(
        found.predicted, found.own, np.broadcast_to(found.shared[..., None], found.run.shape)
    )
    for cell in np.argwhere(found.shared.any(axis=0)).tolist():
        values = kept[:, cell[0], cell[1]]  # (N, fill)
        estimate = bootstrap_range(values, found.rng(), found.settings.n_bootstrap)
        ranges[*cell] = estimate.row()
        rng = found.rng()
        shuffled = [np.ptp(rng.permuted(values, axis=1).mean(axis=0)) for _ in range(N_SHUFFLES)]
        chance[*cell] = np.mean(shuffled)
    return ranges, chance


def _wrong_label_arrays(found: Masking) -> dict[ArraySpec, NDArray]:
    """Where the scattered arm's labels go with half of the patches hidden, by fill."""
    scattered, half = found.settings.arms.index(SCATTERED), found.nearest(HALF)
    seeds = found.shared[:, scattered, half]
    by_mask = found.predicted[:, seeds, scattered, half]  # (N, masks, fill)
    by_fill = [by_mask[..., fill] for fill in range(by_mask.shape[-1])]
    wrong = [wrong_labels(labels, found.own, N_WRONG_LABELS) for labels in by_fill]
    puzzles = puzzle_labels(found.label_names)
    shares = np.stack([label_share(labels, found.own, puzzles) for labels in by_fill], axis=1)
    return {
        masking.WRONG_LABEL: np.stack([one.labels for one in wrong]),
        masking.WRONG_LABEL_SHARE: np.stack([one.shares for one in wrong]),
        masking.PUZZLE_SHARE: found.shares(shares),
    }


def _evidence(
    found: Masking,
    survival: NDArray,
    contiguity: NDArray,
    sensitivity: NDArray,
    chance: NDArray,
    lost: Mapping[ArraySpec, NDArray],
) -> MaskingEvidence:
    """Pick the cells that the claims rest on; differences are paired by image and mask."""
    settings = found.settings
    centre, scattered = settings.arms.index(CENTRE_BLOCK), settings.arms.index(SCATTERED)
    black, drop = settings.fills.index(BLACK), settings.fills.index(TOKEN_DROP)
    small, fifth, half = (found.nearest(ratio) for ratio in (0, UNIFORM, HALF))
    seeds = found.shared[:, scattered, half]
    flipped = found.predicted[:, seeds][:, :, scattered, half] != found.own[:, None, None]
    by_fill = flipped.mean(axis=1)  # (N, fill), the same masks under each
    between = by_fill[:, black] - by_fill[:, drop]
    flips = np.vstack([found.shares(by_fill), found.means(between[:, None])])
    n_puzzles = len(puzzle_labels(found.label_names))
    return MaskingEvidence(
        n_images=len(found.own),
        n_patches=found.n_patches,
        small_masked=round(float(found.ratios[small]) * found.n_patches),
        small_centre=Estimate(*survival[centre, small, black]),
        small_scattered=Estimate(*survival[scattered, small, black]),
        centres=tuple(
            (float(found.ratios[at]), float(survival[centre, at, black, 0]))
            for at in np.flatnonzero(found.shared[:, centre].any(axis=0))
            if at > small
        ),
        block_ratio=float(found.ratios[fifth]),
        half_ratio=float(found.ratios[half]),
        flips_black=Estimate(*flips[black]),
        flips_dropped=Estimate(*flips[drop]),
        flips_between=Estimate(*flips[-1]),
        contiguity_black=Estimate(*contiguity[fifth, black]),
        contiguity_dropped=Estimate(*contiguity[fifth, drop]),
        fill_range=Estimate(*sensitivity[scattered, half]),
        fill_chance=float(chance[scattered, half]),
        fills=tuple(_outcome(found, flips, lost, fill) for fill in range(len(settings.fills))),
        n_labels=len(found.label_names),
        puzzle_black=Estimate(*lost[masking.PUZZLE_SHARE][black]) if n_puzzles else UNDEFINED,
        puzzle_dropped=Estimate(*lost[masking.PUZZLE_SHARE][drop]) if n_puzzles else UNDEFINED,
    )


def _outcome(
    found: Masking, flips: NDArray, lost: Mapping[ArraySpec, NDArray], fill: int
) -> FillOutcome:
    label = int(lost[masking.WRONG_LABEL][fill, 0])
    return FillOutcome(
        fill=found.settings.fills[fill],
        survival=1 - float(flips[fill, 0]),
        wrong_label=str(found.label_names[label]) if label >= 0 else None,
        wrong_share=float(lost[masking.WRONG_LABEL_SHARE][fill, 0]),
        puzzle_share=float(lost[masking.PUZZLE_SHARE][fill, 0]),
    )
