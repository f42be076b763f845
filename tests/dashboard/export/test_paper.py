"""Figures for a paper: the width, the letters and the vectors that the files themselves hold."""

import re

import altair as alt
import pandas as pd
import pytest
from PIL import Image

from dashboard.charts import intervals
from dashboard.export import paper
from dashboard.export.figures import Exported

LEAST_POINTS = 7
LONG = "a name that is longer than most names are"


def from_chart(chart, name="one"):
    spec = chart.to_dict(format="vega-lite")
    return Exported(name, "A chart", spec, pd.DataFrame())


def wide_figure():
    frame = intervals.estimates_frame([LONG, "⟨class⟩"], [[0.5, 0.4, 0.6], [0.2, 0.1, 0.3]])
    built = intervals.interval_chart(frame, "share", "About", marks=[(0.3, "a level's own name")])
    return from_chart(built.wide)


def own_size_figure(side):
    rows = pd.DataFrame({"x": [1, 2], "y": [1, 2], "gain": [0.1, 0.9]})
    chart = alt.Chart(rows, width=side, height=side).mark_rect()
    return from_chart(chart.encode(x="x:O", y="y:O", color="gain:Q"))


@pytest.fixture(scope="module", params=["wide", 100, 700])
def written(request, tmp_path_factory):
    """A folder with one figure in every width and form."""
    out = tmp_path_factory.mktemp("figures")
    for folder in paper.WIDTHS:
        (out / folder).mkdir()
    figure = wide_figure() if request.param == "wide" else own_size_figure(request.param)
    paper.write(figure, out)
    return out


@pytest.mark.parametrize(("folder", "inches"), paper.WIDTHS.items())
def test_each_file_is_as_wide_as_its_column(written, folder, inches):
    svg = (written / folder / "one.svg").read_text(encoding="utf-8")
    assert f'width="{inches}in"' in svg
    box = re.search(rb"/MediaBox ?\[0 0 ([\d.]+)", (written / folder / "one.pdf").read_bytes())
    assert float(box[1]) == pytest.approx(72 * inches, abs=0.1)
    with Image.open(written / folder / "one.png") as picture:
        assert picture.info["dpi"][0] == pytest.approx(paper.PNG_DPI, abs=0.1)
        assert picture.width == pytest.approx(paper.PNG_DPI * inches, abs=2)


@pytest.mark.parametrize(("folder", "inches"), paper.WIDTHS.items())
def test_no_letter_is_smaller_than_seven_points(written, folder, inches):
    svg = (written / folder / "one.svg").read_text(encoding="utf-8")
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)px"', svg)]
    assert sizes
    assert min(sizes) * 72 * inches / width >= LEAST_POINTS


def test_vectors_hold_letters_and_no_picture():
    svg = paper.as_svg(wide_figure().spec, 3.25)
    assert "<image" not in svg
    assert LONG[:20] in svg
    assert "‹class›" in svg


def test_letters_that_were_larger_stay_so():
    text = alt.Chart(pd.DataFrame({"word": ["large"]})).mark_text(fontSize=20)
    svg = paper.as_svg(from_chart(text.encode(text="word:N")).spec, 3.25)
    assert 'font-size="20px"' in svg
