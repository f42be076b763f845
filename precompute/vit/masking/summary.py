"""From what the model says of masked images to the store's arrays and the claims' evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import (
    UNDEFINED,
    Estimate,
    bootstrap_range,
    bootstrap_shares,
    cell_intervals,
)
from precompute.vit.labels.measure import puzzle_labels
from precompute.vit.masking import measure
from precompute.vit.masking.claim import FillOutcome, MaskingEvidence, masking_findings
from precompute.vit.resampling import MASKING, resampling_rng
from precompute.vit.settings import VitSettings
from store.schema import ArraySpec
from store.schema.vit import masking, names

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
        at = np.flatnonzero(self.shared[:, self.settings.arms.index(names.SCATTERED)].any(axis=0))
        return int(at[np.abs(self.ratios[at] - ratio).argmin()])

    def shares(self, values: NDArray) -> NDArray[np.float64]:
        """Return value, low and high of each column's mean share (N, *cell): (*cell, 3)."""
        return cell_intervals(values, self.rng(), self.settings.n_bootstrap, bootstrap_shares)

    def means(self, values: NDArray) -> NDArray[np.float64]:
        """Return the same of the means of anything else, (N, *cell) -> (*cell, 3)."""
        return cell_intervals(values, self.rng(), self.settings.n_bootstrap)


def masking_arrays(masked: Masking) -> tuple[dict[ArraySpec, NDArray], MaskingEvidence]:
    """Summarise masked predictions (N, seed, arm, ratio, fill) with intervals over images."""
    survived = measure.image_survival(masked.predicted, masked.own, masked.run)
    probability = measure.mean_over_seeds(masked.probability, masked.run)
    survival, arms = masked.shares(survived), masked.settings.arms
    block, scattered = arms.index(names.RANDOM_BLOCK), arms.index(names.SCATTERED)
    contiguity = masked.means(survived[:, block] - survived[:, scattered])
    sensitivity, chance = _fill_sensitivity(masked)
    lost = _wrong_label_arrays(masked)
    evidence = _evidence(masked, survival, contiguity, sensitivity, chance, lost)
    findings = masking_findings(evidence)
    arrays = {
        masking.MASK_ARM: np.array(arms),
        masking.MASK_FILL: np.array(masked.settings.fills),
        masking.MASK_RATIO: masked.ratios,
        masking.N_MASKS: masked.run.sum(axis=0),
        masking.MASKED_PREDICTED: masked.predicted,
        masking.MASKED_PROBABILITY: masked.probability,
        masking.SURVIVAL: survival,
        masking.MASKED_ACCURACY: masked.shares(_right(masked)),
        masking.MEAN_PROBABILITY: masked.means(probability),
        masking.PROBABILITY_QUARTILE: np.moveaxis(
            np.percentile(probability, names.QUARTILES, axis=0), 0, -1
        ),
        masking.CONTIGUITY: contiguity,
        masking.FILL_SENSITIVITY: sensitivity,
        masking.FILL_CHANCE: chance,
        **lost,
        masking.MASKING_FINDING: np.array([findings[name] for name in names.MASKING_FINDINGS]),
    }
    return arrays, evidence


def _right(masked: Masking) -> NDArray[np.float64]:
    """Share of seeds in which each image that can be judged is labelled right, (n, *cell)."""
    known = masked.true >= 0
    if known.any() or not len(masked.expected):
        return measure.image_survival(masked.predicted[known], masked.true[known], masked.run)
    return measure.mean_over_seeds(np.isin(masked.predicted, masked.expected), masked.run)


def _fill_sensitivity(masked: Masking) -> tuple[NDArray, NDArray]:
    """Return the range over fills (arm, ratio, 3), and the range by chance (arm, ratio)."""
    cells = masked.run.shape[1:3]
    ranges, chance = np.full((*cells, 3), np.nan), np.full(cells, np.nan)
    survived = measure.image_survival(
        masked.predicted, masked.own, np.broadcast_to(masked.shared[..., None], masked.run.shape)
    )
    for cell in np.argwhere(masked.shared.any(axis=0)).tolist():
        values = survived[:, cell[0], cell[1]]  # (N, fill)
        estimate = bootstrap_range(values, masked.rng(), masked.settings.n_bootstrap)
        ranges[*cell] = estimate.row()
        rng = masked.rng()
        shuffled = [np.ptp(rng.permuted(values, axis=1).mean(axis=0)) for _ in range(N_SHUFFLES)]
        chance[*cell] = np.mean(shuffled)
    return ranges, chance


def _wrong_label_arrays(masked: Masking) -> dict[ArraySpec, NDArray]:
    """Where the scattered arm's labels go with half of the patches hidden, by fill."""
    scattered, half = masked.settings.arms.index(names.SCATTERED), masked.nearest(HALF)
    seeds = masked.shared[:, scattered, half]
    by_mask = masked.predicted[:, seeds, scattered, half]  # (N, masks, fill)
    by_fill = [by_mask[..., fill] for fill in range(by_mask.shape[-1])]
    wrong = [measure.wrong_labels(labels, masked.own, N_WRONG_LABELS) for labels in by_fill]
    puzzles = puzzle_labels(masked.label_names)
    turned = [measure.label_share(labels, masked.own, puzzles) for labels in by_fill]
    return {
        masking.WRONG_LABEL: np.stack([labels for labels, _ in wrong]),
        masking.WRONG_LABEL_SHARE: np.stack([shares for _, shares in wrong]),
        masking.PUZZLE_SHARE: masked.shares(np.stack(turned, axis=1)),
    }


def _evidence(
    masked: Masking,
    survival: NDArray,
    contiguity: NDArray,
    sensitivity: NDArray,
    chance: NDArray,
    lost: Mapping[ArraySpec, NDArray],
) -> MaskingEvidence:
    """Pick the cells that the claims rest on; differences are paired by image and mask."""
    settings = masked.settings
    centre, scattered = map(settings.arms.index, (names.CENTRE_BLOCK, names.SCATTERED))
    black, drop = map(settings.fills.index, (names.BLACK, names.TOKEN_DROP))
    small, fifth, half = (masked.nearest(ratio) for ratio in (0, UNIFORM, HALF))
    seeds = masked.shared[:, scattered, half]
    flipped = masked.predicted[:, seeds][:, :, scattered, half] != masked.own[:, None, None]
    by_fill = flipped.mean(axis=1)  # (N, fill), the same masks under each
    between = by_fill[:, black] - by_fill[:, drop]
    flips = np.vstack([masked.shares(by_fill), masked.means(between[:, None])])
    n_puzzles = len(puzzle_labels(masked.label_names))
    return MaskingEvidence(
        n_images=len(masked.own),
        n_patches=masked.n_patches,
        small_masked=round(float(masked.ratios[small]) * masked.n_patches),
        small_centre=Estimate(*survival[centre, small, black]),
        small_scattered=Estimate(*survival[scattered, small, black]),
        centres=tuple(
            (float(masked.ratios[at]), float(survival[centre, at, black, 0]))
            for at in np.flatnonzero(masked.shared[:, centre].any(axis=0))
            if at > small
        ),
        block_ratio=float(masked.ratios[fifth]),
        half_ratio=float(masked.ratios[half]),
        flips_black=Estimate(*flips[black]),
        flips_dropped=Estimate(*flips[drop]),
        flips_between=Estimate(*flips[-1]),
        contiguity_black=Estimate(*contiguity[fifth, black]),
        contiguity_dropped=Estimate(*contiguity[fifth, drop]),
        fill_range=Estimate(*sensitivity[scattered, half]),
        fill_chance=float(chance[scattered, half]),
        fills=tuple(_outcome(masked, flips, lost, fill) for fill in range(len(settings.fills))),
        n_labels=len(masked.label_names),
        puzzle_black=Estimate(*lost[masking.PUZZLE_SHARE][black]) if n_puzzles else UNDEFINED,
        puzzle_dropped=Estimate(*lost[masking.PUZZLE_SHARE][drop]) if n_puzzles else UNDEFINED,
    )


def _outcome(
    masked: Masking, flips: NDArray, lost: Mapping[ArraySpec, NDArray], fill: int
) -> FillOutcome:
    label = int(lost[masking.WRONG_LABEL][fill, 0])
    return FillOutcome(
        fill=masked.settings.fills[fill],
        survival=1 - float(flips[fill, 0]),
        wrong_label=str(masked.label_names[label]) if label >= 0 else None,
        wrong_share=float(lost[masking.WRONG_LABEL_SHARE][fill, 0]),
        puzzle_share=float(lost[masking.PUZZLE_SHARE][fill, 0]),
    )
