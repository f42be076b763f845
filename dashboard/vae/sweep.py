"""The VAE's sweep on the page: over the KL weight, and over the number of latents."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.loaders import Study
from dashboard.ui import formatting
from dashboard.ui import page as ui_page
from dashboard.vae import sweep_charts as charts
from store.schema.vae import sweep

OWN_TERM, OWN_ARCHITECTURE = "squared_error", "mlp"
BETA, LATENTS = "KL weight β", "latent dimensions"
AT_CEILING_NATS = 0.05  # an estimate this near to its ceiling says no more than "at least"


@dataclass(frozen=True)
class Points:
    """Some points of the sweep, in the order of what differs between them."""

    study: Study
    rows: NDArray  # of the store's points
    setting: list[float]

    def of(self, metric: str) -> NDArray:
        """Return a metric's mean over seeds and interval, (points, 3)."""
        return self.study.read(sweep.ESTIMATES[metric])[self.rows]


def beta_points(study: Study) -> Points:
    """Return the points that differ in the KL weight alone."""
    rows = study.read(sweep.BETA_POINT)
    return _ordered(study, rows, study.read(sweep.KL_WEIGHT))


def latent_points(study: Study) -> Points:
    """Return the points that differ in the number of latents alone."""
    weight = study.setting("kl_weight")
    own = (study.read(sweep.TERM) == OWN_TERM) & np.isclose(study.read(sweep.KL_WEIGHT), weight)
    own &= study.read(sweep.ARCHITECTURE) == OWN_ARCHITECTURE
    return _ordered(study, np.flatnonzero(own), study.read(sweep.LATENT_DIM))


def training_words(study: Study) -> str:
    """Say how the sweep's models were trained."""
    epochs, images = (int(study.read(spec).max()) for spec in (sweep.EPOCHS, sweep.N_TRAIN))
    seeds = study.size("seed")
    length = f"{epochs} epochs on {images:,} images"
    if seeds == 1:
        return f"Every point is one training of {length}; one seed has no interval."
    return (
        f"Every point is {seeds} trainings of {length}, one per seed. Whiskers are 95 % intervals "
        f"over seeds."
    )


def chart(
    points: Points,
    setting: str,
    axis: str,
    measured: dict[str, str],
    others: dict[str, NDArray] | None = None,
    *,
    zero: bool = False,
    levels: list[tuple[float, str]] | None = None,
) -> None:
    """Draw metrics over the setting, with the exact values of simpler models beside them.

    measured: series -> metric. others: series -> one value per point. levels: labelled rules.
    """
    values = {series: points.of(metric) for series, metric in measured.items()}
    table = charts.sweep_frame(points.setting, values, others or {})
    about = f"{axis} over {setting}: {', '.join((*measured, *(others or {})))}."
    ui_page.show(
        points.study,
        charts.sweep_chart,
        table,
        setting,
        axis,
        about,
        zero=zero,
        levels=levels or [],
    )


def over_beta(study: Study) -> None:
    """Draw what the KL weight decides: error, latents in use and KL."""
    st.subheader("What does the weight of the KL decide?", anchor=False)
    points = beta_points(study)
    st.caption(f"{training_words(study)} A weight β assumes pixel noise of √(β/2).")
    st.markdown(formatting.escaped(trend_words(study)))
    linear, pca = (study.read(spec)[points.rows] for spec in (sweep.LINEAR_ERROR, sweep.PCA_ERROR))
    left, right = st.columns(2, gap="large")
    with left:
        others = {f"PCA-{study.size('latent')}": pca, "linear VAE, exact": linear}
        axis = "held-out squared error per image"
        chart(points, BETA, axis, {"VAE": "squared_error"}, others)
    with right:
        active = {"by KL ≥ 0.05 nat": "active_by_kl", "by variance ≥ 0.01": "active_by_variance"}
        others = {"linear VAE, exact": study.read(sweep.LINEAR_ACTIVE)[points.rows]}
        chart(points, BETA, "active latents", active, others, zero=True)
    left, right = st.columns(2, gap="large")
    with left:
        chart(points, BETA, "KL, nats per image", {"VAE": "kl_nats"}, zero=True)
    with right:
        series = {"importance-weighted": "log_likelihood_nats", "ELBO": "elbo_nats"}
        chart(points, BETA, "bound on log p(x), nats per image", series)
    _information(points)


def over_latents(study: Study) -> None:
    """Draw what more latents buy at the original's KL weight."""
    st.subheader("Would more latents help?", anchor=False)
    points = latent_points(study)
    weight = study.setting("kl_weight")
    st.caption(f"The KL weight stays at {weight:g}. {training_words(study)}")
    left, right = st.columns(2, gap="large")
    with left:
        others = {
            "PCA with as many": study.read(sweep.PCA_ERROR)[points.rows],
            "linear VAE, exact": study.read(sweep.LINEAR_ERROR)[points.rows],
        }
        axis = "held-out squared error per image"
        chart(points, LATENTS, axis, {"VAE": "squared_error"}, others)
    with right:
        active = {"by KL ≥ 0.05 nat": "active_by_kl", "by variance ≥ 0.01": "active_by_variance"}
        others = {"linear VAE, exact": study.read(sweep.LINEAR_ACTIVE)[points.rows]}
        chart(points, LATENTS, "active latents", active, others, zero=True)


def names(study: Study, rows: NDArray) -> dict[str, list[str]]:
    """Return the loss and the model of some points, as columns of a table."""
    return {
        "loss": [term.replace("_", " ") for term in study.read(sweep.TERM)[rows].tolist()],
        "model": study.read(sweep.ARCHITECTURE)[rows].tolist(),
    }


def estimates(study: Study, rows: NDArray, metrics: dict[str, str]) -> dict[str, list[str]]:
    """Return metrics of some points with their intervals, as columns of a table.

    metrics: title -> metric.
    """
    return {
        title: [formatting.with_interval(*row) for row in study.read(sweep.ESTIMATES[metric])[rows]]
        for title, metric in metrics.items()
    }


def _information(points: Points) -> None:
    """Draw the mutual information, with the level that its estimate cannot exceed.

    It has a chart of its own: without a KL weight the KL is fifty times as large.
    """
    spec = sweep.INFORMATION_CEILING
    levels = []
    if points.study.has(spec):
        ceiling = float(points.study.read(spec))
        st.caption(ceiling_words(points, ceiling))
        levels = [(ceiling, "most that can be estimated")]
    axis = "mutual information of images and latents, nats"
    chart(points, BETA, axis, {"VAE": "mutual_information_nats"}, zero=True, levels=levels)


def ceiling_words(points: Points, ceiling: float) -> str:
    """Say at which settings the mutual information touches its ceiling, and so is a bound alone."""
    information = points.of("mutual_information_nats")[:, 0]
    touching = [
        f"{at:g}"
        for at, value in zip(points.setting, information, strict=True)
        if value >= ceiling - AT_CEILING_NATS
    ]
    most = (
        f"Mutual information cannot be estimated above {ceiling:.2f} nats, the logarithm of "
        f"{np.exp(ceiling):,.0f} images"
    )
    if not touching:
        return f"{most}; no point comes near."
    return f"{most}. At β {', '.join(touching)} it touches that: there it is at least as large."


def trend_words(study: Study) -> str:
    """Say which figures rise or fall with the KL weight throughout, and which do not."""
    said = {
        "kl_nats": "KL",
        "active_by_kl": "the number of active latents",
        "laplacian_ratio": "sharpness",
        "squared_error": "the squared error",
    }
    parts = []
    trends = zip(
        study.read(sweep.TREND).tolist(),
        study.read(sweep.TREND_SPEARMAN).tolist(),
        study.read(sweep.TREND_MONOTONE).tolist(),
        strict=True,
    )
    for name, correlation, monotone in trends:
        if name in said and not np.isnan(correlation):
            flat = (np.diff(beta_points(study).of(name)[:, 0]) == 0).any()
            way, against = ("rises", "falls") if correlation > 0 else ("falls", "rises")
            moves = f"{way} on the whole"
            if monotone:
                moves = f"never {against}" if flat else f"{way} throughout"
            parts.append(f"{said[name]} {moves} (rank correlation {correlation:+.2f})")
    return f"As β grows, {', '.join(parts)}." if parts else "There is no trend to name."


def _ordered(study: Study, rows: NDArray, setting: NDArray) -> Points:
    rows = rows[np.argsort(setting[rows], kind="stable")]
    return Points(study, rows, [round(float(value), 6) for value in setting[rows]])
