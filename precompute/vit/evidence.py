"""From per-image numbers to the store's arrays and the evidence behind each claim."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from precompute.settings import VitSettings
from precompute.statistics import UNDEFINED, Estimate, bootstrap_means, share
from precompute.vit import findings
from precompute.vit.labels import puzzle_labels
from precompute.vit.masking import TOKEN_DROP
from precompute.vit.masks import CENTRE_BLOCK, SCATTERED
from precompute.vit.outline import REGIONS, OutlineTest
from precompute.vit.survival import image_survival, label_share, wrong_labels
from store.schema import ArraySpec, vit

BLACK = "black"
N_WRONG_LABELS = 10  # ranks of the table of wrong labels
BEYOND_SHIFTS = 0.05  # a shift p value at most this counts as beyond the shifted maps
CONTRASTS = ("own map", "shifted maps", "another image's map")
_MASKING, _OUTLINE = 1, 2  # which bootstrap a generator belongs to

Arrays = Mapping[ArraySpec, NDArray]


def label_evidence(
    predicted: NDArray, labels: NDArray, expected: NDArray, label_names: Sequence[str]
) -> findings.LabelEvidence:
    """Compare predictions (N,) with true labels where known, else with the expected labels."""
    known = labels >= 0
    if known.any():
        counts = np.bincount(labels[known])
        name = f"always answering '{label_names[int(counts.argmax())]}', the most frequent label"
        right, guess = predicted[known] == labels[known], counts.max() / known.sum()
        against = "their true label"
    elif len(expected):
        right, guess = np.isin(predicted, expected), len(expected) / len(label_names)
        name, against = "a label drawn at random", "the expected labels"
    else:
        return findings.LabelEvidence(UNDEFINED, len(predicted), np.nan, "none", "nothing")
    estimate = share(int(right.sum()), len(right))
    return findings.LabelEvidence(estimate, len(right), float(guess), name, against)


def masking_arrays(
    masked: Mapping[str, NDArray],
    predicted: NDArray,
    settings: VitSettings,
    n_masked: NDArray,
    n_patches: int,
    label_names: Sequence[str],
) -> tuple[dict[ArraySpec, NDArray], findings.MaskingEvidence]:
    """Summarise masked predictions (image, seed, arm, ratio, fill) with intervals over images."""
    kept = image_survival(masked["predicted"], predicted)
    rng = _bootstrap_rng(settings, _MASKING)
    survival = bootstrap_means(kept.reshape(len(kept), -1), rng, settings.n_bootstrap)
    cells = np.array([estimate.row() for estimate in survival]).reshape(*kept.shape[1:], 3)
    lost = _wrong_label_arrays(masked["predicted"], predicted, settings, label_names)
    ratios = n_masked / n_patches
    arrays = {
        vit.MASK_ARM: np.array(settings.arms),
        vit.MASK_FILL: np.array(settings.fills),
        vit.N_MASKED: n_masked,
        vit.MASK_RATIO: ratios,
        vit.MASKED_PREDICTED: masked["predicted"],
        vit.MASKED_PROBABILITY: masked["probability"],
        vit.SURVIVAL: cells[..., 0],
        vit.SURVIVAL_LOW: cells[..., 1],
        vit.SURVIVAL_HIGH: cells[..., 2],
        vit.GALLERY_RANKING: masked["gallery_ranking"],
        vit.GALLERY_MASKED_TOP_INDEX: masked["gallery_top_index"],
        vit.GALLERY_MASKED_TOP_PROBABILITY: masked["gallery_top_probability"],
        **lost,
    }
    said = _destinations(lost, settings, label_names)
    return arrays, _masking_evidence(kept, cells, ratios, settings, said)


def _wrong_label_arrays(
    masked: NDArray, predicted: NDArray, settings: VitSettings, label_names: Sequence[str]
) -> dict[ArraySpec, NDArray]:
    """Where the scattered arm's labels go, by fill."""
    scattered = masked[:, :, settings.arms.index(SCATTERED)]  # (image, seed, ratio, fill)
    by_fill = [scattered[..., fill] for fill in range(len(settings.fills))]
    wrong = [wrong_labels(labels, predicted, N_WRONG_LABELS) for labels in by_fill]
    puzzles = puzzle_labels(label_names)
    return {
        vit.WRONG_LABEL: np.stack([found.labels for found in wrong]),
        vit.WRONG_LABEL_SHARE: np.stack([found.shares for found in wrong]),
        vit.PUZZLE_SHARE: np.array([label_share(labels, puzzles) for labels in by_fill]),
    }


def _destinations(
    lost: Arrays, settings: VitSettings, label_names: Sequence[str]
) -> tuple[str, ...]:
    first, shares = lost[vit.WRONG_LABEL][:, 0], lost[vit.WRONG_LABEL_SHARE][:, 0]
    puzzles = lost[vit.PUZZLE_SHARE]
    said = [
        findings.destination(fill, str(label_names[label]) if label >= 0 else None, part, puzzle)
        for fill, label, part, puzzle in zip(
            settings.fills, first.tolist(), shares, puzzles, strict=True
        )
    ]
    if np.isnan(puzzles).all():
        said.append(findings.no_puzzle_note(label_names))
    return tuple(said)


def _masking_evidence(
    kept: NDArray, cells: NDArray, ratios: NDArray, settings: VitSettings, said: tuple[str, ...]
) -> findings.MaskingEvidence:
    """Pick the cells that the claims rest on; differences are paired by image."""
    centre, scattered = settings.arms.index(CENTRE_BLOCK), settings.arms.index(SCATTERED)
    black, drop = settings.fills.index(BLACK), settings.fills.index(TOKEN_DROP)
    small, half = int(ratios.argmin()), int(np.abs(ratios - 0.5).argmin())
    differences = kept[:, centre, half] - kept[:, scattered, half]  # (image, fill)
    rng = _bootstrap_rng(settings, _MASKING)
    paired = bootstrap_means(differences[:, [black, drop]], rng, settings.n_bootstrap)
    return findings.MaskingEvidence(
        n_images=len(kept),
        small_ratio=float(ratios[small]),
        small_centre=Estimate(*cells[centre, small, black]),
        small_scattered=Estimate(*cells[scattered, small, black]),
        half_ratio=float(ratios[half]),
        half_difference=paired[0],
        half_difference_dropped=paired[1],
        scattered_by_fill=tuple(
            (fill, float(cells[scattered, half, row, 0])) for row, fill in enumerate(settings.fills)
        ),
        destinations=said,
    )


def outline_arrays(
    test: OutlineTest, settings: VitSettings
) -> tuple[dict[ArraySpec, NDArray], findings.OutlineEvidence]:
    """Summarise the outline test with intervals over images, resampled together."""
    gained = test.own - test.other
    columns = np.column_stack([test.own, test.shifted, test.other, gained, test.enrichment])
    own, shifted, other, own_minus_other, *regions = (
        bootstrap_means(columns, _bootstrap_rng(settings, _OUTLINE), settings.n_bootstrap)
        if len(test.kept)
        else [UNDEFINED] * columns.shape[1]
    )
    arrays = {
        vit.REGION: np.array(REGIONS),
        vit.OUTLINE_IMAGE: test.kept,
        vit.REGION_SHARE: test.areas,
        vit.ENRICHMENT: test.enrichment,
        vit.SHIFT_P_VALUE: test.shift_p_value,
        vit.CONTRAST_NAME: np.array(CONTRASTS),
        vit.CONTRAST: np.array([own.row(), shifted.row(), other.row()]),
        vit.MEAN_ENRICHMENT: np.array([region.row() for region in regions]),
    }
    beyond = (test.shift_p_value <= BEYOND_SHIFTS).mean() if len(test.kept) else np.nan
    n_kept = len(test.kept)
    return arrays, findings.OutlineEvidence(
        own, other, own_minus_other, n_kept, test.n_left_out, float(beyond), tuple(regions)
    )


def _bootstrap_rng(settings: VitSettings, step: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=(step,)))
