"""The page on the modality gap: numbers that are not defined, and the control."""

import numpy as np
import pytest

from store.schema.clip import modality_gap
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import captions, chart_tables, words


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


@pytest.mark.parametrize(
    ("scales", "gaps", "sentence"),
    [
        (("normalised", "raw"), (0.4, 0.41), "Normalising hardly changes the gap: 0.41"),
        (("normalised", "raw"), (0.4, 0.8), "Normalising makes the gap smaller: 0.80"),
        (("normalised", "raw"), (0.8, 0.4), "Normalising makes the gap larger: 0.40"),
        (("normalised",), (0.4,), "The gap is 0.40 on embeddings of length 1"),
    ],
)
def test_the_page_says_whether_normalising_makes_the_gap(open_page, scales, gaps, sentence):
    contents = made_up_stores.make_contents("clip", sizes={"scale": len(scales)})
    contents.arrays[modality_gap.SCALE] = np.array(scales)
    contents.arrays[modality_gap.SCALED_GAP] = np.repeat(np.array(gaps)[:, None], 3, axis=1)
    app = open_page("modality_gap", report_states.holding(contents))
    assert not app.exception
    assert sentence in words(app)


def test_each_class_has_its_gap_and_accuracy_in_one_chart(open_page):
    app = open_page("modality_gap", report_states.made_up)
    (table,) = chart_tables(app, "Gap and accuracy of each class")
    assert len(table.dropna(subset=["right"])) == 10


def test_an_older_report_has_the_page_without_either_part(page_of):
    app = page_of("modality_gap", report_states.archived)
    assert not app.exception
    assert "normalising" not in words(app).lower()
