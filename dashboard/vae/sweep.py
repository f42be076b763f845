"""The VAE's sweep: some of its points in a table, or in a chart over the setting they differ in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts import encodings, lines
from dashboard.charts.figure import Figure
from dashboard.loaders import Study
from dashboard.ui import formatting, page_parts
from store.schema.vae import names, sweep

BETA, LATENTS = "KL weight β", "latent dimensions"


@dataclass(frozen=True)
class Points:
    """Some points of the sweep, in the order of what differs between them."""

    study: Study
    rows: NDArray  # (n,) of the store's points
    setting: list[float]  # of each point

    def of(self, metric: str) -> NDArray:
        """Return a metric's mean over seeds and its interval, (n, 3)."""
        return self.study.read(sweep.ESTIMATES[metric])[self.rows]


def beta_points(study: Study) -> Points:
    """Return the points that differ in the KL weight alone."""
    return _ordered(study, study.read(sweep.BETA_POINT), study.read(sweep.KL_WEIGHT))


def latent_points(study: Study) -> Points:
    """Return the points that differ in the number of latents alone."""
    architectures = study.read(sweep.ARCHITECTURE)
    own = np.isclose(study.read(sweep.KL_WEIGHT), study.setting("kl_weight"))
    own &= study.read(sweep.TERM) == names.SQUARED_ERROR
    own &= architectures == architectures[study.read(sweep.BETA_POINT)[0]]
    return _ordered(study, np.flatnonzero(own), study.read(sweep.LATENT_DIM))


def _ordered(study: Study, rows: NDArray, setting: NDArray) -> Points:
    """Return points at these rows, (n,), in the order of their setting, (point,)."""
    rows = rows[np.argsort(setting[rows], kind="stable")]
    return Points(study, rows, [round(float(value), 6) for value in setting[rows]])


def training_words(study: Study) -> str:
    """Say how the sweep's models were trained."""
    epochs, images = (int(study.read(spec).max()) for spec in (sweep.EPOCHS, sweep.N_TRAIN))
    seeds, length = study.size("seed"), f"{epochs} epochs on {images:,} images"
    if seeds == 1:
        return f"Every point is one training of {length}; one seed has no interval."
    whiskers = "Whiskers are 95% intervals over seeds."
    return f"Every point is {seeds} trainings of {length}, one per seed. {whiskers}"


def models(study: Study, rows: NDArray) -> dict[str, list[str]]:
    """Return the loss and the model of points at these rows, (n,), as columns of a table."""
    return {
        "loss": [formatting.titled(term, {}) for term in study.read(sweep.TERM)[rows].tolist()],
        "model": study.read(sweep.ARCHITECTURE)[rows].tolist(),
    }


def estimates(study: Study, rows: NDArray, titles: Mapping[str, str]) -> dict[str, list[str]]:
    """Return metrics, by title, of points at these rows, (n,); none that the store lacks."""
    return {
        title: [formatting.with_interval(*row) for row in study.read(spec)[rows]]
        for metric, title in titles.items()
        if study.has(spec := sweep.ESTIMATES[metric])
    }


def chart(
    points: Points,
    setting: str,
    axis: str,
    metrics: Mapping[str, str],  # metric -> series
    others: Mapping[str, NDArray] | None = None,  # series -> (n,) values of simpler models
    **options: Any,  # of `sweep_chart`
) -> None:
    """Draw metrics over the setting, with the exact values of simpler models beside them."""
    measured = {series: points.of(metric) for metric, series in metrics.items()}
    table = sweep_frame(points.setting, measured, others or {})
    about = f"{axis} over {setting}: {', '.join((*measured, *(others or {})))}."
    page_parts.figure(sweep_chart, table, setting, axis, about, **options)


def sweep_frame(
    setting: Sequence[float], measured: Mapping[str, NDArray], others: Mapping[str, NDArray]
) -> pd.DataFrame:
    """Return series, setting, value, low, high, a row per point and series.

    measured: series -> (points, 3). others: series -> (points,) exact values, with no interval.
    """
    exact = {
        name: np.column_stack([values, *[np.full(len(values), np.nan)] * 2])
        for name, values in others.items()
    }
    frame = lines.lines_frame("series", "setting", setting, {**measured, **exact})
    return frame.sort_values("setting", kind="stable", ignore_index=True)


def sweep_chart(
    frame: pd.DataFrame,
    setting: str,
    axis: str,
    about: str,
    *,
    zero: bool = False,
    levels: Sequence[tuple[float, str]] = (),
) -> Figure:
    """Return lines of a `sweep_frame`, at equal steps, with whiskers and labelled rules."""
    return lines.line_chart(
        frame,
        "series",
        encodings.x("setting:O", setting, axis={"labelAngle": 0}).sort("ascending"),
        encodings.y("value:Q", axis, zero=zero),
        about,
        spread="whiskers",
        behind=lines.level_rules(levels, axis),
        height=260,
    )
