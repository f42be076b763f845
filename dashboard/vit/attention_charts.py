"""Attention over the patches of one picture: maps, overlays and all heads at a glance."""

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from dashboard.charts import colours, encodings, image_encoding
from dashboard.charts.colours import VIRIDIS
from dashboard.charts.figure import Figure

SIDE = 270  # px; two fit beside the controls, one on a phone
SMOOTH_SIDE = 224
PEAK_PERCENTILE = 99


def attention_frame(attention: NDArray) -> pd.DataFrame:
    """Return patch_row, patch_col and attention, (rows, cols), a row per patch; row 0 on top."""
    rows, cols = np.indices(attention.shape)
    frame = pd.DataFrame({"patch_row": rows.ravel(), "patch_col": cols.ravel()})
    return frame.assign(attention=np.asarray(attention, dtype="float32").ravel())


def shared_range(maps: NDArray) -> tuple[float, float]:
    """Return the colour range of maps, (..., rows, cols), side by side: from 0 to the largest."""
    return 0.0, float(np.nanmax(maps, initial=0.0)) or 1.0


def is_photograph(pixels: NDArray) -> bool:
    """Tell whether pixels (H, W, C) are fine enough for a map to be drawn smooth over them."""
    return pixels.shape[1] >= SMOOTH_SIDE


def glow_peak(maps: NDArray) -> float:
    """Return where a glowing map's colours end: PEAK_PERCENTILE, for one odd patch hides all."""
    return float(np.nanpercentile(maps, PEAK_PERCENTILE))


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
    value_range: tuple[float, float],
    *,
    picture: NDArray | None = None,
    smooth: bool = False,
    unit: str = "attention",
) -> Figure:
    """Return a heat map of attention (rows, cols), over the picture itself where one is given."""
    # Patch (r, c) covers the square from (c, r) to (c + 1, r + 1), row 0 on top: exactly where it
    # lies in the picture. Smoothing changes the colours between patches, never the hover values.
    frame = attention_frame(attention)
    n_rows, n_cols = attention.shape
    missing, over = int(frame["attention"].isna().sum()), picture is not None
    frame = frame.assign(right=frame["patch_col"] + 1, bottom=frame["patch_row"] + 1)
    layers = []
    if picture is not None:
        layers.append(_backdrop(image_encoding.enlarged_uri(picture, SIDE), n_rows, n_cols, 1))
    slider = alt.binding_range(min=0, max=1, step=0.05, name="Opacity ") if over else alt.Undefined
    opacity = alt.param(name="opacity", value=0.7 if over else 1, bind=slider)
    covered = smooth and not missing  # between patches that are not drawn nothing can be smooth
    if covered:
        small = Image.fromarray(np.asarray(attention, dtype="float32"))
        large = small.resize((SMOOTH_SIDE, SMOOTH_SIDE), Image.Resampling.BICUBIC)
        smoothed = Image.fromarray(colours.rgb(np.asarray(large), *value_range))
        layers.append(_backdrop(image_encoding.uri(smoothed), n_rows, n_cols, opacity))
    layers.append(_patches(frame, value_range, 0 if covered else opacity, unit))
    height = round(SIDE * n_rows / n_cols)
    chart = alt.layer(*layers).add_params(opacity).properties(width=SIDE, height=height)
    chart = chart.configure_view(strokeWidth=0)
    about = f"Heat map of {unit} over {n_rows} by {n_cols} patches{_peak(frame)}."
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


def head_pictures(maps: NDArray, own_scale: bool, side: int = 112) -> list[str]:
    """Return a data URI per map, (heads, rows, cols), on one colour range unless `own_scale`."""
    ranges = [shared_range(head if own_scale else maps) for head in maps]
    pictures = [colours.rgb(head, *limits) for head, limits in zip(maps, ranges, strict=True)]
    return [image_encoding.enlarged_uri(picture, side) for picture in pictures]


def _axes(n_rows: int, n_cols: int) -> tuple[alt.X, alt.Y]:
    ticks, whole = {"tickCount": 4, "grid": False}, {"nice": False, "zero": True}
    across = {"domain": [0, n_cols], "reverse": False} | whole
    down = {"domain": [0, n_rows], "reverse": True} | whole
    x = encodings.x("patch_col:Q", "patch column", "d", axis=ticks, **across)
    return x, encodings.y("patch_row:Q", "patch row", "d", axis=ticks, **down)


def _backdrop(url: str, n_rows: int, n_cols: int, opacity: float | alt.Parameter) -> alt.Chart:
    x, y = _axes(n_rows, n_cols)
    middle = pd.DataFrame({"patch_col": [n_cols / 2], "patch_row": [n_rows / 2], "url": [url]})
    size = {"width": SIDE, "height": round(SIDE * n_rows / n_cols), "aspect": False}
    mark = alt.Chart(middle).mark_image(opacity=opacity, tooltip=None, **size)
    return mark.encode(x=x, y=y, url="url:N")


def _patches(
    frame: pd.DataFrame, value_range: tuple[float, float], opacity: float | alt.Parameter, unit: str
) -> alt.Chart:
    x, y = _axes(int(frame["bottom"].max()), int(frame["right"].max()))
    shades = alt.Scale(domain=list(value_range), range=list(VIRIDIS), clamp=True)
    bar = {"orient": "bottom", "gradientLength": SIDE - 20, "format": ".3~g", "tickCount": 4}
    patches = alt.Chart(frame.dropna(subset=["attention"])).mark_rect(opacity=opacity)
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
