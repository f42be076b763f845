"""Training: the VAE's loss, its parts, its convention, simpler models and the sweep beside it."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import encodings, lines, original_report
from dashboard.charts.colours import BLUE, GREY
from dashboard.charts.figure import Figure
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts
from dashboard.vae import sweep, titles
from store.schema.vae import latent_space, names, reconstructions
from store.schema.vae import sweep as sweep_schema

ORIGINAL_LEVELS = (
    (original_report.LOSS_FIRST, f"original report, first epoch: {original_report.LOSS_FIRST}"),
    (original_report.LOSS_LAST, f"original report, last epoch: {original_report.LOSS_LAST}"),
)
AT_CEILING_NATS = 0.05  # an estimate this near to its ceiling says no more than "at least"
ERROR_AXIS = "held-out squared error per image"
STATED = (  # what the table of one loss in several conventions is made of
    *(reconstructions.STATEMENT, reconstructions.STATED_LOSS),
    reconstructions.STATED_CONVENTION,
)
FIRST_EPOCHS = (
    *(reconstructions.FIRST_EPOCH_BATCH, reconstructions.FIRST_EPOCH_RATE),
    reconstructions.FIRST_EPOCH_LOSS,
)
OF_LATENTS = (  # what the chart of latents is made of
    *(latent_space.KL_PER_DIM_NATS, latent_space.MEAN_VARIANCE),
    latent_space.ACTIVE_BY_VARIANCE,
)
LINEAR_SERIES = f"{names.LINEAR_VAE}, exact"


def conventions(study: Study) -> None:
    """Draw the convention of each curve, and the last held-out loss in others."""
    with st.container(border=True):
        st.markdown("**The loss convention.** Without it, two losses cannot be compared.")
        splits = study.read(reconstructions.SPLIT).tolist()
        stored = study.read(reconstructions.LOSS_CONVENTION).tolist()
        for split, convention in zip(splits, stored, strict=True):
            title = formatting.escaped(formatting.titled(split, {}))
            st.markdown(f"- {title}: {formatting.escaped(titles.loss_convention(convention))}")
        st.markdown(
            "The same held-out loss, stated otherwise: the conversion is exact with the KL weight, "
            "and of a Gaussian the σ, beside it."
        )
        figures.table(stated_frame(*map(study.read, STATED)), "One loss in several conventions")


def stated_frame(statements: NDArray, losses: NDArray, conventions: NDArray) -> pd.DataFrame:
    """Return convention, loss, KL weight and σ of each statement; all arguments (statement,)."""
    read = [titles.read_convention(str(stored)) for stored in conventions]
    frame = pd.DataFrame({"convention": statements, "loss": np.round(losses, 4)})
    frame["KL weight"] = [one.kl_weight if one else np.nan for one in read]
    frame["σ"] = [f"{one.sigma:.4f}" if one and one.sigma else "–" for one in read]
    return frame


def first_epochs(study: Study) -> None:
    """Draw a table of the first epoch's loss at other batch sizes and learning rates."""
    if not study.has(*FIRST_EPOCHS):
        return
    st.markdown(
        f"**The first epoch.** Its loss depends on batch size and learning rate, which the "
        f"original does not give. The table shows which come near to its "
        f"{original_report.LOSS_FIRST}."
    )
    figures.table(first_epochs_frame(*map(study.read, FIRST_EPOCHS)), "Loss of the first epoch")


def first_epochs_frame(batches: NDArray, rates: NDArray, losses: NDArray) -> pd.DataFrame:
    """Return a row per batch size and a column per learning rate; all arguments (first_epoch,)."""
    long = {"batch size": batches, "rate": [f"rate {rate:g}" for rate in rates], "loss": losses}
    table = pd.DataFrame(long).pivot(index="batch size", columns="rate", values="loss")
    return table.round(1).reset_index()


def over_beta(study: Study) -> None:
    """Draw what the KL weight decides: error, latents in use and KL."""
    st.subheader("What does the weight of the KL decide?", anchor=False)
    points = sweep.beta_points(study)
    st.caption(f"{sweep.training_words(study)} A weight β assumes pixel noise of √(β/2).")
    st.markdown(formatting.escaped(trend_words(study)))
    _error_and_active_latents(points, sweep.BETA, names.pca_baseline(study.size("latent")))
    left, right = st.columns(2, gap="large")
    with left:
        series = {names.KL_NATS: names.OWN_MODEL}
        sweep.chart(points, sweep.BETA, "KL, nats per image", series, zero=True)
    with right:
        sweep.chart(points, sweep.BETA, "bound on log p(x), nats per image", titles.BOUND_SERIES)
    # The information has a chart of its own: without a KL weight the KL is fifty times as large.
    levels = []
    if study.has(sweep_schema.INFORMATION_CEILING):  # that its estimate cannot exceed
        ceiling = float(study.read(sweep_schema.INFORMATION_CEILING))
        st.caption(ceiling_words(points, ceiling))
        levels = [(ceiling, f"most that can be estimated: {ceiling:.2f}")]
    axis = "mutual information of images and latents, nats"
    series = {names.MUTUAL_INFORMATION_NATS: names.OWN_MODEL}
    sweep.chart(points, sweep.BETA, axis, series, zero=True, levels=levels)


def over_latents(study: Study) -> None:
    """Draw what more latents buy at the original's KL weight."""
    st.subheader("Would more latents help?", anchor=False)
    weight = study.setting("kl_weight")
    st.caption(f"The KL weight stays at {weight:g}. {sweep.training_words(study)}")
    points = sweep.latent_points(study)
    _error_and_active_latents(points, sweep.LATENTS, "PCA with as many")


def _error_and_active_latents(points: sweep.Points, setting: str, pca: str) -> None:
    """Draw the error and the latents in use over a setting, with linear models beside them."""
    left, right = st.columns(2, gap="large")
    with left:
        specs = {pca: sweep_schema.PCA_ERROR, LINEAR_SERIES: sweep_schema.LINEAR_ERROR}
        others = {series: points.study.read(spec)[points.rows] for series, spec in specs.items()}
        series = {names.SQUARED_ERROR: names.OWN_MODEL}
        sweep.chart(points, setting, ERROR_AXIS, series, others)
    with right:
        others = {LINEAR_SERIES: points.study.read(sweep_schema.LINEAR_ACTIVE)[points.rows]}
        sweep.chart(points, setting, "active latents", titles.ACTIVE_SERIES, others, zero=True)


def ceiling_words(points: sweep.Points, ceiling: float) -> str:
    """Say at which settings the mutual information touches its ceiling, and so is a bound alone."""
    information = points.of(names.MUTUAL_INFORMATION_NATS)[:, 0]
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
    specs = (sweep_schema.TREND, sweep_schema.TREND_SPEARMAN, sweep_schema.TREND_MONOTONE)
    trends = zip(*(study.read(spec).tolist() for spec in specs), strict=True)
    parts = []
    for metric, correlation, monotone in trends:
        if metric in titles.TREND_METRICS and not np.isnan(correlation):
            flat = (np.diff(sweep.beta_points(study).of(metric)[:, 0]) == 0).any()
            way, against = ("rises", "falls") if correlation > 0 else ("falls", "rises")
            moves = f"{way} on the whole"
            if monotone:
                moves = f"never {against}" if flat else f"{way} throughout"
            title = titles.TREND_METRICS[metric]
            parts.append(f"{title} {moves} (rank correlation {correlation:+.2f})")
    return f"As β grows, {', '.join(parts)}." if parts else "There is no trend to name."


def other_losses(study: Study) -> None:
    """Draw a table of every reconstruction term and architecture at the original's setting."""
    st.subheader("Is it the loss, or the model?", anchor=False)
    st.caption(
        "Losses of different terms are different quantities and must not be compared; the squared "
        "error of their pictures may be. A binary cross-entropy cannot fall below its floor."
    )
    own = (study.read(sweep_schema.KL_WEIGHT) == study.setting("kl_weight")) & (
        study.read(sweep_schema.LATENT_DIM) == study.size("latent")
    )
    rows = np.flatnonzero(own)
    exact = {"pixel noise": sweep_schema.IMPLIED_SIGMA, "floor": sweep_schema.BERNOULLI_FLOOR}
    columns = sweep.models(study, rows) | sweep.estimates(study, rows, titles.LOSS_METRICS)
    columns |= {
        title: [formatting.number(float(value)) for value in study.read(spec)[rows]]
        for title, spec in exact.items()
    }
    figures.table(pd.DataFrame(columns), "Losses and models")
    with st.expander("The conventions of these losses", icon=":material/rule:"):
        stored = study.read(sweep_schema.POINT_CONVENTION)[rows].tolist()
        for loss, model, one in zip(columns["loss"], columns["model"], stored, strict=True):
            words = f"{loss}, {model}: {titles.loss_convention(one)}"
            st.markdown(f"- {formatting.escaped(words)}")


def against_simpler_models(study: Study, curves: pd.DataFrame) -> None:
    """Draw the two parts of the loss by epoch, of `curves_frame`, and simpler models' errors."""
    models = study.read(reconstructions.BASELINE_NAME).tolist()
    errors = study.read(reconstructions.BASELINE_ERROR)  # (baseline, estimate)
    st.subheader("The two parts, apart", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        axis = "squared error per image"
        left_out = (names.OWN_MODEL, names.MEAN_IMAGE)  # the curve itself, and far above it
        rules = [
            (float(error), f"{model}: {error:.1f}")
            for model, error in zip(models, errors[:, 0], strict=True)
            if model not in left_out
        ]
        about = f"{axis} by epoch"
        page_parts.figure(curve_chart, curves, "reconstruction", axis, about, rules)
    with right:
        axis = "KL, nats per image"
        page_parts.figure(curve_chart, curves, names.KL_NATS, axis, f"{axis} by epoch")

    st.subheader("Is the VAE better than something simpler?", anchor=False)
    simpler = [model for model in models if model != names.OWN_MODEL]
    axis = "squared error summed over pixels, held-out images"
    page_parts.intervals(models, errors, axis, axis, controls=simpler, zero=True)


# --- charts -------------------------------------------------------------------------------------


def curves_frame(splits: Sequence[str], **curves: NDArray) -> pd.DataFrame:
    """Return epoch, split and a column per curve, (epochs, splits), a row per epoch and split."""
    n_epochs, n_splits = next(iter(curves.values())).shape
    frame = pd.DataFrame({"epoch": np.repeat(np.arange(1, n_epochs + 1), n_splits)})
    frame["split"] = np.tile([split.replace("_", " ") for split in splits], n_epochs)
    for name, values in curves.items():
        frame[name] = np.asarray(values, dtype="float64").ravel()
    return frame


def curve_chart(
    frame: pd.DataFrame,
    column: str,
    axis: str,
    about: str,
    rules: Sequence[tuple[float, str]] = (),
) -> Figure:
    """Return one curve per split of a `curves_frame`, and labelled rules, (value, label)."""
    return lines.line_chart(
        frame,
        "split",
        encodings.x("epoch:Q", "epoch", "d", axis={"tickMinStep": 1}),
        encodings.y(f"{column}:Q", axis, zero=False),
        about,
        detail=".3f",
        behind=lines.level_rules(rules, axis, "right"),
    )


def latents_chart(kl_nats: NDArray, variance: NDArray, active: NDArray) -> Figure:
    """Return the KL of each latent as bars, most first; unused latents in grey.

    kl_nats, variance: (D,), the variance of a latent's mean. active: (D,) 1 for latents in use.
    """
    latents = {
        "latent": np.arange(len(kl_nats)),
        names.KL_NATS: kl_nats.astype(float),
        "mean_variance": variance.astype(float),
        "state": np.where(active == 1, "active", "unused"),
    }
    frame = pd.DataFrame(latents).sort_values(names.KL_NATS, ascending=False, ignore_index=True)
    title = "active: variance of its mean ≥ 0.01"
    states = {"active": BLUE, "unused": GREY}
    bars = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=encodings.x("latent:N", "latent dimension", axis={"labelAngle": 0}).sort(None),
            y=encodings.y(f"{names.KL_NATS}:Q", "KL, nats per image"),
            color=encodings.colour("state", states, title, titleLimit=300),
            tooltip=[
                "latent:N",
                *encodings.hover(".4f", kl_nats="KL, nats", mean_variance="variance of its mean"),
            ],
        )
    )
    about = "KL divergence of each latent dimension from the prior, largest first."
    return Figure(bars.properties(height=260), frame, about)


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("training", "What does the loss say, and what does it hide?")
    splits = study.read(reconstructions.SPLIT).tolist()
    curves = curves_frame(
        splits,
        loss=study.read(reconstructions.LOSS),
        reconstruction=study.read(reconstructions.RECONSTRUCTION_TERM),
        kl_nats=study.read(reconstructions.KL_NATS),
    )
    st.subheader("The loss, beside the original report's", anchor=False)
    about = "Training and held-out loss by epoch, with the original report's first and last figure."
    page_parts.figure(curve_chart, curves, "loss", "loss per image", about, ORIGINAL_LEVELS)
    parts, latents, weights, written, others = st.tabs(
        ["The two parts", "Latents", "Other KL weights", "How it is written", "Other losses"]
    )
    with parts:
        against_simpler_models(study, curves)
        first_epochs(study)
    with latents:
        st.subheader("How many of the latents carry anything?", anchor=False)
        page_parts.figure(latents_chart, *map(study.read, OF_LATENTS))
        over_latents(study)
    with weights:
        over_beta(study)
    with written:
        conventions(study)
    with others:
        other_losses(study)


if __name__ == "__main__":
    main()
