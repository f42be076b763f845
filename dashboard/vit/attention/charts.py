"""Attention over the patches of one picture: maps, overlays and all heads at a glance."""

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts import image_encoding
from dashboard.charts.colours import VIRIDIS
from dashboard.charts.figure import Figure

SIDE = 270  # px; two fit beside the controls, one on a phone
SMOOTH_SIDE = 224


def attention_frame(attention: NDArray) -> pd.DataFrame:
    """Return one row per patch: patch_row, patch_col, attention. Row 0 is the top of the picture.

    attention: (rows, cols).
    """
    rows, cols = np.indices(attention.shape)
    return pd.DataFrame(
        {
            "patch_row": rows.ravel(),
            "patch_col": cols.ravel(),
            "attention": np.asarray(attention, dtype="float32").ravel(),
        }
    )


def shown_range(maps: NDArray) -> tuple[float, float]:
    """Return the colour range for maps shown together: from 0 to the largest value in any."""
    return 0.0, float(np.nanmax(maps, initial=0.0)) or 1.0


def left_out(maps: NDArray, outliers: NDArray) -> NDArray:
    """Return maps (..., rows, cols) with NaN, which is not drawn, where outliers is true."""
    return np.where(outliers.astype(bool), np.nan, maps)


def one_map(heads: NDArray, head: str) -> NDArray:
    """Return the map of 'head 3' (counted from 1), or the mean of all heads.

    heads: (heads, rows, cols).
    """
    if head.startswith("head "):
        return heads[int(head.removeprefix("head ")) - 1]
    return heads.mean(axis=0)


def attention_map(
    attention: NDArray,
    value_range: tuple[float, float],
    *,
    picture: NDArray | None = None,
    smooth: bool = False,
    unit: str = "attention",
) -> Figure:
    """Return a heat map over patches, over the picture itself where one is given.

    Patch (r, c) covers the square from (c, r) to (c + 1, r + 1), row 0 on top: exactly where it
    lies in the picture. Smoothing changes the colours between patches, never the hover values.
    """
    frame = attention_frame(attention)
    n_rows, n_cols = attention.shape
    missing = int(frame["attention"].isna().sum())
    over = picture is not None
    frame = frame.assign(right=frame["patch_col"] + 1, bottom=frame["patch_row"] + 1)
    layers = []
    if picture is not None:
        layers.append(
            _backdrop(image_encoding.uri(image_encoding.enlarged(picture, SIDE)), n_rows, n_cols, 1)
        )
    slider = alt.binding_range(min=0, max=1, step=0.05, name="Opacity ") if over else alt.Undefined
    opacity = alt.param(name="opacity", value=0.7 if over else 1, bind=slider)
    if smooth and not missing:  # between patches that are not drawn there is nothing to smooth
        enlarged = np.asarray(
            image_encoding.Image.fromarray(np.asarray(attention, dtype="float32")).resize(
                (SMOOTH_SIDE, SMOOTH_SIDE), image_encoding.Image.Resampling.BICUBIC
            )
        )
        smoothed = image_encoding.Image.fromarray(image_encoding.heat(enlarged, *value_range))
        layers.append(_backdrop(image_encoding.uri(smoothed), n_rows, n_cols, opacity))
    covered = smooth and not missing
    layers.append(_patches(frame, value_range, 0 if covered else opacity, unit))
    chart = (
        alt.layer(*layers)
        .add_params(opacity)
        .properties(width=SIDE, height=round(SIDE * n_rows / n_cols))
        .configure_view(strokeWidth=0)
    )
    about = f"Heat map of {unit} over {n_rows} by {n_cols} patches{_peak(frame)}."
    about += f" {missing} patches are left out." if missing else ""
    numbers = frame[["patch_row", "patch_col", "attention"]]
    return Figure(chart, numbers, about)


def _peak(frame: pd.DataFrame) -> str:
    """Say where a map is highest; nothing where all of it is left out."""
    drawn = frame.dropna(subset=["attention"])
    if drawn.empty:
        return ""
    peak = drawn.iloc[int(drawn["attention"].to_numpy().argmax())]
    return f"; the highest is at row {int(peak['patch_row'])}, column {int(peak['patch_col'])}"


def head_pictures(maps: NDArray, own_scale: bool, side: int = 112) -> list[str]:
    """Return one data URI per head, on one colour range unless `own_scale`.

    maps: (heads, rows, cols).
    """
    uris = []
    for head in maps:
        low, high = shown_range(head if own_scale else maps)
        uris.append(
            image_encoding.uri(image_encoding.enlarged(image_encoding.heat(head, low, high), side))
        )
    return uris


def heads_frame(maps: NDArray) -> pd.DataFrame:
    """Return one row per head and patch: head, patch_row, patch_col, attention."""
    parts = [attention_frame(head).assign(head=index) for index, head in enumerate(maps)]
    return pd.concat(parts, ignore_index=True)[["head", "patch_row", "patch_col", "attention"]]


def _axes(n_rows: int, n_cols: int) -> tuple[alt.X, alt.Y]:
    def scale(size: int, reverse: bool) -> alt.Scale:
        return alt.Scale(domain=[0, size], nice=False, zero=True, reverse=reverse)

    def axis(title: str) -> alt.Axis:
        return alt.Axis(title=title, tickCount=4, grid=False, format="d")

    x = alt.X("patch_col:Q", scale=scale(n_cols, False), axis=axis("patch column"))
    y = alt.Y("patch_row:Q", scale=scale(n_rows, True), axis=axis("patch row"))
    return x, y


def _backdrop(url: str, n_rows: int, n_cols: int, opacity: float | alt.Parameter) -> alt.Chart:
    x, y = _axes(n_rows, n_cols)
    middle = pd.DataFrame({"patch_col": [n_cols / 2], "patch_row": [n_rows / 2], "url": [url]})
    height = round(SIDE * n_rows / n_cols)
    mark = alt.Chart(middle).mark_image(
        width=SIDE, height=height, aspect=False, opacity=opacity, tooltip=None
    )
    return mark.encode(x=x, y=y, url="url:N")


def _patches(
    frame: pd.DataFrame, value_range: tuple[float, float], opacity: float | alt.Parameter, unit: str
) -> alt.Chart:
    x, y = _axes(int(frame["bottom"].max()), int(frame["right"].max()))
    colour = alt.Color(
        "attention:Q",
        scale=alt.Scale(domain=list(value_range), range=list(VIRIDIS), clamp=True),
        legend=alt.Legend(
            title=unit, orient="bottom", gradientLength=SIDE - 20, format=".3~g", tickCount=4
        ),
    )
    return (
        alt.Chart(frame.dropna(subset=["attention"]))
        .mark_rect(opacity=opacity)
        .encode(
            x=x,
            x2="right",
            y=y,
            y2="bottom",
            color=colour,
            tooltip=[
                alt.Tooltip("patch_row:Q", title="row"),
                alt.Tooltip("patch_col:Q", title="column"),
                alt.Tooltip("attention:Q", title=unit, format=".4f"),
            ],
        )
    )
