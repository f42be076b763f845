"""From what probes name on every image to accuracies, paired tests and words."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import (
    SIGNIFICANCE,
    Estimate,
    holm,
    paired_test,
    percent,
    points,
    share,
)
from store.schema import ArraySpec
from store.schema.vit import names, probes

WORDS = {names.CLS_TOKEN: "the CLS token", names.PATCH_MEAN: "the mean of the patches"}
VIEW_WORDS = {
    names.SCATTERED: "patches all over",
    names.CENTRE_BLOCK: "one block in the centre",
}
_TRAINED, _UNTRAINED = map(names.WEIGHTS.index, (names.TRAINED, names.UNTRAINED))
_CLS, _MEAN = map(names.POOLINGS.index, (names.CLS_TOKEN, names.PATCH_MEAN))
_WHOLE = names.VIEWS.index(names.WHOLE)


@dataclass(frozen=True)
class Judged:
    """What the probes name on test images, and what is needed to read it."""

    predicted: NDArray  # (n, WEIGHTS, VIEWS, L + 1, POOLINGS) class
    labels: NDArray  # (n,) true class
    most_frequent: int  # class among the images fitted on
    n_fit: int
    mask_ratio: float  # share hidden in the views that are not whole
    trained_on: bool  # the model itself was trained on the images fitted on


def probes_arrays(judged: Judged) -> dict[ArraySpec, NDArray]:
    """Return accuracies, differences between poolings and between weights, tests and words."""
    right = judged.predicted == judged.labels.reshape(-1, 1, 1, 1, 1)
    n_test, cells = len(right), right.shape[1:4]
    accuracy = np.empty((*right.shape[1:], 3))
    for cell in np.ndindex(*right.shape[1:]):
        accuracy[cell] = share(int(right[:, *cell].sum()), n_test).row()
    difference, p_value = np.empty((*cells, 3)), np.empty(cells)
    only = np.empty((*cells, len(names.POOLINGS)), np.int32)
    for cell in np.ndindex(*cells):
        test = paired_test(right[:, *cell, _CLS], right[:, *cell, _MEAN])
        difference[cell], p_value[cell] = test.difference.row(), test.p_value
        only[*cell, _CLS], only[*cell, _MEAN] = test.only_first, test.only_second
    gain = np.empty((*right.shape[2:], 3))
    for cell in np.ndindex(*right.shape[2:]):
        test = paired_test(right[:, _TRAINED, *cell], right[:, _UNTRAINED, *cell])
        gain[cell] = test.difference.row()
    for weights, view in product(*map(range, cells[:2])):
        p_value[weights, view] = holm(p_value[weights, view].tolist())
    arrays = {
        probes.PROBE_WEIGHTS: np.array(names.WEIGHTS),
        probes.PROBE_VIEW: np.array(names.VIEWS),
        probes.PROBE_POOLING: np.array(names.POOLINGS),
        probes.N_PROBE_FIT: np.array(judged.n_fit),
        probes.N_PROBE_TEST: np.array(n_test),
        probes.PROBE_MASK_RATIO: np.array(judged.mask_ratio),
        probes.PROBE_CHANCE: (judged.labels == judged.most_frequent).mean(),
        probes.PROBE_ACCURACY: accuracy,
        probes.PROBE_DIFFERENCE: difference,
        probes.PROBE_ONLY: only,
        probes.PROBE_P_VALUE: p_value,
        probes.PROBE_GAIN: gain,
    }
    findings = (
        *_about_poolings(arrays, n_test),
        _about_masks(arrays, judged.mask_ratio),
        _about_training(arrays, judged.trained_on),
    )
    return arrays | {probes.PROBE_FINDING: np.array(findings)}


def without_probes(reason: str) -> dict[ArraySpec, NDArray]:
    """Return what is stored where no probe could be fitted: why, and no number."""
    return {probes.PROBE_FINDING: np.array([reason])}


def _about_poolings(arrays: Mapping[ArraySpec, NDArray], n_test: int) -> tuple[str, str]:
    """Say which pooling is better after the last layer, and in how many layers which is."""
    apart = arrays[probes.PROBE_DIFFERENCE][_TRAINED, _WHOLE]  # (L + 1, 3)
    clear = arrays[probes.PROBE_P_VALUE][_TRAINED, _WHOLE] < SIGNIFICANCE
    last = len(apart) - 1
    cls, mean = arrays[probes.PROBE_ACCURACY][_TRAINED, _WHOLE, last, :, 0].tolist()
    between = Estimate(*apart[last].tolist())
    better, worse = names.CLS_TOKEN, names.PATCH_MEAN
    if between.value < 0:
        better, worse = worse, better
    main = f"After the last layer a linear probe names {abs(100 * between.value):.1f} points more "
    main += f"images right from {WORDS[better]} than from {WORDS[worse]}"
    main += "." if clear[last] else ", which may be chance."
    ahead, behind = int((clear & (apart[:, 0] > 0)).sum()), int((clear & (apart[:, 0] < 0)).sum())
    return main, (
        f"It is {percent(cls)} of {n_test:,} images from the CLS token and {percent(mean)} from "
        f"the mean: {points(between)}. Of the {last + 1} depths, the embedding among them, the CLS "
        f"token is clearly ahead in {ahead} and the mean in {behind} (McNemar, Holm)."
    )


def _about_masks(arrays: Mapping[ArraySpec, NDArray], ratio: float) -> str:
    """Say which pooling keeps more after the last layer when patches are hidden."""
    parts = []
    for arm, words in VIEW_WORDS.items():
        view = names.VIEWS.index(arm)
        cls, mean = arrays[probes.PROBE_ACCURACY][_TRAINED, view, -1, :, 0]
        between = Estimate(*arrays[probes.PROBE_DIFFERENCE][_TRAINED, view, -1].tolist())
        parts.append(
            f"{words}, {percent(cls)} from the CLS token and {percent(mean)} from the mean, "
            f"{points(between)}"
        )
    return f"With {percent(ratio)} of the patches black: {'; '.join(parts)}."


def _about_training(arrays: Mapping[ArraySpec, NDArray], trained_on: bool) -> str:
    """Say what the trained weights add for either pooling after the last layer."""
    gains = arrays[probes.PROBE_GAIN][_WHOLE, -1]
    cls, mean = (Estimate(*gains[pooling].tolist()) for pooling in (_CLS, _MEAN))
    untrained = arrays[probes.PROBE_ACCURACY][_UNTRAINED, _WHOLE, -1, :, 0]
    caveat = (
        " The model itself was trained on the images that the probes are fitted on, and their "
        "labels: a probe reads here what that training put into a token, on images new to both."
    )
    return (
        f"Training adds {points(cls)} to the CLS token and {points(mean)} to the mean: with random "
        f"weights they reach {percent(untrained[_CLS])} and {percent(untrained[_MEAN])}."
        f"{caveat if trained_on else ''}"
    )
