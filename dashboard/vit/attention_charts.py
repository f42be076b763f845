"""Attention over the patches of one picture: maps, overlays and all heads at a glance."""

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts import colours, encodings, image_encoding
from dashboard.charts.figure import Figure
from dashboard.loaders import cached

SIDE = 300  # px; two fit beside the controls, one on a phone
SMOOTH_SIDE = 224
PEAK_PERCENTILE = 99


def attention_frame(attention: NDArray) -> pd.DataFrame:
    """Return patch_row, patch_col and attention, (rows, cols), a row per patch; row 0 on top."""
    rows, cols = np.indices(attention.shape)
    frame = pd.DataFrame({"patch_row": rows.ravel(), "patch_col": cols.ravel()})
    return frame.assign(attention=np.asarray(attention, dtype="float32").ravel())


def is_photograph(pixels: NDArray) -> bool:
    """Tell whether pixels (H, W, C) are fine enough for a map to be drawn smooth over them."""
    return pixels.shape[1] >= SMOOTH_SIDE


def glow_peak(maps: NDArray) -> float:
    """Return where a glowing map's colours end: PEAK_PERCENTILE, for one odd patch hides all."""
    defined = maps[~np.isnan(maps)]
    return float(np.percentile(defined, PEAK_PERCENTILE)) if defined.size else 1.0


def left_out(maps: NDArray, outliers: NDArray) -> NDArray:
    """Return maps (..., rows, cols) with NaN, which is not drawn, where outliers is true."""
    return np.where(outliers.astype(bool), np.nan, maps)


def one_map(heads: NDArray, head: str) -> NDArray:
    """Return the map of 'head 3' (counted from 1) of (heads, rows, cols), or the mean of all."""
    if head.startswith("head "):
        return heads[int(head.removeprefix("head ")) - 1]
    return heads.mean(axis=0)


def attention_map(
    attention: NDArray,
    picture: NDArray,
    *,
    peak: float | None = None,
    smooth: bool = False,
    unit: str = "attention",
) -> Figure:
    """Return attention (rows, cols) glowing over the picture (H, W, C), grey and dimmed.

    peak: where the colours end, `glow_peak` if none is given. Smoothing changes the colours between
    patches, never the hover values.
    """
    # Patch (r, c) covers the square from (c, r) to (c + 1, r + 1), row 0 on top: exactly where it
    # lies in the picture.
    frame = attention_frame(attention)
    n_rows, n_cols = attention.shape
    missing = int(frame["attention"].isna().sum())
    frame = frame.assign(right=frame["patch_col"] + 1, bottom=frame["patch_row"] + 1)
    top = (glow_peak(attention) if peak is None else peak) or 1.0
    glow = image_encoding.overlaid(picture, attention, 2 * SIDE, top, smooth)
    layers = [
        _backdrop(image_encoding.uri(glow), n_rows, n_cols),
        _patches(frame, top, unit),
    ]
    height = round(SIDE * n_rows / n_cols)
    chart = alt.layer(*layers).properties(width=SIDE, height=height, padding=0)
    chart = chart.configure_view(strokeWidth=0)
    about = f"Map of {unit} over {n_rows} by {n_cols} patches{_peak(frame)}."
    about += f" {missing} patches are left out." if missing else ""
    numbers = frame[["patch_row", "patch_col", "attention"]]
    return Figure(chart, numbers, about)


def _peak(frame: pd.DataFrame) -> str:
    """Say where a map is highest; nothing where all of it is left out."""
    defined = frame.dropna(subset=["attention"])
    if defined.empty:
        return ""
    peak = defined.iloc[int(defined["attention"].to_numpy().argmax())]
    return f"; the highest is at row {int(peak['patch_row'])}, column {int(peak['patch_col'])}"


@cached(max_entries=200)
def glowing(
    maps: NDArray,
    picture: NDArray,
    *,
    side: int = 112,
    peak: float | None = None,
    smooth: bool = False,
) -> list[str]:
    """Return a data URI per map, (maps, rows, cols), over the picture; each to its own peak."""
    peaks = [glow_peak(one) if peak is None else peak for one in maps]
    pairs = zip(maps, peaks, strict=True)
    return [
        image_encoding.uri(image_encoding.overlaid(picture, one, 2 * side, top or 1.0, smooth))
        for one, top in pairs
    ]


def _axes(n_rows: int, n_cols: int) -> tuple[alt.X, alt.Y]:
    across = alt.Scale(domain=[0, n_cols], reverse=False, nice=False, zero=True)
    down = alt.Scale(domain=[0, n_rows], reverse=True, nice=False, zero=True)
    x = alt.X("patch_col:Q", axis=None, scale=across)
    return x, alt.Y("patch_row:Q", axis=None, scale=down)


def _backdrop(url: str, n_rows: int, n_cols: int) -> alt.Chart:
    x, y = _axes(n_rows, n_cols)
    middle = pd.DataFrame({"patch_col": [n_cols / 2], "patch_row": [n_rows / 2], "url": [url]})
    size = {"width": SIDE, "height": round(SIDE * n_rows / n_cols), "aspect": False}
    mark = alt.Chart(middle).mark_image(tooltip=None, **size)
    return mark.encode(x=x, y=y, url="url:N")


def _patches(frame: pd.DataFrame, peak: float, unit: str) -> alt.Chart:
    """Return what answers to the mouse: every patch, drawn by the picture below it."""
    x, y = _axes(int(frame["bottom"].max()), int(frame["right"].max()))
    glow = [colours.INFERNO[at] for at in range(2, len(colours.INFERNO))]
    shades = alt.Scale(domain=[0, peak], range=glow, clamp=True)
    bar = {"orient": "bottom", "gradientLength": SIDE - 20, "format": ".3~g", "tickCount": 4}
    patches = alt.Chart(frame.dropna(subset=["attention"])).mark_rect(opacity=0)
    return patches.encode(
        x=x,
        x2="right",
        y=y,
        y2="bottom",
        color=alt.Color("attention:Q", scale=shades, legend=alt.Legend(title=unit, **bar)),
        tooltip=[
            alt.Tooltip("patch_row:Q", title="row"),
            alt.Tooltip("patch_col:Q", title="column"),
            *encodings.hover(".4f", attention=unit),
        ],
    )
