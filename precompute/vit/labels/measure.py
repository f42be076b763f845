"""Matching class names, expected labels and puzzle-like labels to a model's labels."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
    """Return the model's indices of these labels, by their whole text without regard to case.

    Raises:
        ValueError: the model has no such label, or more than one.
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
    """Return the indices of the puzzle-like labels; empty when the model has none."""
    return np.array([row for row, name in enumerate(label_names) if _is_puzzle(name)], np.int64)


def _is_puzzle(label: str) -> bool:
    return any(name.strip().casefold() in PUZZLE_LIKE for name in label.split(","))
