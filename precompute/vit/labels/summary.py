"""What the label claim rests on: predictions against true or expected labels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import UNDEFINED, share
from precompute.vit.labels import claim


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
        found, counts = np.unique(labels[known], return_counts=True)
        if len(found) > 1:
            most = label_names[int(found[counts.argmax()])]
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
