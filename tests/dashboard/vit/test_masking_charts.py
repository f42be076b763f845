"""What the charts of masking plot."""

import numpy as np

from dashboard.vit import masking_charts


def test_a_cell_that_was_not_run_is_no_point_of_a_curve():
    estimates = np.array([[[0.5, 0.4, 0.6], [np.nan] * 3], [[0.3, 0.2, 0.4], [0.1, 0.0, 0.2]]])
    table = masking_charts.curves_frame(["block", "all over"], np.array([0.1, 0.5]), estimates)
    assert table.to_dict("list") == {
        "name": ["block", "all over", "all over"],
        "mask_ratio": [0.1, 0.1, 0.5],
        "value": [0.5, 0.3, 0.1],
        "low": [0.4, 0.2, 0.0],
        "high": [0.6, 0.4, 0.2],
    }
    spec = masking_charts.curves_chart(table, "Hidden", "share", "Shares.").chart.to_dict()
    assert all(len(rows) == 3 for rows in spec["datasets"].values())


def test_a_picture_stands_on_the_shares_that_were_run():
    quartiles = np.array([[0.2, 0.5, 0.9], [np.nan] * 3])
    own = np.array([0.7, np.nan])
    figure = masking_charts.standing_chart(np.array([0.1, 0.5]), quartiles, own, 0.1)
    assert figure.numbers.to_dict("records") == [
        {"mask_ratio": 0.1, "lower": 0.2, "median": 0.5, "upper": 0.9, "this_picture": 0.7}
    ]
    tables = figure.chart.to_dict()["datasets"].values()
    lines = {row["line"]: row["probability"] for rows in tables for row in rows if "line" in row}
    assert lines == {
        "this picture": 0.7,
        "median of all images": 0.5,
    }


def test_a_difference_in_points_has_a_rule_at_zero_and_no_axis_of_shares():
    table = masking_charts.curves_frame(
        ["a minus b"], np.array([0.1]), np.array([[[12.5, 0.0, 37.5]]])
    )
    spec = masking_charts.curves_chart(
        table, "Difference", "difference, points", "Difference.", difference=True
    ).chart.to_dict()
    rule, _, _, points = spec["layer"]
    assert spec["datasets"][rule["data"]["name"]] == [{"value": 0.0}]
    assert rule["mark"]["type"] == "rule"
    y = points["encoding"]["y"]
    assert "domain" not in y["scale"]
    assert "%" not in y["axis"]["format"]
