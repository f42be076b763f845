"""CLIP's charts: one view for all panels, a ring that follows the row, and very many points."""

import html
import re
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
import vl_convert
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.charts.scatter import MOST_POINTS, spread_rows
from dashboard.clip import density_chart, layout_charts, morph_chart
from dashboard.clip.prompts import charts as prompts_charts
from dashboard.ui import formatting
from store.schema.clip import alignment, layout, modality_gap, prompts
from store.writer import publish
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import HOME, drawn

CLASSES = ["cat", "dog"]


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Return a function that opens a page over a made-up CLIP store."""

    report_states.committed(tmp_path)
    monkeypatch.setenv("THREE_LENSES_DATA", str(tmp_path))

    def open_page(view, contents, query=None):
        publish(tmp_path / "embedded" / "clip.h5", contents)
        st.cache_data.clear()
        st.cache_resource.clear()
        app = AppTest.from_file(str(HOME), default_timeout=100)
        for key, value in (query or {}).items():
            app.query_params[key] = value
        return app.run().switch_page(navigation.page_file(view)).run()

    return open_page


def panels(n=6, **choices):
    rng = np.random.default_rng(0)
    states = [rng.normal(size=(n, 2)) for _ in range(3)]
    texts = rng.normal(size=(2, 2))
    shown = 10 * np.arange(n)  # not the row number: a sample of more
    ui_page = layout_charts.panels_frame(
        states, ["a", "b", "c"], shown, ["cat", "dog"] * (n // 2), texts, CLASSES, ["t0", "t1"]
    )
    return states, texts, ui_page, layout_charts.panels_chart(ui_page, CLASSES, "PCA", **choices)


def test_panels_hold_every_point_once_per_state_moved_along_x_alone():
    states, _, ui_page, _ = panels()
    for panel, (name, xy) in enumerate(zip("abc", states, strict=True)):
        part = ui_page[(ui_page["state"] == name) & (ui_page["modality"] == "image")]
        np.testing.assert_allclose(part["y"], xy[:, 1])
        moved = part["x"].to_numpy() - xy[:, 0]
        assert np.ptp(moved) < 1e-9
        assert (moved.mean() > 0) == (panel > 0)
    ends = ui_page.groupby("state")["x"].agg(["min", "max"])
    assert (ends["max"].to_numpy()[:-1] < ends["min"].to_numpy()[1:]).all()


def test_the_chosen_image_is_ringed_and_joined_to_its_text_in_every_panel():
    _, _, ui_page, figure = panels(chosen=30, matching="t1")
    spec = figure.chart.to_dict()
    layers = [layer for layer in spec["layer"] if layer["mark"]["type"] in ("rule", "point")]
    _, line, ring = (spec["datasets"][layer["data"]["name"]] for layer in layers)
    expected = ui_page[ui_page["shown"] == 30]["x"].tolist()
    assert len(expected) == 3
    assert [row["x"] for row in ring] == expected
    assert [row["x2"] for row in line] == ui_page[ui_page["what"] == "t1"]["x"].tolist()
    fields = [param["select"]["fields"] for param in spec["params"]]
    assert fields == [["shown"], ["shown"]]  # a row's own number, in whatever trace it is drawn


def test_hovering_an_image_says_its_matching_text_and_hovering_a_text_none():
    texts = {"cat": "a photo of a cat", "dog": 'a "quoted" dog'}
    _, _, ui_page, figure = panels(prompts=texts)
    spec = figure.chart.to_dict()
    (points_layer,) = [layer for layer in spec["layer"] if "transform" in layer]
    assert {"field": "text", "title": "matching text", "type": "nominal"} in (
        points_layer["encoding"]["tooltip"]
    )
    drawn = vl_convert.vegalite_to_svg(spec)
    said = [html.unescape(label) for label in re.findall(r'aria-label="([^"]*)"', drawn)]
    for name, text in texts.items():
        of_class = [label for label in said if f"class: {name};" in label]
        of_images = [label for label in of_class if "modality: image" in label]
        assert len(of_images) == 9  # in three panels
        assert all(f"matching text: {text}" in label for label in of_images)
        assert not any(text in label for label in of_class if label not in of_images)
    numbers = figure.numbers
    assert (numbers["matching text"] == "").tolist() == (ui_page["modality"] == "text").tolist()


@pytest.mark.parametrize("view", ["modality_gap", "alignment"])
def test_a_page_draws_some_of_many_texts_and_says_how_many(view, made_up, monkeypatch):
    many = {"image": 6000, "shown": 6000, "pixel_row": 2, "pixel_col": 2, "embedding_dim": 2}
    many |= {"template": 400, "wording": 401}
    sent = []
    build = layout_charts.panels_chart

    def panels_chart(ui_page, *args, **choices):
        sent.append(ui_page)
        return build(ui_page, *args, **choices)

    monkeypatch.setattr(layout_charts, "panels_chart", panels_chart)
    app = made_up(view, made_up_stores.make_contents("clip", sizes=many), {"picture": "0"})
    assert not app.exception
    said = " ".join(element.value for element in app.caption)
    assert re.search(r"5,000 of 6,000 pictures and 2,50[01] of 4,000 texts are drawn", said)
    drawn = sent[0][sent[0]["state"] == sent[0]["state"][0]]
    assert len(drawn) in (7500, 7501)
    matching = re.search(r"leads to its matching text, ([^.]*)\.", said)[1].replace("\\", "")
    assert (drawn["what"] == matching).sum() == 1


def test_the_slider_moves_images_from_before_to_after():
    before, after = np.zeros((2, 2)), np.ones((2, 2))
    texts = np.array([[0.0, 0.0], [1.0, 1.0]])  # stay where images come from and go to
    ui_page = morph_chart.morph_frame(before, after, CLASSES, texts, CLASSES)
    spec = morph_chart.morph_chart(ui_page, CLASSES, "PCA").chart.to_dict()
    (slider,) = [param for param in spec["params"] if param["name"] == "t"]
    assert (slider["bind"]["min"], slider["bind"]["max"]) == (0, 1)
    for at in (0, 1):
        slider["value"] = at
        drawn = vl_convert.vegalite_to_svg(spec)
        images, stays = (
            np.array(re.findall(r"translate\(([^,]+),([^)]+)\)", re.search(layer, drawn)[0]), float)
            for layer in (r"(?s)layer_0_marks.*?</g>", r"(?s)layer_1_marks.*?</g>")
        )
        np.testing.assert_allclose(images, [stays[at]] * 2, atol=1e-6)
        assert (stays[0] != stays[1]).all()


def test_the_strip_ranks_wordings_by_accuracy():
    accuracy = np.array([[0.8, 0.7, 0.9], [0.9, 0.8, 0.95]])
    ui_page = prompts_charts.strip_frame(["a", "b"], ["x", "y"], accuracy, np.array([0.1, np.nan]))
    assert ui_page["wording"].tolist() == ["b", "a"]
    assert ui_page["rank"].tolist() == [1, 2]
    assert ui_page["p_value"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("model", "dataset", "words"),
    [
        ("ViT-B-32-quickgelu/openai", "STL10 train and test", "the same model on the same data"),
        ("ViT-L-14-quickgelu/openai", "STL10 train and test", "another model on the same data"),
        ("ViT-B-32/laion2b_s34b_b79k", "my-photographs", "another model on another data"),
        ("ViT-B-32-quickgelu/openai", "my-photographs", "the same model on another data"),
    ],
)
def test_the_originals_figures_are_said_to_be_of_another_model_only_where_they_are(
    model, dataset, words
):
    made = replace(made_up_stores.make_contents("clip").provenance, model=model, dataset=dataset)
    note = formatting.diamonds_note(made)
    assert f"from {words} set." in note
    assert ("not their height" in note) == ("another" in words)


def test_what_a_page_says_of_its_model_holds_for_any():
    seen = replace(
        made_up_stores.make_contents("clip").provenance, preprocessing={"seen_class_names": True}
    )
    assert "small model" not in formatting.task_note(seen)
    assert (
        "ninety" not in (HOME.parent / navigation.page_folder("prompts") / "method.md").read_text()
    )


def test_a_density_picture_puts_a_point_where_it_lies_and_makes_more_points_brighter():
    xy = np.array([[0.0, 0.0]] * 9 + [[1.0, 1.0]])
    picture = np.asarray(density_chart.density_picture([xy], side=10)).astype(int).sum(axis=-1)
    assert picture[9, 0] > picture[0, 9] > picture[5, 5]  # y points up


def test_a_quarter_of_a_million_points_become_a_small_picture_and_a_sample():
    xy = np.random.default_rng(0).normal(size=(250_000, 2))
    picture = density_chart.density_picture([xy, xy, xy])
    assert picture.size == (3 * 420 + 8, 420)
    assert len(spread_rows(len(xy))) == MOST_POINTS


@pytest.mark.parametrize("view", ["modality_gap", "alignment"])
def test_a_report_of_250_000_pictures_opens(view, tmp_path, monkeypatch):
    many = {"image": 250_000, "shown": 250_000, "pixel_row": 2, "pixel_col": 2, "embedding_dim": 2}
    contents = made_up_stores.make_contents("clip", sizes=many)
    report_states.committed(tmp_path)
    publish(tmp_path / "embedded" / "clip.h5", contents)
    monkeypatch.setenv("THREE_LENSES_DATA", str(tmp_path))
    st.cache_data.clear()
    st.cache_resource.clear()
    app = AppTest.from_file(str(HOME), default_timeout=150).run()
    app.query_params["picture"] = "0"
    app.switch_page(navigation.page_file(view)).run()
    assert not app.exception
    said = " ".join(element.value for element in app.caption)
    assert "drawn one by one" in said
    assert contents.arrays[layout.SHOWN_IMAGE].shape == (250_000,)


def test_a_chosen_picture_is_in_the_url_and_shows_its_neighbours(tmp_path, monkeypatch):
    report_states.committed(tmp_path)
    monkeypatch.setenv("THREE_LENSES_DATA", str(tmp_path))
    app = AppTest.from_file(str(HOME), default_timeout=100)
    app.query_params["picture"] = "7"
    app.run()
    app = app.switch_page(navigation.page_file("modality_gap")).run()
    assert not app.exception
    text = " ".join(element.value for element in app.markdown)
    assert "Nearest in the embedding space to picture 7" in text
    (picker,) = [box for box in app.selectbox if box.label == "Picture"]
    picker.set_value("none").run()
    assert "picture 7" not in " ".join(element.value for element in app.markdown)


def said(app):
    return " ".join(element.value for element in app.caption).replace("\\", "")


def test_the_labels_that_any_method_changed_can_be_seen_and_linked_to(made_up):
    contents = made_up_stores.make_contents("clip")
    methods = contents.arrays[alignment.METHOD].tolist()
    predicted = contents.arrays[alignment.ALIGNED_PREDICTED]
    predicted[:] = predicted[0]
    changed = (predicted[methods.index("mean_removal"), :7] + 1) % 10
    predicted[methods.index("mean_removal"), :7] = changed
    app = made_up("alignment", contents, {"changed_by": "means removed"})
    assert not app.exception
    (picker,) = [box for box in app.selectbox if box.label == "From no alignment to"]
    assert picker.value == "means removed"
    assert "no alignment" not in picker.options

    def n_changed():
        return int(re.search(r"(\d+) of the 20 shown pictures", said(app))[1])

    assert n_changed() == 7
    app = picker.set_value("Procrustes").run()
    assert n_changed() == 0


def test_the_table_of_methods_shows_every_rank_of_retrieval(made_up):
    contents = made_up_stores.make_contents("clip")
    stored = contents.arrays[alignment.ALIGNED_RETRIEVAL][..., 0]
    app = made_up("alignment", contents)
    (table,) = [one.value for one in app.dataframe if "what it does" in one.value.columns]
    for column, title in enumerate(
        f"{way}, first {rank}" for way in ("image to text", "text to image") for rank in (1, 5, 10)
    ):
        np.testing.assert_allclose(table[title], stored[:, column], atol=1e-4)


def test_the_few_shot_curve_says_that_a_map_chooses_its_strength_on_all_select_images(made_up):
    contents = made_up_stores.make_contents("clip")
    n_select = int((contents.arrays[prompts.IMAGE_SPLIT] == 1).sum())
    words = f"by the labels of all {n_select} select images"
    assert words not in said(made_up("alignment", contents))
    contents.arrays[alignment.SHOT_METHOD] = np.array(["procrustes", "procrustes_shrunk"])
    assert words in said(made_up("alignment", contents))


def test_a_number_that_is_not_defined_is_named_with_its_reason(made_up):
    contents = made_up_stores.make_contents("clip")
    contents.arrays[modality_gap.METRIC][1] = np.nan
    contents.arrays[modality_gap.METRIC_REASON] = np.array(["", "9 texts are too few", "", ""])
    app = made_up("modality_gap", contents)
    assert not app.exception
    found = said(app)
    assert "Not defined here: cosine between the two means, for 9 texts are too few." in found
    assert found.count("Not defined here") == 1


def test_the_difference_that_each_method_makes_is_drawn_beside_no_alignment(made_up):
    contents = made_up_stores.make_contents("clip")
    roles = contents.arrays[alignment.METHOD_ROLE]
    stored = 100 * contents.arrays[alignment.ALIGNED_DIFFERENCE][roles == "method"]
    tables = drawn(made_up("alignment", contents), "minus that of no alignment")
    (values,) = [table for table in tables if "value" in table]
    np.testing.assert_allclose(values[["value", "low", "high"]], stored, atol=1e-4)
    assert [table["at"].tolist() for table in tables if "at" in table] == [[0.0]]


def test_the_control_of_the_gap_is_named_in_full_above_the_chart_alone(made_up):
    app = made_up("modality_gap", made_up_stores.make_contents("clip"))
    (claim,) = (one for one in made_up_stores.make_contents("clip").claims if one.id == "clip-gap")
    assert f"Control: {claim.control_name}, {claim.unit}." in said(app)
    (table,) = drawn(app, "Gap metrics")
    last = table.iloc[-1]  # on a phone, a longer name leaves the chart no room
    assert (last["name"], last["kind"]) == ("control", "control")
    np.testing.assert_allclose(last["value"], claim.control)


def test_a_pairs_p_value_is_said_not_to_be_adjusted(made_up):
    app = made_up("prompts", made_up_stores.make_contents("clip"))
    (table,) = [one.value for one in app.dataframe if "both wrong" in one.value.columns][-1:]
    assert "p value, not adjusted" in table.columns


def test_the_names_of_pairs_are_written_in_full():
    names = ["photo", "ensemble clip_benchmark"]
    ui_page = prompts_charts.pairs_frame(
        names, np.array([[0, 1]]), np.array([[80, 5, 4, 11]]), np.array([0.5])
    )
    chart = prompts_charts.disagreement_chart(ui_page).wide.properties(width=500)
    assert "photo ↔ ensemble clip_benchmark</text>" in vl_convert.vegalite_to_svg(chart.to_dict())
