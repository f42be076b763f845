"""What the charts plot: their numbers and the marks that carry them."""

import numpy as np
import pytest

from dashboard.charts import image_encoding, intervals
from dashboard.clip.alignment import charts as alignment_charts
from dashboard.clip.modality_gap import charts as modality_gap_charts
from dashboard.vae import sweep_charts
from dashboard.vae.reconstructions import charts as reconstructions_charts
from dashboard.vae.training import charts as training_charts
from dashboard.vit.masking import charts as masking_charts
from dashboard.vit.outline import charts as outline_charts


def histograms():
    ratios = reconstructions_charts.ratio_frame(reconstruction=np.array([0.1, 0.2, 0.2, 0.4]))
    values = reconstructions_charts.value_frame(reconstruction=np.array([0.1, np.nan, -0.2, 0.4]))
    cosines = modality_gap_charts.cosine_frame(
        ["matched"], np.linspace(-1, 1, 5), np.array([[0, 0.25, 0.5, 0.25]])
    )
    return {
        "values": (reconstructions_charts.value_chart(values, "SSIM", "SSIM."), "images", 3),
        "ratios": (reconstructions_charts.ratio_chart(ratios, "ratio", "Ratios."), "images", 4),
        "cosines": (modality_gap_charts.cosine_chart(cosines), "share", 1),
    }


@pytest.mark.parametrize("name", ["values", "ratios", "cosines"])
def test_a_histogram_counts_everything_once_and_its_bars_stand_on_zero(name):
    figure, column, total = histograms()[name]
    assert figure.numbers[column].sum() == total
    spec = figure.chart.to_dict()
    bars = next(layer for layer in spec.get("layer", [spec]) if layer["mark"]["type"] == "bar")
    assert bars["encoding"]["y"]["field"] == column
    assert bars["encoding"]["y2"] == {"datum": 0}  # without it a bar is a dash at its own height


def test_an_interval_chart_shows_the_numbers_that_it_was_given():
    table = intervals.estimates_frame(["ours", "theirs"], np.array([[0.5, 0.4, 0.7], [np.nan] * 3]))
    figure = intervals.interval_chart(table, "share", "Shares.", controls=["theirs"])
    assert figure.numbers.to_dict("records")[0] == {
        "name": "ours",
        "value": 0.5,
        "low": 0.4,
        "high": 0.7,
    }
    drawn = [row["name"] for rows in figure.chart.to_dict()["datasets"].values() for row in rows]
    assert drawn == ["ours"]  # what is not defined is in the table alone


def test_a_long_axis_title_stays_in_the_picture():
    table = intervals.estimates_frame(["ours"], np.array([[0.5, 0.4, 0.7]]))
    chart = intervals.interval_chart(table, "share of held-out images", "Shares.").wide
    assert chart.to_dict()["config"]["axisX"]["titleAnchor"] == "end"


def test_a_sweep_is_drawn_in_the_order_of_its_setting_with_whiskers_where_there_are_seeds():
    measured = {"VAE": np.array([[14.6, 14.4, 14.8], [9.4, np.nan, np.nan]])}
    table = sweep_charts.sweep_frame([1.0, 0.1], measured, {"PCA-20": np.array([15.2, np.nan])})
    figure = sweep_charts.sweep_chart(table, "beta", "squared error", "Error over beta.")
    assert figure.numbers[figure.numbers["series"] == "VAE"]["value"].tolist() == [9.4, 14.6]
    spec = figure.chart.to_dict()
    whiskers, lines, _ = spec["layer"]
    assert lines["encoding"]["x"]["sort"] == ["0.1", "1"]
    drawn = spec["datasets"][whiskers["data"]["name"]]
    assert [(row["series"], row["low"], row["high"]) for row in drawn] == [("VAE", 14.4, 14.8)]
    every = spec["datasets"][lines["data"]["name"]]
    assert len(every) == 3  # what is not defined is in the table alone


def test_a_level_of_a_sweep_is_a_rule_with_its_words():
    table = sweep_charts.sweep_frame(
        [1.0, 0.1], {"information": np.array([[5.9] * 3, [6.9] * 3])}, {}
    )
    levels = [(6.908, "most that can be estimated")]
    figure = sweep_charts.sweep_chart(table, "beta", "nats", "Nats over beta.", levels=levels)
    spec = figure.chart.to_dict()
    rows = [row for data in spec["datasets"].values() for row in data if "level" in row]
    assert rows == [{"level": 6.908, "label": "most that can be estimated: 6.91"}]
    assert {layer["encoding"]["y"]["title"] for layer in spec["layer"]} == {"nats"}
    assert sweep_charts.sweep_chart(table, "beta", "nats", "Nats.").numbers.equals(figure.numbers)


def test_the_originals_two_losses_are_rules_where_they_are_asked_for():
    curves = training_charts.curves_frame(["train"], loss=np.array([[39.0], [25.0]]))
    for asked, expected in ((True, [40.9, 23.9]), (False, [])):
        figure = training_charts.curve_chart(curves, "loss", "loss", "Loss.", with_original=asked)
        datasets = figure.chart.to_dict()["datasets"].values()
        assert [row["level"] for rows in datasets for row in rows if "level" in row] == expected


def test_baselines_are_rules_beside_the_curve():
    curves = training_charts.curves_frame(["train"], reconstruction=np.array([[20.0], [15.0]]))
    rules = [(15.2, "PCA-20")]
    figure = training_charts.curve_chart(curves, "reconstruction", "error", "Error.", rules=rules)
    rows = [row for data in figure.chart.to_dict()["datasets"].values() for row in data]
    assert [row["level"] for row in rows if row.get("label") == "PCA-20: 15.2"] == [15.2]


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
    drawn = masking_charts.curves_chart(table, "Hidden", "share", "Shares.").chart.to_dict()
    assert all(len(rows) == 3 for rows in drawn["datasets"].values())


def test_a_picture_stands_on_the_shares_that_were_run():
    quartiles = np.array([[0.2, 0.5, 0.9], [np.nan] * 3])
    table = masking_charts.standing_frame(np.array([0.1, 0.5]), quartiles, np.array([0.7, np.nan]))
    assert table.to_dict("records") == [
        {"mask_ratio": 0.1, "lower": 0.2, "median": 0.5, "upper": 0.9, "this_picture": 0.7}
    ]
    drawn = masking_charts.standing_chart(table, 0.1).chart.to_dict()["datasets"].values()
    lines = next(rows for rows in drawn if "line" in rows[0])
    assert {row["line"]: row["probability"] for row in lines} == {
        "this picture": 0.7,
        "median of all images": 0.5,
    }


def test_hidden_patches_show_the_fill_of_their_own_place():
    pixels = np.full((4, 4, 1), 10, np.uint8)
    shown = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    hidden = np.array([[False, True], [False, False]])
    picture = image_encoding.masked(pixels, hidden, shown)
    assert picture[:2, 2:, 0].tolist() == [[2, 3], [6, 7]]
    assert (picture[2:] == 10).all()
    hatched = image_encoding.masked(pixels, hidden, None)
    assert set(np.unique(hatched[:112, 112:])) == {
        *image_encoding.HATCH_DARK,
        *image_encoding.HATCH_LIGHT,
    }


def test_only_heads_beyond_chance_and_above_zero_are_marked():
    gains = np.array([[[0.4, 0.3, 0.5], [-0.4, -0.5, -0.3]], [[0.1, -0.1, 0.3], [0.2, 0.1, 0.3]]])
    table = outline_charts.heads_frame(gains, np.array([[0.001, 0.001], [0.4, 0.05]]))
    assert table["layer"].tolist() == [1, 1, 2, 2]
    figure = outline_charts.heads_chart(table)
    (marks,) = [layer for layer in figure.chart.to_dict()["layer"] if "transform" in layer]
    assert marks["transform"] == [{"filter": "datum.q_value <= 0.05 && datum.gain > 0"}]


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


def test_the_accuracy_of_alignment_ends_at_all_images():
    estimates = np.array([[0.9, 0.8, 0.95]])
    table = alignment_charts.methods_frame(
        ["none"], ["baseline"], estimates, np.zeros(1), estimates, estimates, estimates
    )
    marks = alignment_charts.tradeoff_chart(table, ["none"]).chart.to_dict()["layer"][0]
    assert marks["encoding"]["y"]["scale"]["domain"] == [0, 1]


@pytest.mark.parametrize(("at", "align"), [(0.1, "left"), (0.9, "right")])
def test_the_label_of_a_rule_points_to_where_there_is_room(at, align):
    table = intervals.estimates_frame(["a", "b"], np.array([[0.2] * 3, [0.8] * 3]))
    chart = intervals.interval_chart(table, "share", "Shares.", marks=[(at, "here")]).chart
    (label,) = [one for one in chart.to_dict()["layer"] if one["mark"]["type"] == "text"]
    assert label["mark"]["align"] == align
