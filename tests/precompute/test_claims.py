"""What all claims share."""

import pytest

from precompute.claims import judge_beside
from precompute.statistics import Estimate


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.6, 0.8, "supported"), (0.1, 0.3, "refuted"), (0.3, 0.6, "undecided")],
)
def test_an_interval_on_both_sides_of_what_it_must_exceed_decides_nothing(low, high, verdict):
    assert judge_beside(Estimate((low + high) / 2, low, high), 0.4, 0.5) == verdict
