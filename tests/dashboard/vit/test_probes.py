"""The page on probes: lines by pooling and weights, views, and reports without probes."""

from dataclasses import replace

import numpy as np
import pytest

from dashboard.vit import probes as page
from store.schema.vit import names, probes
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import chart_tables, words


def test_the_chart_has_a_colour_per_pooling_and_dashes_without_training(page_of):
    app = page_of("probes", report_states.made_up)
    assert not app.exception
    tables = chart_tables(app, "Accuracy of linear probes by layer and pooling, pictures whole.")
    table = next(table for table in tables if "read from" in table)
    stored = made_up_stores.make_contents("vit").arrays[probes.PROBE_ACCURACY]
    assert len(table) == 2 * 2 * stored.shape[2]
    row = table[
        (table["weights"] == "random weights")
        & (table["read from"] == "mean of patches")
        & (table["layer"] == 1)
    ]
    assert row["value"].item() == pytest.approx(float(stored[1, 0, 1, 1, 0]))


def test_another_view_shows_its_own_numbers(page_of):
    app = page_of("probes", report_states.made_up, pictures="half hidden, in the centre")
    assert not app.exception
    tables = chart_tables(app, "pictures half hidden, in the centre")
    stored = made_up_stores.make_contents("vit").arrays[probes.PROBE_ACCURACY]
    view = names.VIEWS.index(names.CENTRE_BLOCK)
    table = next(table for table in tables if "read from" in table)
    assert table["value"].iloc[0] == pytest.approx(float(stored[0, view, 0, 0, 0]))


def test_depths_are_named_and_tests_are_in_a_table(page_of):
    assert [page.depth(layer) for layer in (0, 2)] == ["the embedding", "layer 2"]
    app = page_of("probes", report_states.made_up)
    tables = [element.value for element in app.dataframe]
    assert any("McNemar, Holm" in table for table in tables)
    assert "fitted on" in words(app)


def test_a_report_from_before_says_so_in_a_line(page_of):
    app = page_of("probes", report_states.archived)
    assert not app.exception
    assert "made before probes were fitted. Make it again" in words(app, "info")


def test_images_without_classes_give_the_reason_and_no_number(open_page):
    made = made_up_stores.make_contents("vit")
    arrays = {s: v for s, v in made.arrays.items() if not s.path.startswith("probes/")}
    arrays[probes.PROBE_FINDING] = np.array(["These images come without classes."])
    contents = replace(made, arrays=arrays)
    app = open_page("probes", report_states.holding(contents))
    assert not app.exception
    assert "These images come without classes" in words(app)
    assert not app.get("vega_lite_chart")
