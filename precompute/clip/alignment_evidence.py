"""Each alignment method on held-out images: accuracy, gap, matched cosine, and what flipped."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.clip.alignment import (
    Alignment,
    fit_class_means,
    fit_mean_removal,
    fit_procrustes,
    no_alignment,
    shuffle_pairs,
)
from precompute.clip.embeddings import Draws, Embeddings
from precompute.clip.gap import estimate_gap, gap_floor
from precompute.clip.prompts import nearest_prompt
from precompute.clip.split import FIT
from precompute.progress import bar
from precompute.statistics import UNDEFINED, Estimate, PairedTest, paired_test, share
from store.schema import ArraySpec, clip

NONE, MEAN_REMOVAL, PROCRUSTES = "none", "mean_removal", "procrustes"
SHUFFLED, CLASS_MEAN = "procrustes_shuffled", "class_mean"
ABOUT = {
    NONE: "Embeddings as they are.",
    MEAN_REMOVAL: "Subtracts the mean fit image and the mean prompt, then normalises; reads no "
    "labels, but assumes that the fit images have the classes' usual shares.",
    PROCRUSTES: "Orthogonal map from fit images to their classes' prompts; reads the labels of "
    "the fit images, so it is supervised. Completed by the smallest rotation.",
    SHUFFLED: "Control: the same map fitted on shuffled pairs, which carry no information.",
    CLASS_MEAN: "Baseline: the nearest class mean of the fit images; reads labels and no text, so "
    "it has no gap.",
}


@dataclass(frozen=True)
class MethodEvidence:
    """One method on held-out images."""

    predicted: NDArray[np.int64]  # (held out,)
    accuracy: Estimate
    gap: Estimate
    matched_cosine: Estimate
    against_none: PairedTest  # first: none; second: the method


@dataclass(frozen=True)
class AlignmentEvidence:
    """What the claim about Procrustes rests on."""

    methods: Mapping[str, MethodEvidence]
    map: Alignment  # Procrustes
    floor: float
    n_fit: int
    n_held_out: int


def compare_methods(found: Embeddings, draws: Draws) -> AlignmentEvidence:
    """Fit every method on the fit rows and judge it on the held-out rows."""
    rows = found.split.rows(FIT)
    maps = _fit_maps(found, rows, draws)
    means = fit_class_means(found.split, rows, found.images, found.labels, len(found.class_names))
    held_out, labels = found.images[found.held_out], found.labels[found.held_out]
    labelled = {CLASS_MEAN: nearest_prompt(held_out, means)}
    gaps = {CLASS_MEAN: (UNDEFINED, UNDEFINED)}
    with bar("alignment", len(maps), "methods") as advance:
        for name, fitted in maps.items():
            moved, texts = fitted.move_images(held_out), fitted.move_texts(found.texts)
            prompts = fitted.move_texts(found.class_prompts)
            labelled[name] = nearest_prompt(moved, prompts)
            # The same resamples for every method: their intervals share the images' luck.
            estimates = estimate_gap(
                moved, labels, texts, prompts, draws.stream("bootstrap"), draws.n_bootstrap
            )
            gaps[name] = (estimates.distance, estimates.matched_cosine)
            advance(1, name)
    right = {name: predicted == labels for name, predicted in labelled.items()}
    methods = {
        name: MethodEvidence(
            labelled[name],
            share(int(right[name].sum()), len(labels)),
            *gaps[name],
            paired_test(right[NONE], right[name]),
        )
        for name in ABOUT
    }
    floor = gap_floor(held_out, found.texts)
    return AlignmentEvidence(methods, maps[PROCRUSTES], floor, len(rows), len(labels))


def _fit_maps(found: Embeddings, rows: NDArray[np.int64], draws: Draws) -> dict[str, Alignment]:
    shuffled = shuffle_pairs(found.labels, rows, draws.stream("shuffle"))
    paired = (found.split, rows, found.images)
    return {
        NONE: no_alignment(found.images.shape[1]),
        MEAN_REMOVAL: fit_mean_removal(*paired, found.texts),
        PROCRUSTES: fit_procrustes(*paired, found.labels, found.class_prompts),
        SHUFFLED: fit_procrustes(*paired, shuffled, found.class_prompts),
    }


def alignment_arrays(
    evidence: AlignmentEvidence, shown_of_held_out: NDArray[np.int64]
) -> dict[ArraySpec, NDArray]:
    """Return the store's arrays.

    Args:
        evidence: every method on held-out images.
        shown_of_held_out: positions of the shown images among the held-out ones.
    """
    methods = [evidence.methods[name] for name in ABOUT]
    return {
        clip.METHOD: np.array(list(ABOUT)),
        clip.METHOD_ABOUT: np.array(list(ABOUT.values())),
        clip.ALIGNED_ACCURACY: np.array([method.accuracy.row() for method in methods]),
        clip.ALIGNED_GAP: np.array([method.gap.row() for method in methods]),
        clip.ALIGNED_COSINE: np.array([method.matched_cosine.row() for method in methods]),
        clip.ALIGNED_COUNTS: np.array([method.against_none.counts() for method in methods]),
        clip.ALIGNED_P_VALUE: np.array([method.against_none.p_value for method in methods]),
        clip.GAP_FLOOR: np.array(evidence.floor),
        clip.ROTATION: evidence.map.rotation,
        clip.N_FIT: np.array(evidence.n_fit),
        clip.N_HELD_OUT: np.array(evidence.n_held_out),
        clip.ALIGNED_PREDICTED: np.stack([m.predicted[shown_of_held_out] for m in methods]),
    }
