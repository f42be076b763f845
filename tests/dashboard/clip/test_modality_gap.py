"""The page on the modality gap: numbers that are not defined, and the control."""

import numpy as np

from store.schema.clip import modality_gap
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import captions, chart_tables


def test_a_number_that_is_not_defined_is_named_with_its_reason(open_page):
    contents = made_up_stores.make_contents("clip")
    contents.arrays[modality_gap.METRIC][1] = np.nan
    contents.arrays[modality_gap.METRIC_REASON] = np.array(["", "9 texts are too few", "", ""])
    app = open_page("modality_gap", report_states.holding(contents))
    assert not app.exception
    text = captions(app)
    assert "Not defined here: cosine between the two means, for 9 texts are too few." in text
    assert text.count("Not defined here") == 1


def test_the_control_of_the_gap_is_named_in_full_above_the_chart_alone(open_page):
    app = open_page("modality_gap", report_states.made_up)
    (claim,) = (one for one in made_up_stores.make_contents("clip").claims if one.id == "clip-gap")
    assert f"Control: {claim.control_name}, {claim.unit}." in captions(app)
    (table,) = chart_tables(app, "Gap metrics")
    last = table.iloc[-1]  # on a phone, a longer name leaves the chart no room
    assert (last["name"], last["kind"]) == ("control", "control")
    np.testing.assert_allclose(last["value"], claim.control)
