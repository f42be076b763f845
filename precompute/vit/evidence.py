"""What the label claim rests on: predictions against true or expected labels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import UNDEFINED, share
from precompute.vit import findings


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
