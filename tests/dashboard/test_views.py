"""Every view over a committed, missing, damaged and newer store, as Streamlit runs it."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from tests import reports

HOME = Path(__file__).resolve().parents[2] / "dashboard" / "Home.py"
VIEWS = [name for pages in navigation.SECTIONS.values() for name, _, _ in pages]
OF_ONE_STUDY = [view for view in VIEWS if view not in ("overview", "about")]


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Return a function that opens a view over a data folder in some state."""

    def open_view(view, state, query=None):
        st.cache_data.clear()
        st.cache_resource.clear()
        monkeypatch.setenv("THREE_LENSES_DATA", str(state(tmp_path / "data")))
        app = AppTest.from_file(str(HOME), default_timeout=60)
        for key, value in (query or {}).items():
            app.query_params[key] = value
        app.run()
        return app if view == "overview" else app.switch_page(f"views/{view}.py").run()

    return open_view


def words(app):
    return "\n".join(element.value for kind in ("markdown", "caption") for element in app.get(kind))


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_shows_the_committed_report(view, opened):
    app = opened(view, reports.committed)
    assert not app.exception
    assert len(app.title) == 1
    assert "cannot be shown" not in words(app)
    assert "How this was measured" in [expander.label for expander in app.expander]
    assert "**Sources.**" in words(app) or view == "about"


@pytest.mark.parametrize("view", OF_ONE_STUDY)
def test_a_figure_says_where_its_numbers_come_from(view, opened):
    text = words(opened(view, reports.committed))
    assert "made " in text
    assert "contents " in text


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    ("state", "fact", "command"),
    [
        (reports.without_stores, "there is no report yet", "make precompute"),
        (reports.damaged, "the file ends after", "make precompute"),
        (reports.newer, "the file is format 99", "git pull"),
    ],
)
def test_a_view_without_its_store_says_why_and_what_to_do(view, state, fact, command, opened):
    app = opened(view, state)
    assert not app.exception
    text = words(app).replace("\\", "")
    assert "This part of the report cannot be shown" in text
    assert fact in text
    assert any(command in block.value for block in app.code)


def test_one_damaged_store_leaves_the_other_studies_alone(opened):
    def one_missing(folder):
        reports.committed(folder)
        (folder / "embedded" / "vae.h5").unlink()
        return folder

    text = words(opened("overview", one_missing)).replace("\\", "")
    assert "this report holds no vae study" in text
    assert "7 claims tested" in text


@pytest.mark.parametrize("view", ["overview", "attention", "masking", "outline"])
def test_the_photographs_report_opens_with_its_one_study(view, opened):
    app = opened(view, reports.photographs)
    assert not app.exception
    assert ("cannot be shown" in words(app)) == (view == "overview")  # it lacks VAE and CLIP


@pytest.mark.parametrize("view", ["training", "prompts"])
def test_pages_of_other_studies_say_that_the_photographs_have_none(view, opened):
    app = opened(view, reports.photographs)
    assert not app.exception
    assert "this report holds no" in words(app).replace("\\", "")


def test_the_overview_counts_verdicts_as_the_stores_give_them(opened):
    text = words(opened("overview", reports.committed))
    counted = [word for word in ("supported", "refuted", "undecided") if f" {word}" in text]
    assert counted == ["supported", "refuted", "undecided"]
    assert "10 claims tested" in text


@pytest.mark.parametrize(
    "query",
    [
        {"report": "../../../etc"},
        {"layer": "<script>alert(1)</script>", "head": "-1"},
        {"picture": "99999", "ratio": "200%", "method": "nothing"},
    ],
)
@pytest.mark.parametrize("view", ["attention", "masking", "modality_gap"])
def test_nonsense_in_the_url_falls_back_to_a_default(view, query, opened):
    app = opened(view, reports.committed, query)
    assert not app.exception
    assert len(app.title) == 1
