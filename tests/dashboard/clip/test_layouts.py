"""Pages that draw layouts: some of very many points, and one chosen image."""

import re

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.clip import layout_charts
from store.schema.clip import layout
from store.writer import publish
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import HOME


@pytest.mark.parametrize("view", ["modality_gap", "alignment"])
def test_a_page_draws_some_of_many_texts_and_says_how_many(view, made_up, monkeypatch):
    many = {"image": 6000, "shown": 6000, "pixel_row": 2, "pixel_col": 2, "embedding_dim": 2}
    many |= {"template": 400, "wording": 401}
    sent = []
    build = layout_charts.panels_chart

    def panels_chart(frame, *args, **choices):
        sent.append(frame)
        return build(frame, *args, **choices)

    monkeypatch.setattr(layout_charts, "panels_chart", panels_chart)
    app = made_up(view, made_up_stores.make_contents("clip", sizes=many), {"picture": "0"})
    assert not app.exception
    said = " ".join(element.value for element in app.caption)
    assert re.search(r"5,000 of 6,000 pictures and 2,50[01] of 4,000 texts are drawn", said)
    drawn = sent[0][sent[0]["state"] == sent[0]["state"][0]]
    assert len(drawn) in (7500, 7501)
    matching = re.search(r"leads to its matching text, ([^.]*)\.", said)[1].replace("\\", "")
    assert (drawn["what"] == matching).sum() == 1


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
