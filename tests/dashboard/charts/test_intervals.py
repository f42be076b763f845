"""The numbers of an interval chart and the marks that carry them."""

import numpy as np
import pytest

from dashboard.charts import intervals


def test_an_interval_chart_shows_the_numbers_that_it_was_given():
    table = intervals.estimates_frame(["ours", "theirs"], np.array([[0.5, 0.4, 0.7], [np.nan] * 3]))
    figure = intervals.interval_chart(table, "share", "Shares.", controls=["theirs"])
    assert figure.numbers.to_dict("records")[0] == {
        "name": "ours",
        "value": 0.5,
        "low": 0.4,
        "high": 0.7,
    }
    names = [row["name"] for rows in figure.chart.to_dict()["datasets"].values() for row in rows]
    assert names == ["ours"]  # what is not defined is in the table alone


def test_a_long_axis_title_stays_in_the_picture():
    table = intervals.estimates_frame(["ours"], np.array([[0.5, 0.4, 0.7]]))
    chart = intervals.interval_chart(table, "share of held-out images", "Shares.").wide
    assert chart.to_dict()["config"]["axisX"]["titleAnchor"] == "end"


@pytest.mark.parametrize(("at", "align"), [(0.1, "left"), (0.9, "right")])
def test_the_label_of_a_rule_points_to_where_there_is_room(at, align):
    table = intervals.estimates_frame(["a", "b"], np.array([[0.2] * 3, [0.8] * 3]))
    chart = intervals.interval_chart(table, "share", "Shares.", marks=[(at, "here")]).chart
    (label,) = [one for one in chart.to_dict()["layer"] if one["mark"]["type"] == "text"]
    assert label["mark"]["align"] == align
