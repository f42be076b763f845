"""Values along an axis: one line per series with its interval, and labelled levels behind them."""

from collections.abc import Mapping, Sequence
from typing import Literal

import altair as alt
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import CATEGORIES, INK
from dashboard.charts.figure import Figure

SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-down")
LEVEL_ENDS = {"left": 4, "right": "width"}  # where the words of a level begin or end


def lines_frame(
    series: str,
    x: str,
    places: Sequence | NDArray,
    estimates: Mapping[str, NDArray],
    columns: Sequence[str] = ("value", "low", "high"),
) -> pd.DataFrame:
    """Return one row per series and place: the series, x, then the columns.

    estimates: series -> (places, columns).
    """
    rows = [
        (name, place, *map(float, row))
        for name, values in estimates.items()
        for place, row in zip(places, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=[series, x, *columns])


def line_chart(
    frame: pd.DataFrame,  # columns of series, x, y, ends; rows with no value are in the table alone
    series: str,
    x: alt.X,
    y: alt.Y,
    about: str,
    *,
    legend: str | None = None,  # what the series are, above their names
    detail: str = ".4g",  # format of values on hover
    places: str = "",  # format of x on hover
    spread: Literal["band", "whiskers"] = "band",
    ends: tuple[str, str] = ("low", "high"),
    behind: Sequence[alt.Chart] = (),  # layers below the lines, which must give y the same title
    height: int = 300,
) -> Figure:
    """Return one line per series, told apart by colour and shape, with intervals where any are."""
    defined = frame.dropna(subset=[str(y["shorthand"]).partition(":")[0]])
    names = list(dict.fromkeys(defined[series]))
    axis = str(y["title"])
    entries = alt.Legend(title=legend, orient="top", columns=1, symbolOpacity=1, labelLimit=300)
    shared = {"title": legend, "legend": entries if len(names) > 1 or legend else None}
    colours = alt.Scale(domain=names, range=list(CATEGORIES[: len(names)]))
    shapes = alt.Scale(domain=names, range=list(SHAPES[: len(names)]))
    present = [end for end in ends if end in defined and defined[end].notna().any()]
    tooltip = [
        alt.Tooltip(f"{series}:N", title=legend or series),
        alt.Tooltip(x["shorthand"], title=x["title"], format=places or alt.Undefined),
        alt.Tooltip(y["shorthand"], format=detail),
        *[alt.Tooltip(f"{end}:Q", format=detail) for end in present],
    ]
    base = alt.Chart(defined).encode(x=x, color=alt.Color(f"{series}:N", scale=colours, **shared))
    layers = [*behind]
    if present:
        known = base.properties(data=defined.dropna(subset=present))
        marks = {"band": known.mark_area(opacity=0.18, tooltip=None), "whiskers": known.mark_rule()}
        low, high = ends
        layers.append(marks[spread].encode(y=alt.Y(f"{low}:Q", title=axis), y2=f"{high}:Q"))
    points = base.mark_point(filled=True, size=60, opacity=1)
    layers += [
        base.mark_line(strokeWidth=2).encode(y=y),
        points.encode(y=y, shape=alt.Shape(f"{series}:N", scale=shapes, **shared), tooltip=tooltip),
    ]
    return Figure(alt.layer(*layers).properties(height=height), frame, about)


def level_rules(
    levels: Sequence[tuple[float, str]], axis: str, end: Literal["left", "right"] = "left"
) -> list[alt.Chart]:
    """Return (value, label) levels as rules that share the vertical axis of this title, if any."""
    if not levels:
        return []
    marks = pd.DataFrame(levels, columns=["level", "label"])
    y = alt.Y("level:Q", title=axis)
    rule = alt.Chart(marks).mark_rule(strokeDash=[5, 4], color=INK, strokeWidth=1.5)
    text = alt.Chart(marks).mark_text(align=end, baseline="bottom", dy=-3, color=INK, fontSize=12)
    return [
        rule.encode(y=y, tooltip=["label:N"]),
        text.encode(y=y, x=alt.value(LEVEL_ENDS[end]), text="label:N"),
    ]
