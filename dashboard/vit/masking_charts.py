"""What hiding patches does to the label: survival curves and the labels that come instead."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts import encodings, lines
from dashboard.charts.colours import BLUE, INK, ORANGE
from dashboard.charts.figure import Figure
from store.schema.vit import names

PROBABILITY, COSINE = "probability", "cosine"  # what stands behind a label
SHARE_HIDDEN = encodings.x("mask_ratio:Q", "share of patches hidden", ".0%", zero=True)


def curves_frame(series: Sequence[str], ratios: NDArray, estimates: NDArray) -> pd.DataFrame:
    """Return name, mask_ratio, value, low, high of (series, ratios, 3) estimates; NaN: not run."""
    by_name = dict(zip(series, estimates, strict=True))
    frame = lines.lines_frame("name", "mask_ratio", ratios.astype(float), by_name)
    return frame.dropna(subset=["value"]).reset_index(drop=True)


def curves_chart(
    frame: pd.DataFrame,  # from `curves_frame`
    legend: str,  # what the names are
    axis: str,  # what the values are
    about: str,
    *,
    percent: bool = True,
    difference: bool = False,  # values are points around 0, which a rule marks, and no shares
) -> Figure:
    """Return values against the share hidden, one line and interval band per name."""
    limits = [0, 1] if frame["low"].min() >= 0 and not difference else alt.Undefined
    ticks, detail = (".0%", ".1%") if percent else (".2f", ".3f")
    if difference:
        ticks, detail = "~g", "+.1f"
    y = encodings.y("value:Q", axis, ticks, domain=limits)
    zero = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(strokeDash=[4, 3], color=INK)
    return lines.line_chart(
        frame,
        "name",
        SHARE_HIDDEN,
        y,
        about,
        legend=legend,
        detail=detail,
        places=".1%",
        behind=[zero.encode(y=y)] if difference else [],
        height=340,
    )


def standing_chart(
    ratios: NDArray, quartiles: NDArray, of_picture: NDArray, ratio: float, score: str = PROBABILITY
) -> Figure:
    """Return one picture's curve over the middle half of all images, the chosen ratio marked.

    quartiles: (ratios, 3) over all images. of_picture: (ratios,), NaN where no mask was run.
    """
    lower, median, upper = (
        quartiles[:, names.QUARTILES.index(which)]
        for which in (names.LOWER_QUARTILE, names.MEDIAN, names.UPPER_QUARTILE)
    )
    columns = {"mask_ratio": ratios.astype(float), "lower": lower, "median": median, "upper": upper}
    frame = pd.DataFrame(columns | {"this_picture": of_picture.astype(float)})
    frame = frame.dropna(subset=["this_picture"], ignore_index=True)
    own, every = frame[["mask_ratio"]], frame[["mask_ratio", "lower", "upper"]]
    own = own.assign(line="this picture", **{score: frame["this_picture"]})
    every = every.assign(line="median of all images", **{score: frame["median"]})
    at = alt.Chart(pd.DataFrame({"mask_ratio": [ratio]}))
    figure = lines.line_chart(
        pd.concat([every, own]),
        "line",
        SHARE_HIDDEN,
        encodings.y(f"{score}:Q", f"{score} of the unmasked label", _ticks(score), domain=[0, 1]),
        f"This picture's {score} of its unmasked label, over the middle half of all images.",
        detail=".3f",
        places=".1%",
        ends=("lower", "upper"),
        behind=[at.mark_rule(strokeDash=[4, 3], color=INK).encode(x="mask_ratio:Q")],
        height=260,
    )
    return Figure(figure.chart, frame, figure.alt)


def label_bars(frame: pd.DataFrame, axis: str, about: str, marked: str = "") -> Figure:
    """Return a bar for each label, `marked` in the second colour, by the frame's other column."""
    score = str(frame.columns[1])  # anything but a probability may be below 0
    limits: dict[str, Any] = {"domain": [0, 1]} if score == PROBABILITY else {}
    base = alt.Chart(frame).encode(
        x=encodings.x(f"{score}:Q", axis, _ticks(score), **limits),
        y=encodings.y("label:N", None, axis={"labelLimit": 170, "ticks": False}).sort(None),
        color=alt.condition(alt.datum.label == marked, alt.value(ORANGE), alt.value(BLUE)),
        tooltip=["label:N", *encodings.hover(".4f", score)],
    )
    return Figure(base.mark_bar().properties(height=max(30 * len(frame), 60)), frame, about)


def _ticks(score: str) -> str:
    return ".2f" if score == COSINE else ".0%"
