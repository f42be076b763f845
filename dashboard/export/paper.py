"""Figures as a paper needs them: one or two columns wide, in vectors, with letters to read.

A chart that fills its container is drawn for the column. One of its own size is enlarged to it.
"""

import json
import re
from pathlib import Path
from typing import Any

import vl_convert

from dashboard.export import document
from dashboard.export.figures import Exported

WIDTHS = {"single-column": 3.25, "double-column": 6.75}  # folder -> inches
POINTS_PER_PX = 0.6  # so 12 px, the site's letters, are 7.2 points
LETTERS = 12  # px, of the smallest text
PNG_DPI = 300
MOST_TRIES = 6  # at a plot's width; two or three are enough
ROOT = re.compile(r'<svg ([^>]*?)width="([\d.]+)" height="([\d.]+)"')
SIZE = re.compile(r'(width|height)="([\d.]+)in"')


def config(letters: float = LETTERS) -> dict[str, Any]:
    """Return Vega-Lite's settings for white paper, with letters of this size in px."""
    own = document.chart_config("light")
    sizes = {"labelFontSize": letters, "titleFontSize": letters}
    return own | {
        "background": "white",
        "font": "Arial, sans-serif",
        "axis": own["axis"] | sizes,
        "axisQuantitative": {"labelOverlap": True, "labelSeparation": 6},
        "legend": own["legend"] | sizes,
        "text": {"fontSize": letters},
    }


def write(figure: Exported, out: Path) -> None:
    """Write a figure as SVG, PDF and PNG in each width, into a folder for each width."""
    for folder, inches in WIDTHS.items():
        place = out / folder / figure.name
        svg = as_svg(figure.spec, inches)
        place.with_suffix(".svg").write_text(svg, encoding="utf-8")
        in_points = SIZE.sub(lambda size: f'{size[1]}="{72 * float(size[2]):.3f}"', svg, count=2)
        place.with_suffix(".pdf").write_bytes(vl_convert.svg_to_pdf(in_points))  # a px is a point
        place.with_suffix(".png").write_bytes(vl_convert.svg_to_png(in_points, ppi=PNG_DPI))


def as_svg(spec: dict[str, Any], inches: float) -> str:
    """Return a chart as an SVG of exactly this width."""
    wanted = 72 * inches / POINTS_PER_PX
    # Letters that stand beyond the axis count as well, so that none is cut.
    made = _enlarged(_every_font_has(spec)) | {"autosize": {"type": "pad"}}
    svg = _own_size(made, wanted) if "width" in spec else _fitted(made, wanted)
    width, height = _size(svg)
    size = f'<svg \\g<1>width="{inches}in" height="{inches * height / width:.4f}in"'
    return ROOT.sub(size, svg, count=1)


def _fitted(spec: dict[str, Any], wanted: float) -> str:
    """Draw a chart with a plot so wide that it, its labels and its legend have a width together."""
    plot, svg = wanted - 80, ""
    for _ in range(MOST_TRIES):
        svg = _drawn(spec | {"width": plot}, LETTERS)
        beyond = _size(svg)[0] - wanted
        if abs(beyond) <= 1 or plot <= wanted / 4:
            break
        plot = max(plot - beyond, wanted / 4)
    return svg


def _own_size(spec: dict[str, Any], wanted: float) -> str:
    """Draw a chart of its own size, which is enlarged later, with letters the smaller for it."""
    svg = _drawn(spec, LETTERS)
    for _ in range(2):  # letters make the chart a little wider or narrower themselves
        svg = _drawn(spec, LETTERS * _size(svg)[0] / wanted)
    return svg


def _drawn(spec: dict[str, Any], letters: float) -> str:
    return vl_convert.vegalite_to_svg(spec, config=config(letters), allowed_base_urls=[])


def _size(svg: str) -> tuple[float, float]:
    root = ROOT.search(svg)
    assert root is not None
    return float(root[2]), float(root[3])


def _every_font_has(spec: dict[str, Any]) -> dict[str, Any]:
    """Put common brackets for those of a prompt's class, which fonts without serifs lack."""
    text = json.dumps(spec, ensure_ascii=False)
    return json.loads(text.replace("⟨", "‹").replace("⟩", "›"))


def _enlarged(part: Any) -> Any:
    """Return a specification in which no letter is smaller than LETTERS; its rows stay as is."""
    if isinstance(part, list):
        return [_enlarged(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {key: value if key == "datasets" else _enlarged(value) for key, value in part.items()}
    for key, value in made.items():
        if key.lower().endswith("fontsize") and isinstance(value, int | float):
            made[key] = max(value, LETTERS)
    return made
