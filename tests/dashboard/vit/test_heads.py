"""The part of the Attention page on heads: the wall, the lines, and reports without them."""

import numpy as np
import pandas as pd
import pytest

from dashboard.vit import heads
from tests.support import report_states
from tests.support.opened_pages import chart_tables, words

LAYERS, HEADS = 2, 3
TABLE = pd.DataFrame(
    {"layer": [1, 1, 1, 2, 2, 2], "head": [1, 2, 3] * 2, "entropy, nats": np.arange(6.0)}
)


def test_the_wall_has_every_head_in_its_place_on_one_scale():
    maps = np.zeros((LAYERS, HEADS, 2, 2))
    maps[1, 2, 0, 0] = 1
    figure = heads.wall_chart(maps, TABLE, 1.0)
    rows = next(iter(figure.chart.to_dict()["datasets"].values()))
    assert [(row["layer"], row["head"]) for row in rows] == [
        (layer, head) for layer in (1, 2) for head in (1, 2, 3)
    ]
    urls = [row["url"] for row in rows]
    assert len(set(urls[:5])) == 1  # nothing there
    assert urls[5] != urls[0]
    dim = heads.wall_chart(maps / 2, TABLE, 1.0).chart.to_dict()["datasets"]
    assert next(iter(dim.values()))[5]["url"] != urls[5]
    assert figure.numbers is TABLE


def test_a_wall_of_many_heads_is_as_wide_as_a_phone():
    many = pd.DataFrame({"layer": [1] * 12, "head": range(1, 13), "entropy, nats": 1.0})
    chart = heads.wall_chart(np.zeros((1, 12, 2, 2)), many, 1.0).chart.to_dict()
    assert chart["width"] == 12 * 28


def test_lines_and_dots_are_what_was_measured():
    series = {"trained": np.array([[0.5, 0.4, 0.6], [0.7, 0.6, 0.8]])}
    values = np.array([[0.4, 0.5, 0.6], [0.7, 0.7, 0.7]])
    figure = heads.layers_chart(series, values, "bits", "about")
    assert figure.numbers["value"].tolist() == [0.5, 0.7]
    assert figure.numbers["layer"].tolist() == [1, 2]
    dots = next(rows for rows in figure.chart.to_dict()["datasets"].values() if "head" in rows[0])
    assert [row["value"] for row in dots] == values.ravel().tolist()


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ({}, ["two heads, one picture", "one head, two pictures", "random weights"]),
        ({"head_measure": "Entropy"}, ["trained", "random weights"]),
        ({"head_measure": "Distance", "every_head": heads.ONE}, ["trained", "random weights"]),
    ],
)
def test_the_page_draws_the_measure_that_is_asked_for(page_of, query, lines):
    app = page_of("attention", report_states.made_up, **query)
    assert not app.exception
    assert "Are heads specialised?" in [element.value for element in app.subheader]
    tables = chart_tables(app, "by layer, mean over heads and pictures")
    (names,) = {tuple(dict.fromkeys(table["of"])) for table in tables if "of" in table}
    assert list(names) == lines
    assert "One scale for all: dark is 0, bright" in words(app)


def test_a_report_from_before_says_so_in_a_line(page_of):
    app = page_of("attention", report_states.archived)
    assert not app.exception
    assert "made before heads were compared. Make it again" in words(app, "info")
