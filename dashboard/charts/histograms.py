"""Overlaid histograms of several kinds of thing, whose bars stand on zero."""

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import BLUE, GREEN, GREY, INK, ORANGE
from dashboard.charts.figure import Figure

BINS = 60


def counts_frame(values: Mapping[str, NDArray], *, log: bool = False) -> pd.DataFrame:
    """Return counts of images, (image,) of each kind, per bin: kind, low, high, images."""
    usable = {  # no NaN, and on a log axis nothing but what is above zero
        kind.replace("_", " "): one[one > 0 if log else ~np.isnan(one)].astype(float)
        for kind, one in values.items()
    }
    every = np.concatenate(list(usable.values()))
    low, high = every.min(), every.max()
    edges = np.geomspace(low, high * 1.0001, BINS + 1) if log else np.linspace(low, high, BINS + 1)
    counts = np.stack([np.histogram(one, edges)[0] for one in usable.values()])
    return bins_frame(list(usable), edges, "images", counts)


def bins_frame(kinds: list[str], edges: NDArray, column: str, heights: NDArray) -> pd.DataFrame:
    """Return kind, low, high and a column of heights, (kinds, bins); edges are (bins + 1,)."""
    low, high = (np.tile(ends, len(kinds)).astype(float) for ends in (edges[:-1], edges[1:]))
    bins = {"kind": np.repeat(kinds, len(edges) - 1), "low": low, "high": high}
    return pd.DataFrame(bins | {column: heights.ravel()})


def bars(
    frame: pd.DataFrame,  # from `bins_frame`
    x: alt.X,  # of the bin's `low`
    y: alt.Y,  # of its height, with no stack
    detail: str,  # format of heights on hover
    *,
    colours: Mapping[str, str] | None = None,  # by kind
    title: str | None = None,  # what the kinds are
) -> alt.Chart:
    """Return the bars of every kind over each other."""
    kinds = list(dict.fromkeys(frame["kind"]))
    of_kind = colours or dict(zip(kinds, (BLUE, ORANGE, GREEN, GREY), strict=False))
    legend = alt.Legend(orient="top", columns=2 if colours else 1) if len(kinds) > 1 else None
    scale = alt.Scale(domain=kinds, range=[of_kind.get(kind, GREY) for kind in kinds])
    tooltip = [
        alt.Tooltip("kind:N", title=title or "kind"),
        alt.Tooltip("low:Q", title=f"{x['title']} from" if colours else "from", format=".3~g"),
        alt.Tooltip("high:Q", title="to", format=".3~g"),
        alt.Tooltip(y["shorthand"], format=detail),
    ]
    marks = alt.Chart(frame).mark_bar(opacity=0.65, binSpacing=0, clip=True)
    colour = alt.Color("kind:N", title=title, scale=scale, legend=legend)
    return marks.encode(x=x, x2="high:Q", y=y, y2=alt.datum(0), color=colour, tooltip=tooltip)


def histogram(
    frame: pd.DataFrame, axis: str, about: str, *, log: bool = False, equal: str = ""
) -> Figure:
    """Return the counts of `counts_frame` over each other; `equal` labels a rule at 1, if any."""
    scale = alt.Scale(type="log", nice=False) if log else alt.Scale(zero=False)
    ticks = alt.Axis(format="~g", tickCount=8, labelOverlap=True)
    x = alt.X("low:Q", title=axis, scale=scale, axis=ticks)
    layers = [bars(frame, x, alt.Y("images:Q", title="test images", stack=None), "d")]
    if equal:
        one = alt.Chart(pd.DataFrame({"low": [1.0], "label": [equal]}))
        rule = one.mark_rule(color=INK, strokeDash=[5, 4], strokeWidth=1.5)
        text = one.mark_text(align="right", dx=-5, baseline="top", color=INK, fontSize=12)
        layers += [rule.encode(x="low:Q"), text.encode(x="low:Q", y=alt.value(2), text="label:N")]
    return Figure(alt.layer(*layers).properties(height=260), frame, about)
