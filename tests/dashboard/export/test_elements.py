"""A page as a file: its text, its tables, and that nothing which it draws is left out."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import loaders, navigation
from dashboard.export import figures
from dashboard.export.elements import (
    PageDrawer,
    exported_pages,
    markdown_block,
    markdown_line,
    plain,
)
from dashboard.navigation import Page
from dashboard.ui import formatting
from tests.support import report_states


def export_view(view):
    """Return what the exporter makes of a small view."""
    app = AppTest.from_function(view).run()
    assert not app.exception
    drawer = PageDrawer(Page("view", "View", ":material/info:"))
    return drawer, drawer.html(app.main)


def test_markdown_keeps_streamlits_colours_and_icons_as_words():
    assert markdown_line(":blue-badge[:material/check_circle: **supported**]") == (
        '<span class="blue-badge">✓ <strong>supported</strong></span>'
    )
    assert markdown_line("at 10:30 :unknown[x]") == "at 10:30 :unknown[x]"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>x</script>",
        "<img src=x onerror=y>",
        "[a](javascript:x)",
        "![a](http://b/c.png)",
        "<!-- <script> -->",
    ],
)
def test_markdown_lets_no_markup_through(hostile):
    html = markdown_block(hostile) + markdown_line(formatting.escaped(hostile))
    for forbidden in ("<script", "<img", "<!--", 'href="javascript', "<a"):
        assert forbidden not in html.replace('<a href="http', "")


def test_a_figure_holds_the_numbers_that_it_draws():
    def view():
        import altair as alt
        import pandas as pd
        import streamlit as st

        rows = pd.DataFrame({"x": [0.125, 2.0], "name": ["</script>", "b"]})
        chart = alt.Chart(rows).mark_bar().encode(x="x:Q", y="name:N")
        st.altair_chart(chart, alt="Two bars")
        st.dataframe(rows, alt="Two bars")

    drawer, html = export_view(view)
    figure = drawer.figures[0]
    held = next(iter(figure.spec["datasets"].values()))
    assert held == [{"x": 0.125, "name": "</script>"}, {"x": 2.0, "name": "b"}]
    assert list(drawer.tables) == [figure.name] == ["view-01-two-bars"]
    assert html.count("</script>") == 1  # the one that ends the data
    assert figures.fills_container(figure.spec)


def test_an_element_that_a_file_cannot_hold_is_counted():
    def view():
        import streamlit as st

        st.camera_input("Picture")
        st.write("after")

    drawer, html = export_view(view)
    assert drawer.not_drawn == ["camera_input"]
    assert "after" in html


def test_choices_are_said_and_buttons_left_out():
    def view():
        import streamlit as st

        st.selectbox("Layer", ["<b>1</b>", "2"])
        st.toggle("Smooth")
        st.button("Press")
        with st.expander("More"):
            st.markdown("inside")

    html = export_view(view)[1]
    assert "Layer: <b>&lt;b&gt;1&lt;/b&gt;</b>" in html
    assert "Smooth: <b>off</b>" in html
    assert "Press" not in html
    assert "<details><summary>More</summary><p>inside</p>" in html


def test_a_figure_knows_the_heading_above_it():
    def view():
        import altair as alt
        import pandas as pd
        import streamlit as st

        st.title("Which is *larger*?")
        st.subheader("By a :blue-badge[share] <b>")
        chart = alt.Chart(pd.DataFrame({"x": [1]})).mark_bar().encode(x="x:Q")
        st.altair_chart(chart, alt="A bar")

    drawer, html = export_view(view)
    assert drawer.question == "Which is <em>larger</em>?"
    assert drawer.figures[0].heading == "By a share <b>"
    assert "<h2>Which is <em>larger</em>?</h2>" in html


def test_plain_words_have_no_markup():
    assert plain("**a** `b` [c](https://d) \\*e\\*") == "a b c *e*"


def test_an_empty_column_keeps_its_place():
    def view():
        import streamlit as st

        places = st.columns(3)
        places[0].write("first")
        places[2].write("third")

    assert export_view(view)[1].count('<div class="column"') == 3


def test_pages_of_studies_that_a_report_lacks_are_left_out(monkeypatch, tmp_path):
    monkeypatch.setenv(loaders.DATA_VARIABLE, str(report_states.both(tmp_path / "data")))
    pages = exported_pages("photographs")
    assert pages[0].name == navigation.FIRST
    assert {page.study for page in pages} == {"", "vit"}
    assert {page.study for page in exported_pages("embedded")} == {"", "vit", "vae", "clip"}
