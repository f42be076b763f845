"""Labels by prompt: accuracy per template, and every pair of templates on the same images."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from precompute.clip.embeddings import Embeddings
from precompute.clip.prompts import MAIN_STYLE, count_confusion, holm, nearest_prompt
from precompute.statistics import Estimate, PairedTest, paired_test, share
from store.schema import ArraySpec, clip


@dataclass(frozen=True)
class Rival:
    """The photo template against one other, on the same images."""

    style: str
    test: PairedTest  # first: photo; second: the rival
    p_value: float  # exact McNemar, adjusted over all rivals (Holm 1979)


@dataclass(frozen=True)
class PromptEvidence:
    """What the claim about prompts rests on."""

    styles: tuple[str, ...]
    templates: tuple[str, ...]
    accuracy: tuple[Estimate, ...]  # per template
    n_images: int
    rivals: tuple[Rival, ...]  # empty without a template named "photo", or without another


def prompt_arrays(found: Embeddings) -> tuple[dict[ArraySpec, NDArray], PromptEvidence]:
    """Predict every image with every template, and compare templates on the scored images."""
    predicted = np.stack([nearest_prompt(found.images, p) for p in found.by_template])
    labels = found.labels[found.scored]
    of_scored = predicted[:, found.scored]
    right = of_scored == labels
    n_images = len(labels)
    accuracy = tuple(share(int(n), n_images) for n in right.sum(axis=1))
    pairs = list(combinations(range(len(found.templates)), 2))
    tests = [paired_test(right[a], right[b]) for a, b in pairs]
    n_classes = len(found.class_names)
    arrays = {
        clip.PREDICTED: predicted.astype(np.int16),
        clip.N_CORRECT: right.sum(axis=1),
        clip.N_IMAGES: np.full(len(found.templates), n_images),
        clip.ACCURACY: np.array([estimate.row() for estimate in accuracy]),
        clip.CONFUSION: np.stack([count_confusion(labels, row, n_classes) for row in of_scored]),
        clip.PAIR: np.array(pairs, np.int64).reshape(-1, 2),
        clip.PAIR_COUNTS: np.array([test.counts() for test in tests], np.int64).reshape(-1, 4),
        clip.PAIR_P_VALUE: np.array([test.p_value for test in tests], np.float64),
    }
    rivals = _rivals(found.styles, right)
    return arrays, PromptEvidence(found.styles, found.templates, accuracy, n_images, rivals)


def _rivals(styles: tuple[str, ...], right: NDArray[np.bool_]) -> tuple[Rival, ...]:
    if MAIN_STYLE not in styles:
        return ()
    photo = styles.index(MAIN_STYLE)
    others = [row for row in range(len(styles)) if row != photo]
    tests = [paired_test(right[photo], right[row]) for row in others]
    adjusted = holm([test.p_value for test in tests])
    return tuple(
        Rival(styles[row], test, p) for row, test, p in zip(others, tests, adjusted, strict=True)
    )
