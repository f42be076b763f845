"""Class names, expected and puzzle-like labels among a model's, and how often it names them."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import UNDEFINED, share
from precompute.vit.labels import claim

# Labels of ImageNet that name a puzzle: what a picture under a grid of holes comes to look like
# (Jain et al. 2022, arXiv:2204.08945, figure 2). Any of a label's comma-separated names counts.
PUZZLE_LIKE = frozenset({"crossword puzzle", "crossword", "jigsaw puzzle", "maze", "labyrinth"})


def match_labels(
    labels: NDArray[np.int64], class_names: Sequence[str], label_names: Sequence[str]
) -> NDArray[np.int32]:
    """Translate the data set's labels (N,) into the model's; all -1 unless every class is known.

    Names match whole and without regard to case. One class that the model lacks, or has twice,
    leaves all labels out: a share over the classes that happen to match would be no share of the
    data set.
    """
    if not class_names or unknown_classes(class_names, label_names):
        return np.full(len(labels), -1, np.int32)
    index = _rows_of(label_names)
    matched = np.array([index[name.casefold()] for name in class_names])
    return np.where(labels >= 0, matched[labels], -1).astype(np.int32)


def unknown_classes(class_names: Sequence[str], label_names: Sequence[str]) -> tuple[str, ...]:
    """Return the classes that the model lacks or has twice."""
    index = _rows_of(label_names)
    return tuple(name for name in class_names if name.casefold() not in index)


def find_labels(wanted: Sequence[str], label_names: Sequence[str]) -> NDArray[np.int64]:
    """Return the model's indices (n,) of these labels, by whole text without regard to case.

    Raises ValueError: the model has no such label, or more than one.
    """
    index = _rows_of(label_names)
    missing = [name for name in wanted if name.casefold() not in index]
    if missing:
        raise ValueError(f"the model has no label {missing[0]!r}, or more than one")
    return np.array([index[name.casefold()] for name in wanted], np.int64)


def _rows_of(label_names: Sequence[str]) -> dict[str, int]:
    """Return the index of each name that stands once: ImageNet's crane is a bird and a machine."""
    names = [name.casefold() for name in label_names]
    often = Counter(names)
    return {name: row for row, name in enumerate(names) if often[name] == 1}


def puzzle_labels(label_names: Sequence[str]) -> NDArray[np.int64]:
    """Return the indices (n,) of the puzzle-like labels; empty when the model has none."""
    names = [{name.strip().casefold() for name in label.split(",")} for label in label_names]
    return np.array([row for row, own in enumerate(names) if own & PUZZLE_LIKE], np.int64)


def label_evidence(
    predicted: NDArray,
    labels: NDArray,
    expected: NDArray,
    label_names: Sequence[str],
    unknown: tuple[str, ...] = (),
) -> claim.LabelEvidence:
    """Compare predictions (N,) with true labels where known, else with the expected labels.

    The guess to beat is the most frequent true label. Where there is but one, answering it needs
    the truth, so the guess is a label drawn at random, as it is for expected labels.

    unknown: the images' classes that are no label of the model, which leave all labels out.
    """
    known = labels >= 0
    name, guess = "a label drawn at random", 1 / max(len(label_names), 1)
    if known.any():
        right, against = predicted[known] == labels[known], "their true label"
        values, counts = np.unique(labels[known], return_counts=True)
        if len(values) > 1:
            most = label_names[int(values[counts.argmax()])]
            name = f"always answering '{most}', the most frequent label"
            guess = counts.max() / counts.sum()
    elif len(expected):
        right, against = np.isin(predicted, expected), "the expected labels"
        guess = len(expected) / len(label_names)
    else:
        n_images = len(predicted)
        return claim.LabelEvidence(UNDEFINED, n_images, np.nan, "none", "nothing", unknown)
    estimate = share(int(right.sum()), len(right))
    return claim.LabelEvidence(estimate, len(right), float(guess), name, against)
