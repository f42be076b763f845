"""A claim's line: everything lies on it, and shares run from 0 to 1."""

import base64
import math
import re
from dataclasses import replace

import pytest

from dashboard.charts import claim_strip
from store.records import Reference
from tests.support import made_up_stores

CLAIM = replace(
    made_up_stores.make_contents("vit").claims[0],
    **{"value": 0.6, "low": 0.5, "high": 0.7, "control": 0.1},
    references=(Reference("original report", 0.9, 0, ""), Reference("run B", 0.2, 0, "")),
)


def drawn(claim):
    return base64.b64decode(claim_strip.uri(claim).split(",")[1]).decode()


def test_shares_run_from_0_to_1_and_other_units_around_what_is_there():
    assert claim_strip.domain(CLAIM) == (0, 1)
    low, high = claim_strip.domain(replace(CLAIM, value=25.0, low=24.0, high=26.0))
    assert low <= 0.1
    assert high > 26


def test_the_value_stands_at_its_share_of_the_line():
    (across,) = re.findall(r'<circle cx="([\d.]+)"', drawn(CLAIM))
    length = claim_strip.WIDTH - 2 * claim_strip.EDGE
    assert float(across) == pytest.approx(claim_strip.EDGE + 0.6 * length, abs=0.1)
    assert drawn(CLAIM).count("<rect") == 3  # the control and two others


def test_a_claim_without_control_interval_or_others_has_its_value_alone():
    alone = replace(CLAIM, low=math.nan, high=math.nan, control=math.nan, references=())
    picture = drawn(alone)
    assert picture.count("<line") == 1
    assert "<rect" not in picture


def test_the_same_is_said_in_words():
    assert claim_strip.about(CLAIM) == (
        "0.600 (0.500 to 0.700); control 0.100; original report 0.900, run B 0.200"
    )
