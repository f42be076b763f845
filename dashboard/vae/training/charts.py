"""The VAE's training: the loss, its two parts, and how much each latent carries."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts import original_report
from dashboard.charts.colours import BLUE, GREY, ORANGE
from dashboard.charts.figure import Figure
from dashboard.charts.reference_lines import level_rules

ORIGINAL_LEVELS = (
    (original_report.LOSS_FIRST, "original report, first epoch"),
    (original_report.LOSS_LAST, "original report, last epoch"),
)


def curves_frame(splits: Sequence[str], **curves: NDArray) -> pd.DataFrame:
    """Return one row per epoch and split: epoch, split, then one column per named curve.

    curves: each (epochs, splits).
    """
    n_epochs, n_splits = next(iter(curves.values())).shape
    frame = pd.DataFrame(
        {
            "epoch": np.repeat(np.arange(1, n_epochs + 1), n_splits),
            "split": np.tile([name.replace("_", " ") for name in splits], n_epochs),
        }
    )
    for name, values in curves.items():
        frame[name] = np.asarray(values, dtype="float64").ravel()
    return frame


def curve_chart(
    frame: pd.DataFrame,
    column: str,
    axis: str,
    about: str,
    *,
    with_original: bool = False,
    rules: Sequence[tuple[float, str]] = (),
) -> Figure:
    """Return one curve per split; the original report's first and last loss as rules if asked.

    rules: further labelled levels, (value, label).
    """
    splits = list(dict.fromkeys(frame["split"]))
    colour = alt.Color(
        "split:N",
        title=None,
        scale=alt.Scale(domain=splits, range=[BLUE, ORANGE]),
        legend=alt.Legend(orient="top", symbolStrokeWidth=0),  # or the dot is dashed like its line
    )
    y = alt.Y(f"{column}:Q", title=axis, scale=alt.Scale(zero=False))
    base = alt.Chart(frame).encode(
        x=alt.X("epoch:Q", title="epoch", axis=alt.Axis(format="d", tickMinStep=1)),
        y=y,
        color=colour,
        tooltip=["epoch:Q", "split:N", alt.Tooltip(f"{column}:Q", title=axis, format=".3f")],
    )
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("split:N", scale=alt.Scale(domain=splits), legend=None)
    )
    points = base.mark_point(filled=True, size=50, opacity=1)
    levels = [*(ORIGINAL_LEVELS if with_original else ()), *rules]
    layers = [*level_rules(levels, axis, "right", decimals=1), lines, points]
    return Figure(alt.layer(*layers).properties(height=300), frame, about)


def latents_frame(kl_nats: NDArray, variance: NDArray, active: NDArray) -> pd.DataFrame:
    """Return one row per latent, most KL first: latent, kl_nats, mean_variance, state.

    active: (D,) 1 for latents in use.
    """
    frame = pd.DataFrame(
        {
            "latent": np.arange(len(kl_nats)),
            "kl_nats": kl_nats.astype(float),
            "mean_variance": variance.astype(float),
            "state": np.where(active == 1, "active", "unused"),
        }
    )
    return frame.sort_values("kl_nats", ascending=False, ignore_index=True)


def latents_chart(frame: pd.DataFrame) -> Figure:
    """Return the KL of each latent as bars, most first; unused latents in grey."""
    bars = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("latent:N", sort=None, title="latent dimension", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("kl_nats:Q", title="KL, nats per image"),
            color=alt.Color(
                "state:N",
                title="active: variance of its mean ≥ 0.01",
                scale=alt.Scale(domain=["active", "unused"], range=[BLUE, GREY]),
                legend=alt.Legend(orient="top", titleLimit=300),
            ),
            tooltip=[
                "latent:N",
                alt.Tooltip("kl_nats:Q", title="KL, nats", format=".4f"),
                alt.Tooltip("mean_variance:Q", title="variance of its mean", format=".4f"),
            ],
        )
    )
    about = "KL divergence of each latent dimension from the prior, largest first."
    return Figure(bars.properties(height=260), frame, about)
