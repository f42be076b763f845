"""What a chart of the sweep plots."""

import numpy as np

from dashboard.vae import sweep


def test_a_sweep_is_drawn_in_the_order_of_its_setting_with_whiskers_where_there_are_seeds():
    measured = {"VAE": np.array([[14.6, 14.4, 14.8], [9.4, np.nan, np.nan]])}
    table = sweep.sweep_frame([1.0, 0.1], measured, {"PCA-20": np.array([15.2, np.nan])})
    figure = sweep.sweep_chart(table, "beta", "squared error", "Error over beta.")
    assert figure.numbers[figure.numbers["series"] == "VAE"]["value"].tolist() == [9.4, 14.6]
    spec = figure.chart.to_dict()
    whiskers, lines, _ = spec["layer"]
    assert lines["encoding"]["x"]["type"] == "ordinal"
    assert lines["encoding"]["x"]["sort"] == "ascending"
    rows = spec["datasets"][whiskers["data"]["name"]]
    assert [(row["series"], row["low"], row["high"]) for row in rows] == [("VAE", 14.4, 14.8)]
    every = spec["datasets"][lines["data"]["name"]]
    assert len(every) == 3  # what is not defined is in the table alone


def test_a_level_of_a_sweep_is_a_rule_with_its_words():
    table = sweep.sweep_frame([1.0, 0.1], {"information": np.array([[5.9] * 3, [6.9] * 3])}, {})
    levels = [(6.908, "most that can be estimated: 6.91")]
    figure = sweep.sweep_chart(table, "beta", "nats", "Nats over beta.", levels=levels)
    spec = figure.chart.to_dict()
    rows = [row for data in spec["datasets"].values() for row in data if "level" in row]
    assert rows == [{"level": 6.908, "label": "most that can be estimated: 6.91"}]
    assert {layer["encoding"]["y"]["title"] for layer in spec["layer"]} == {"nats"}
    assert sweep.sweep_chart(table, "beta", "nats", "Nats.").numbers.equals(figure.numbers)
