"""What hiding patches does to the label: survival curves and the labels that come instead."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import BLUE, GREEN, INK, ORANGE, PINK, SKY, VERMILION
from dashboard.charts.figure import Figure

PROBABILITY = "probability"
ARM_COLOURS = (BLUE, ORANGE, VERMILION, GREEN, PINK, SKY)
SHARE_HIDDEN = alt.X(
    "mask_ratio:Q",
    title="share of patches hidden",
    axis=alt.Axis(format=".0%"),
    scale=alt.Scale(zero=True),
)


def curves_frame(names: Sequence[str], ratios: NDArray, estimates: NDArray) -> pd.DataFrame:
    """Return one row per name and mask ratio that was run: name, mask_ratio, value, low, high.

    estimates: (names, ratios, 3) value, low and high; NaN where not run.
    """
    rows = [
        (name, float(ratio), *estimates[n, r].tolist())
        for n, name in enumerate(names)
        for r, ratio in enumerate(ratios)
    ]
    frame = pd.DataFrame(rows, columns=["name", "mask_ratio", "value", "low", "high"])
    return frame.dropna(subset=["value"]).reset_index(drop=True)


def curves_chart(
    frame: pd.DataFrame,
    legend: str,
    axis: str,
    about: str,
    *,
    percent: bool = True,
    difference: bool = False,
) -> Figure:
    """Return values against the share hidden, one line and interval band per name.

    frame: from curves_frame; legend: what the names are; axis: what the values are.
    difference: the values are points around 0, which a rule marks, and no shares.
    """
    names = list(dict.fromkeys(frame["name"]))
    scale = alt.Scale(domain=names, range=list(ARM_COLOURS[: len(names)]))
    names_legend = alt.Legend(
        title=legend, orient="top", symbolOpacity=1, columns=1, labelLimit=240
    )
    colour = alt.Color("name:N", scale=scale, legend=names_legend)
    shape = alt.Shape("name:N", scale=alt.Scale(domain=names), legend=names_legend)
    limits = [0, 1] if frame["low"].min() >= 0 and not difference else alt.Undefined
    ticks, style = (".0%", ".1%") if percent else (".2f", ".3f")
    if difference:
        ticks, style = "~g", "+.1f"
    y = alt.Y("value:Q", title=axis, axis=alt.Axis(format=ticks), scale=alt.Scale(domain=limits))
    tooltip = [
        alt.Tooltip("name:N", title=legend),
        alt.Tooltip("mask_ratio:Q", title="share of patches hidden", format=".1%"),
        *[alt.Tooltip(f"{field}:Q", format=style) for field in ("value", "low", "high")],
    ]
    base = alt.Chart(frame).encode(x=SHARE_HIDDEN, color=colour)
    band = base.mark_area(opacity=0.15, tooltip=None).encode(
        y=alt.Y("low:Q", title=axis), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=2).encode(y=y)
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        y=y, shape=shape, tooltip=tooltip
    )
    layers = [band, line, points]
    if difference:
        zero = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(strokeDash=[4, 3], color=INK)
        layers.insert(0, zero.encode(y=y))
    return Figure(alt.layer(*layers).properties(height=340), frame, about)


def standing_frame(ratios: NDArray, quartiles: NDArray, own: NDArray) -> pd.DataFrame:
    """Return one row per mask ratio that was run: mask_ratio, the quartiles and the picture's own.

    quartiles: (ratios, 3) lower quartile, median and upper quartile over all images.
    own: (ratios,) of one picture.
    """
    frame = pd.DataFrame(
        {
            "mask_ratio": ratios.astype(float),
            "lower": quartiles[:, 0],
            "median": quartiles[:, 1],
            "upper": quartiles[:, 2],
            "this_picture": own.astype(float),
        }
    )
    return frame.dropna(subset=["this_picture"]).reset_index(drop=True)


def standing_chart(frame: pd.DataFrame, ratio: float, score: str = PROBABILITY) -> Figure:
    """Return one picture's curve over the middle half of all images, the chosen ratio marked.

    score: what stands behind a label, a probability or a cosine.
    """
    title = f"{score} of the unmasked label"
    names = {"this_picture": "this picture", "median": "median of all images"}
    lines = frame.melt("mask_ratio", list(names), "line", score).replace({"line": names})
    colour = alt.Color(
        "line:N",
        scale=alt.Scale(domain=list(names.values()), range=[ORANGE, BLUE]),
        legend=alt.Legend(title=None, orient="top", columns=1, labelLimit=300),
    )
    y = alt.Y(f"{score}:Q", title=title, axis=_score_axis(score))
    tooltip = [
        "line:N",
        alt.Tooltip("mask_ratio:Q", title="share of patches hidden", format=".1%"),
        alt.Tooltip(f"{score}:Q", format=".3f"),
    ]
    base = alt.Chart(lines).encode(x=SHARE_HIDDEN, y=y, color=colour, tooltip=tooltip)
    band = alt.Chart(frame).mark_area(opacity=0.18, color=BLUE)
    layers: list[alt.Chart] = [
        band.encode(
            x=SHARE_HIDDEN,
            y=alt.Y("lower:Q", title=title, scale=alt.Scale(domain=[0, 1])),
            y2="upper:Q",
        ),
        base.mark_line(strokeWidth=2),
        base.mark_point(filled=True, size=60, opacity=1),
    ]
    at = alt.Chart(pd.DataFrame({"mask_ratio": [ratio]}))
    layers.append(at.mark_rule(strokeDash=[4, 3], color=INK).encode(x="mask_ratio:Q"))
    about = f"This picture's {score} of its unmasked label, over the middle half of all images."
    return Figure(alt.layer(*layers).properties(height=260), frame, about)


def wrong_labels_frame(labels: Sequence[str], shares: NDArray) -> pd.DataFrame:
    """Return one row per frequent wrong label: label, share; ranks without a label are left out."""
    frame = pd.DataFrame({"label": list(labels), "share": shares.astype(float)})
    return frame.dropna(subset=["share"]).reset_index(drop=True)


def wrong_labels_chart(frame: pd.DataFrame, fill: str) -> Figure:
    """Return bars of the labels that masked images receive once they lose their own."""
    x = alt.X("share:Q", title="share of images that lost their label", axis=alt.Axis(format=".0%"))
    y = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=170))
    tooltip = ["label:N", alt.Tooltip("share:Q", format=".1%")]
    bars = alt.Chart(frame).mark_bar(color=BLUE).encode(x=x, y=y, tooltip=tooltip)
    chart = bars.properties(height=max(30 * len(frame), 60))
    return Figure(
        chart, frame, f"Most frequent wrong labels when patches are hidden, fill: {fill}."
    )


def top_frame(labels: Sequence[str], scores: NDArray, score: str) -> pd.DataFrame:
    """Return one row per label, highest score first: label, and the score under its name."""
    return pd.DataFrame({"label": list(labels), score: scores.astype(float)})


def top_chart(frame: pd.DataFrame, marked: str, state: str) -> Figure:
    """Return bars of the labels with the highest score; `marked` is drawn in the second colour.

    frame: from `top_frame`; anything but a probability may be below 0. state: of the picture.
    """
    score = str(frame.columns[1])
    domain = [0, 1] if score == PROBABILITY else alt.Undefined
    scale = alt.Scale(domain=domain)
    x = alt.X(f"{score}:Q", scale=scale, title=score, axis=_score_axis(score))
    y = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=150, ticks=False))
    base = alt.Chart(frame).encode(
        x=x, y=y, tooltip=["label:N", alt.Tooltip(f"{score}:Q", format=".4f")]
    )
    bars = base.mark_bar().encode(
        color=alt.condition(alt.datum.label == marked, alt.value(ORANGE), alt.value(BLUE))
    )
    about = f"Labels with the highest {score}, {state} picture."
    return Figure(bars.properties(height=max(30 * len(frame), 60)), frame, about)


def _score_axis(score: str) -> alt.Axis:
    return alt.Axis(format=".0%" if score == PROBABILITY else ".2f")
