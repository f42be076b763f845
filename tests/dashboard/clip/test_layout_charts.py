"""Layouts: one view for all panels, a ring that follows the row, and very many points."""

import html
import re

import numpy as np
import vl_convert

from dashboard.charts.scatter import MOST_POINTS, spread_rows
from dashboard.clip import layout_charts

CLASSES = ["cat", "dog"]


def panels(n=6, **choices):
    rng = np.random.default_rng(0)
    states = [rng.normal(size=(n, 2)) for _ in range(3)]
    texts = rng.normal(size=(2, 2))
    image_rows = 10 * np.arange(n)  # not the row number: a sample of more
    frame = layout_charts.panels_frame(
        states, ["a", "b", "c"], image_rows, ["cat", "dog"] * (n // 2), texts, CLASSES, ["t0", "t1"]
    )
    return states, texts, frame, layout_charts.panels_chart(frame, CLASSES, "PCA", **choices)


def test_panels_hold_every_point_once_per_state_moved_along_x_alone():
    states, _, frame, _ = panels()
    for panel, (name, xy) in enumerate(zip("abc", states, strict=True)):
        part = frame[(frame["state"] == name) & (frame["modality"] == "image")]
        np.testing.assert_allclose(part["y"], xy[:, 1])
        moved = part["x"].to_numpy() - xy[:, 0]
        assert np.ptp(moved) < 1e-9
        assert (moved.mean() > 0) == (panel > 0)
    ends = frame.groupby("state")["x"].agg(["min", "max"])
    assert (ends["max"].to_numpy()[:-1] < ends["min"].to_numpy()[1:]).all()


def test_images_and_texts_have_two_colours_and_classes_their_own_where_they_are_asked_for():
    for by_class, title, domain in ((False, None, ["image", "text"]), (True, "class", CLASSES)):
        spec = panels(by_class=by_class)[3].chart.to_dict()
        (layer,) = [one for one in spec["layer"] if "transform" in one]
        colour = layer["encoding"]["color"]
        assert colour["title"] == title
        assert colour["scale"]["domain"] == domain


def test_each_class_is_named_in_the_middle_of_its_images_in_every_panel():
    _, _, frame, figure = panels()
    spec = figure.chart.to_dict()
    named = [
        one for one in spec["layer"] if one["encoding"].get("text", {}).get("field") == "class"
    ]
    rows = spec["datasets"][named[-1]["data"]["name"]]
    assert len(rows) == 6  # two classes in three panels
    images = frame[(frame["modality"] == "image") & (frame["state"] == "b")]
    (dogs,) = [one for one in rows if (one["state"], one["class"]) == ("b", "dog")]
    assert dogs["x"] == images[images["class"] == "dog"]["x"].median()


def test_the_chosen_image_is_ringed_and_joined_to_its_text_in_every_panel():
    _, _, frame, figure = panels(chosen=30, matching="t1")
    spec = figure.chart.to_dict()
    layers = [layer for layer in spec["layer"] if layer["mark"]["type"] in ("rule", "point")]
    _, line, ring = (spec["datasets"][layer["data"]["name"]] for layer in layers)
    expected = frame[frame["shown"] == 30]["x"].tolist()
    assert len(expected) == 3
    assert [row["x"] for row in ring] == expected
    assert [row["x2"] for row in line] == frame[frame["what"] == "t1"]["x"].tolist()
    fields = [one["select"]["fields"] for one in spec["params"] if one["name"] != "boxed"]
    assert fields == [["shown"], ["shown"]]  # a row's own number, in whatever trace it is drawn


def test_texts_that_a_search_finds_are_ringed_in_every_panel():
    _, _, frame, figure = panels(lit=["t1"])
    spec = figure.chart.to_dict()
    (rings,) = [layer for layer in spec["layer"] if "size" in layer["mark"] and "fill" not in layer]
    ringed = spec["datasets"][rings["data"]["name"]]
    assert [row["x"] for row in ringed] == frame[frame["what"] == "t1"]["x"].tolist()


def test_hovering_an_image_says_its_matching_text_and_hovering_a_text_none():
    texts = {"cat": "a photo of a cat", "dog": 'a "quoted" dog'}
    _, _, frame, figure = panels(prompts=texts)
    spec = figure.chart.to_dict()
    (points_layer,) = [layer for layer in spec["layer"] if "transform" in layer]
    assert {"field": "text", "title": "matching text", "type": "nominal"} in (
        points_layer["encoding"]["tooltip"]
    )
    svg = vl_convert.vegalite_to_svg(spec)
    labels = [html.unescape(label) for label in re.findall(r'aria-label="([^"]*)"', svg)]
    for name, text in texts.items():
        of_class = [label for label in labels if f"class: {name};" in label]
        of_images = [label for label in of_class if "modality: image" in label]
        assert len(of_images) == 9  # in three panels
        assert all(f"matching text: {text}" in label for label in of_images)
        assert not any(text in label for label in of_class if label not in of_images)
    numbers = figure.numbers
    assert (numbers["matching text"] == "").tolist() == (frame["modality"] == "text").tolist()


def test_the_slider_moves_images_from_before_to_after():
    before, after = np.zeros((2, 2)), np.ones((2, 2))
    texts = np.array([[0.0, 0.0], [1.0, 1.0]])  # stay where images come from and go to
    frame = layout_charts.morph_frame(before, after, CLASSES, texts, CLASSES)
    spec = layout_charts.morph_chart(frame, "PCA").chart.to_dict()
    (slider,) = [param for param in spec["params"] if param["name"] == "slid"]
    assert (slider["bind"]["min"], slider["bind"]["max"]) == (0, 1)
    for at in (0, 1):
        slider["value"] = at
        svg = vl_convert.vegalite_to_svg(spec)
        images, stays = (
            np.array(re.findall(r"translate\(([^,]+),([^)]+)\)", re.search(layer, svg)[0]), float)
            for layer in (r"(?s)layer_0_marks.*?</g>", r"(?s)layer_1_marks.*?</g>")
        )
        np.testing.assert_allclose(images, [stays[at]] * 2, atol=1e-6)
        assert (stays[0] != stays[1]).all()


def test_playing_moves_the_signal_that_the_patch_names():
    frame = layout_charts.morph_frame(
        np.zeros((2, 2)), np.ones((2, 2)), CLASSES, np.zeros((2, 2)), CLASSES
    )
    spec = layout_charts.morph_chart(frame, "PCA").wide.to_dict()
    signals = vl_convert.vegalite_to_vega(spec)["signals"]
    is_named, add = spec["usermeta"]["embedOptions"]["patch"]
    assert (is_named["path"], add["path"]) == ("/signals/0/name", "/signals/0/on")
    assert signals[0]["name"] == is_named["value"]
    assert "on" not in signals[0]


def test_a_density_picture_puts_a_point_where_it_lies_and_makes_more_points_brighter():
    xy = np.array([[0.0, 0.0]] * 9 + [[1.0, 1.0]])
    picture = np.asarray(layout_charts.density_image([xy], side=10)).astype(int).sum(axis=-1)
    assert picture[9, 0] > picture[0, 9] > picture[5, 5]  # y points up


def test_a_quarter_of_a_million_points_become_a_small_picture_and_a_sample():
    xy = np.random.default_rng(0).normal(size=(250_000, 2))
    picture = layout_charts.density_image([xy, xy, xy])
    assert picture.size == (3 * 420 + 8, 420)
    assert len(spread_rows(len(xy))) == MOST_POINTS
