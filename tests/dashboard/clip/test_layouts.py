"""Pages that draw layouts: some of very many points, and one chosen image."""

import re

import pandas as pd
import pytest

from dashboard.clip import images, layout_charts
from store.schema.clip import layout
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import captions, words

FEW_PIXELS = {"pixel_row": 2, "pixel_col": 2, "embedding_dim": 2}


@pytest.mark.parametrize("page", ["modality_gap", "alignment"])
def test_a_page_draws_some_of_many_texts_and_says_how_many(page, open_page, monkeypatch):
    many = {"image": 6000, "shown": 6000, "template": 400, "wording": 401}
    contents = made_up_stores.make_contents("clip", sizes=FEW_PIXELS | many)
    frames = []
    build = layout_charts.panels_chart

    def panels_chart(frame, *args, **choices):
        frames.append(frame)
        return build(frame, *args, **choices)

    monkeypatch.setattr(layout_charts, "panels_chart", panels_chart)
    app = open_page(page, report_states.holding(contents), picture="0")
    assert not app.exception
    text = captions(app)
    assert re.search(r"5,000 of 6,000 pictures and 2,50[01] of 4,000 texts are drawn", text)
    points = frames[0][frames[0]["state"] == frames[0]["state"][0]]
    assert len(points) in (7500, 7501)
    matching = re.search(r"leads to its matching text, ([^.]*)\.", text)[1]
    assert (points["what"] == matching).sum() == 1


@pytest.fixture(scope="module")
def a_quarter_of_a_million(tmp_path_factory):
    """A folder with a report of 250,000 pictures."""
    sizes = FEW_PIXELS | {"image": 250_000, "shown": 250_000}
    contents = made_up_stores.make_contents("clip", sizes=sizes)
    assert contents.arrays[layout.SHOWN_IMAGE].shape == (250_000,)
    return report_states.holding(contents)(tmp_path_factory.mktemp("reports"))


@pytest.mark.parametrize("page", ["modality_gap", "alignment"])
def test_a_report_of_250_000_pictures_opens(page, open_page, a_quarter_of_a_million):
    app = open_page(page, lambda _: a_quarter_of_a_million, picture="0")
    assert not app.exception
    assert "drawn one by one" in captions(app)


def test_a_chosen_picture_is_in_the_url_and_shows_its_neighbours(open_page):
    app = open_page("modality_gap", report_states.committed, picture="7")
    assert not app.exception
    assert "Nearest in the embedding space to picture 7" in words(app)
    (picker,) = [box for box in app.selectbox if box.label == "Picture"]
    picker.set_value("none").run()
    assert "picture 7" not in words(app)


def test_a_link_may_name_a_picture_by_its_number_alone(open_page):
    app = open_page("modality_gap", report_states.committed, picture="7")
    (picker,) = [box for box in app.selectbox if box.label == "Picture"]
    assert picker.value.startswith("7 · ")
    assert "not available here" not in " ".join(one.value for one in app.info)


def test_a_search_counts_the_texts_that_hold_the_words(page_of):
    app = page_of("modality_gap", report_states.committed)
    app.text_input[0].set_value("A PHOTO OF A").run()
    assert not app.exception
    assert re.search(r"\d+ texts hold these words", captions(app))
    app.text_input[0].set_value("no such words").run()
    assert "0 texts hold these words" in captions(app)


def test_a_box_holds_the_images_inside_it_and_no_text():
    points = pd.DataFrame({"x": [0.0, 1, 2, 1], "y": [0.0, 1, 1, 1], "shown": [4, 5, 6, -1]})
    assert images.in_box(points, {"x": [1.5, 0.5], "y": [0, 2]}) == [5]
    assert images.in_box(points, {"y": [0.5, 2]}) == [5, 6]
