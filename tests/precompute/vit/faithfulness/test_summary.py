"""What is said of the curves."""

import numpy as np
import pytest

from precompute.vit.faithfulness.summary import _finding


@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ((0.2, 0.2), "better than a random order for every map."),
        ((0.2, 0.0), "better than a random order for last-layer CLS attention."),
        (
            (-0.2, 0.2),
            "for attention rollout, and worse for last-layer CLS attention.",
        ),
        ((0.0, 0.0), "better than a random order for no map."),
    ],
)
def test_the_finding_compares_each_direction_with_chance(gains, words):
    deletion, insertion = np.array([0.3, 0.3, 0.0]), np.array([*gains, 0.0])
    gain = np.stack([deletion, insertion], axis=1)[..., None] + [0, -0.1, 0.1]
    result = _finding(("cls_attention", "rollout", "random"), gain, gain.sum(axis=1), 500)
    assert "more than a random order for every map" in result
    assert words in result
