"""What is said of the curves."""

import numpy as np
import pytest

from precompute.vit.faithfulness.summary import _finding


@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ((0.2, 0.2), "longer than a random order with every map."),
        ((0.2, 0.0), "longer than a random order with last-layer CLS attention."),
        (
            (-0.2, 0.2),
            "with attention rollout, and less than it with last-layer CLS attention.",
        ),
        ((0.0, 0.0), "longer than a random order with no map."),
    ],
)
def test_the_finding_compares_each_direction_with_chance(gains, words):
    deletion, insertion = np.array([0.3, 0.3, 0.0]), np.array([*gains, 0.0])
    gain = np.stack([deletion, insertion], axis=1)[..., None] + [0, -0.1, 0.1]
    result = _finding(("cls_attention", "rollout", "random"), gain, gain.sum(axis=1), 500)
    assert "sooner than a random order with every map" in result
    assert words in result
