"""Prompt wording: which images are labelled right, and where two wordings disagree."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import BLUE, GREEN, INK, ORANGE, VERMILION, VIRIDIS
from dashboard.charts.figure import Figure
from dashboard.charts.intervals import interval_chart

MOST_CLASSES_DRAWN = 40
MOST_CLASSES_LABELLED = 12
PAIR_CELLS = ("both right", "only first right", "only second right", "both wrong")


def accuracy_chart(frame: pd.DataFrame, about: str) -> Figure:
    """Return accuracy by prompt; hollow diamonds are the original report's.

    frame: name, value, low, high, and `original` (NaN where it had no such prompt).
    """
    ours = interval_chart(frame, "share of images labelled right", about, percent=True)
    known = frame.dropna(subset=["original"])
    if known.empty:
        return ours
    theirs = alt.Chart(known).mark_point(
        shape="diamond", size=110, color=ORANGE, filled=False, strokeWidth=2
    )
    marks = theirs.encode(
        x="original:Q",
        y=alt.Y("name:N", sort=list(frame["name"])),
        tooltip=["name:N", alt.Tooltip("original:Q", title="original report", format=".1%")],
    )
    return Figure(alt.layer(ours.chart, marks), frame, about)


def strip_frame(
    wordings: Sequence[str], kinds: Sequence[str], accuracy: NDArray, p_values: NDArray
) -> pd.DataFrame:
    """Return one row per wording, best first: wording, kind, value, low, high, p_value, rank.

    accuracy: (wordings, 3) value, low, high. p_values: against the photo template.
    """
    frame = pd.DataFrame({"wording": list(wordings), "kind": list(kinds)})
    for column, title in enumerate(("value", "low", "high")):
        frame[title] = np.asarray(accuracy, float)[:, column]
    frame["p_value"] = p_values
    frame = frame.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    return frame.assign(rank=np.arange(1, len(frame) + 1))


def strip_chart(frame: pd.DataFrame, kinds: Sequence[str]) -> Figure:
    """Return every wording as a dot on its Wilson whisker, best on the left.

    frame: as from `strip_frame`. kinds: what wordings are told apart by, in order.
    """
    scale = alt.Scale(domain=list(kinds), range=[VERMILION, GREEN, BLUE][: len(kinds)])
    shapes = alt.Scale(domain=list(kinds), range=["diamond", "square", "circle"][: len(kinds)])
    legend = alt.Legend(orient="top", title=None, columns=1, symbolOpacity=1)
    x = alt.X(
        "rank:Q",
        title="rank of the wording, best first",
        scale=alt.Scale(domain=[0, len(frame) + 1], nice=False),
    )
    y = alt.Y(
        "value:Q",
        title="share labelled right",
        axis=alt.Axis(format=".1~%"),
        scale=alt.Scale(zero=False),
    )
    tooltip = [alt.Tooltip("wording:N"), alt.Tooltip("kind:N")] + [
        alt.Tooltip(f"{name}:Q", format=".2%") for name in ("value", "low", "high")
    ]
    tooltip.append(alt.Tooltip("p_value:Q", title="p against photo", format=".3f"))
    base = alt.Chart(frame).encode(
        x=x, color=alt.Color("kind:N", scale=scale, legend=legend), tooltip=tooltip
    )
    whiskers = base.mark_rule(opacity=0.45).encode(y="low:Q", y2="high:Q")
    dots = base.mark_point(filled=True, opacity=1).encode(
        y=y,
        shape=alt.Shape("kind:N", scale=shapes, legend=legend),
        size=alt.condition(alt.datum.kind == kinds[-1], alt.value(28), alt.value(90)),
    )
    about = f"Accuracy of {len(frame)} wordings with Wilson 95 % intervals, best first."
    return Figure((whiskers + dots).properties(height=320), frame, about)


def pairs_frame(
    names: Sequence[str], pairs: NDArray, counts: NDArray, p_values: NDArray
) -> pd.DataFrame:
    """Return one row per compared pair: first, second, the four counts, p_value.

    pairs: (pairs, 2) rows of `names`. counts: (pairs, 4) in the order of PAIR_CELLS.
    """
    frame = pd.DataFrame(
        {"first": [names[a] for a, _ in pairs], "second": [names[b] for _, b in pairs]}
    )
    for cell, title in enumerate(PAIR_CELLS):
        frame[title] = counts[:, cell]
    return frame.assign(p_value=p_values)


def confusion_frame(confusion: NDArray, names: Sequence[str]) -> pd.DataFrame:
    """Return one row per pair of classes that occurs or may be drawn: true, predicted, images."""
    n = len(names)
    frame = pd.DataFrame(
        {
            "true": np.repeat(list(names), n),
            "predicted": np.tile(list(names), n),
            "images": confusion.ravel(),
        }
    )
    return frame if n <= MOST_CLASSES_DRAWN else frame[frame["images"] > 0]


def confusion_chart(frame: pd.DataFrame, names: Sequence[str], about: str) -> Figure:
    """Return a heat map of true against predicted class, readable up to MOST_CLASSES_DRAWN."""
    order = list(names)
    axis = alt.Axis(labelAngle=-45, labelLimit=110)
    x = alt.X("predicted:N", sort=order, title="predicted class", axis=axis)
    y = alt.Y("true:N", sort=order, title="true class", axis=alt.Axis(labelLimit=110))
    cells = alt.Chart(frame).encode(x=x, y=y, tooltip=["true:N", "predicted:N", "images:Q"])
    heat = cells.mark_rect().encode(
        color=alt.Color(
            "images:Q",
            title="images",
            scale=alt.Scale(range=list(VIRIDIS), domainMin=0),
            legend=alt.Legend(orient="bottom", gradientLength=220),
        )
    )
    layers: list[alt.Chart] = [heat]
    if len(names) <= MOST_CLASSES_LABELLED:
        middle = float(frame["images"].max()) / 2
        shade = alt.condition(alt.datum.images > middle, alt.value("#111"), alt.value("#eee"))
        drawn = cells.transform_filter(alt.datum.images > 0)
        layers.append(drawn.mark_text(fontSize=11).encode(text="images:Q", color=shade))
    return Figure(alt.layer(*layers).properties(height=440), frame, about)


def disagreement_chart(frame: pd.DataFrame) -> Figure:
    """Return, for each pair, the images that only one of the two wordings labels right.

    frame: as from `pairs_frame`.
    """
    labelled = frame.assign(pair=frame["first"] + " ↔ " + frame["second"])
    parts = [
        labelled.assign(images=-labelled[PAIR_CELLS[1]], right="only the first"),
        labelled.assign(images=labelled[PAIR_CELLS[2]], right="only the second"),
    ]
    long = pd.concat(parts)
    long["count"] = long["images"].abs()
    bars = (
        alt.Chart(long)
        .mark_bar()
        .encode(
            x=alt.X(
                "images:Q",
                title="images that only one wording labels right",
                axis=alt.Axis(labelExpr="abs(datum.value)"),
            ),
            y=alt.Y("pair:N", sort=None, title=None, axis=alt.Axis(labelLimit=210)),
            color=alt.Color(
                "right:N",
                title=None,
                scale=alt.Scale(domain=["only the first", "only the second"]),
                legend=alt.Legend(orient="top", columns=1),
            ),
            tooltip=["pair:N", "right:N", "count:Q"],
        )
    )
    zero = alt.Chart(pd.DataFrame({"images": [0]})).mark_rule(color=INK).encode(x="images:Q")
    chart = (bars + zero).properties(height=max(44 * len(frame), 80))
    return Figure(chart, frame, "Images that only one of two wordings labels right, by pair.")
