"""Collapse: which way of writing the loss switches latents off, and what brings them back."""

from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import encodings
from dashboard.charts.colours import VIRIDIS
from dashboard.charts.figure import Figure
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts, pickers, pictures
from dashboard.vae import titles, training
from store.records import MEAN, SUM, LossLine, latents_alive
from store.schema.vae import collapse, names, reconstructions

MOST_BETA = 100.0  # of the control
OUTCOME_AXES = {  # axis of each outcome of a cure
    collapse.ACTIVE: "latents in use",
    collapse.FINAL_ERROR: "held-out squared error per image",
    collapse.ELBO: "evidence lower bound, nats per image",
}


@dataclass(frozen=True)
class Run:
    """A way of writing the loss, with a cure or with none."""

    row: int  # in the store
    line: LossLine
    beta: float  # the effective one
    cure: str
    predicted: int  # latents in use by linear theory
    active: NDArray  # (3,) latents in use when trained, with the interval over seeds

    @property
    def title(self) -> str:
        """Return how the loss is written."""
        return titles.loss_line(self.line)


def read_runs(study: Study) -> list[Run]:
    """Return every run of the store, in its order."""
    columns = (collapse.PIXELS, collapse.LATENTS, collapse.KL_WEIGHT, collapse.EFFECTIVE_BETA)
    columns += (collapse.CURE, collapse.LINEAR_ACTIVE)
    stored = zip(*(study.read(spec).tolist() for spec in columns), strict=True)
    active = study.read(collapse.ACTIVE)
    return [
        Run(row, LossLine(pixels, latents, weight), beta, cure, predicted, active[row])
        for row, (pixels, latents, weight, beta, cure, predicted) in enumerate(stored)
    ]


def main_sentence(runs: list[Run], n_latents: int) -> str:
    """Say how many latents the worst and the best way of writing the loss leave in use."""
    best = max(runs, key=lambda run: run.active[0])
    worst = min(runs, key=lambda run: run.active[0])
    return (
        f"The same network uses {best.active[0]:.0f} of {n_latents} latents or "
        f"{worst.active[0]:.0f}, depending on how its loss is written. Most are in use with "
        f"“{best.title}”, fewest with “{worst.title}”."
    )


def generations(study: Study, runs: list[Run]) -> None:
    """Draw what each way of writing the loss makes of the same draws of the prior."""
    last = study.size("collapse_epoch") - 1
    for run in runs:
        words, strip = st.columns([1, 2.4], vertical_alignment="center")
        words.markdown(
            f"**{formatting.escaped(run.title)}**  \nEffective β {run.beta:g}: "
            f"{run.active[0]:.0f} latents in use (linear theory: {run.predicted})"
        )
        frames = list(study.read(collapse.GENERATION, run.row)[last])
        pictures.film(frames, f"Pictures decoded from the prior: {run.title}", strip)


def over_epochs(study: Study, run: Run) -> None:
    """Draw one run epoch by epoch: generations, KL by latent, and the parts of the loss."""
    epochs = study.read(collapse.GENERATION, run.row)
    st.caption("The same two draws of the prior after every epoch, from left to right:")
    for draw in range(min(2, epochs.shape[1])):
        pictures.film(list(epochs[:, draw]), f"Draw {draw + 1} of the prior after each epoch")
    page_parts.figure(latents_by_epoch_chart, study.read(collapse.KL_BY_LATENT, run.row))
    splits = study.read(reconstructions.SPLIT).tolist()
    curves = training.curves_frame(
        splits,
        loss=study.read(collapse.LOSS)[run.row],
        reconstruction=study.read(collapse.RECONSTRUCTION)[run.row],
        kl_nats=study.read(collapse.KL_NATS)[run.row],
    )
    axes = {"loss": "loss per image", "reconstruction": "squared error per image"}
    axes |= {names.KL_NATS: "KL, nats per image"}
    for place, (column, axis) in zip(st.columns(3), axes.items(), strict=True):
        with place:
            page_parts.figure(training.curve_chart, curves, column, axis, f"{axis} by epoch")


def your_loss(study: Study) -> None:
    """Draw the controls for a reader's own line of code, and what it amounts to."""
    st.subheader("What does your own loss line mean?", anchor=False)
    pixels_place, latents_place, weight_place = st.columns(3)
    with pixels_place:
        pixels = pickers.pick_few("Squared error over pixels", [SUM, MEAN], "pixels")
    with latents_place:
        latents = pickers.pick_few("KL over latents", [SUM, MEAN], "latents")
    with weight_place:
        weight = st.number_input(
            "Weight β of the KL", 0.0, MOST_BETA, 1.0, 0.1, key="weight", bind="query-params"
        )
    n_latents = study.size("latent")
    n_pixels = study.size("pixel_row") * study.size("pixel_col")
    beta = LossLine(pixels, latents, weight).effective_beta(n_pixels, n_latents)
    alive = latents_alive(study.read(collapse.VARIANCE), beta, n_latents)
    st.markdown(f"##### It amounts to β = {beta:g}: expect {alive} of {n_latents} latents in use")
    st.caption(
        f"β is the weight of the KL once both terms are sums, here over {n_pixels} pixels and "
        f"{n_latents} latents. Linear theory keeps a latent for each principal direction along "
        f"which the images vary by more than β/2 = {beta / 2:g}. The batch changes nothing if both "
        f"terms are reduced over it alike."
    )


def cures(study: Study, runs: list[Run]) -> None:
    """Draw what each cure reaches, beside no cure, for each loss that it is tried on."""
    st.subheader("Does a cure help without another network?", anchor=False)
    seeds = study.size("collapse_seed")
    of_seeds = "Intervals are over seeds." if seeds > 1 else "One seed has no interval."
    st.caption(
        f"With warm-up the KL's weight grows from 0 over the first "
        f"{study.setting('warm_up_share'):.0%} of the steps. With free bits the KL of a latent "
        f"costs nothing up to {study.setting('free_nats'):g} nat. {seeds} "
        f"training{'s' if seeds > 1 else ''} of each. {of_seeds} Compare bounds within one loss "
        f"only: each loss has its own."
    )
    tried = [run for run in runs if run.cure != names.NO_CURE]
    for title in dict.fromkeys(run.title for run in tried):
        st.markdown(f"**{formatting.escaped(title)}**")
        rows = [run for run in runs if run.title == title]
        cure_names = [formatting.titled(run.cure, titles.CURES) for run in rows]
        for place, (spec, axis) in zip(st.columns(3), OUTCOME_AXES.items(), strict=True):
            with place:
                estimates = study.read(spec)[[run.row for run in rows]]
                about = f"{axis} of each cure: {title}"
                controls = [titles.CURES[names.NO_CURE]]
                page_parts.intervals(cure_names, estimates, axis, about, controls=controls)


# --- charts -------------------------------------------------------------------------------------


def latents_by_epoch_chart(kl_by_latent: NDArray) -> Figure:
    """Return the KL of each latent after each epoch as a map; kl_by_latent: (epoch, D)."""
    order = np.argsort(-kl_by_latent[-1], kind="stable")
    n_epochs = len(kl_by_latent)
    frame = pd.DataFrame(
        {
            "latent": np.repeat(order, n_epochs),
            "epoch": np.tile(np.arange(1, n_epochs + 1), len(order)),
            names.KL_NATS: kl_by_latent[:, order].T.astype(float).ravel(),
        }
    )
    legend = alt.Legend(title="KL, nats", orient="right")
    colour = alt.Color(f"{names.KL_NATS}:Q", scale=alt.Scale(range=list(VIRIDIS)), legend=legend)
    cells = alt.Chart(frame).mark_rect()
    return Figure(
        cells.encode(
            x=encodings.x("epoch:O", "epoch", axis={"labelAngle": 0}),
            y=encodings.y("latent:N", "latent dimension, most KL first").sort(None),
            color=colour,
            tooltip=["latent:N", "epoch:O", *encodings.hover(".4f", kl_nats="KL, nats")],
        ).properties(height=14 * len(order)),
        frame,
        "KL of each latent after every epoch, held-out images.",
    )


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("collapse", "When do the latents switch off?")
    if not study.has(collapse.EFFECTIVE_BETA, collapse.GENERATION):
        st.info("This report was made before collapse was measured. Make it again to see it.")
        return
    runs = read_runs(study)
    uncured = [run for run in runs if run.cure == names.NO_CURE]
    page_parts.statement(main_sentence(uncured, study.size("latent")))
    generations(study, uncured)
    your_loss(study)
    st.subheader("When does it happen?", anchor=False)
    chosen = pickers.pick("Loss", [run.title for run in uncured], "loss")
    over_epochs(study, next(run for run in uncured if run.title == chosen))
    cures(study, runs)
    figures.numbers(outcomes_frame(runs), "Every way of writing the loss, with every cure")


def outcomes_frame(runs: list[Run]) -> pd.DataFrame:
    """Return a row per run: the loss, its effective weight, the cure, latents in use."""
    return pd.DataFrame(
        {
            "loss": [run.title for run in runs],
            "effective β": [run.beta for run in runs],
            "cure": [formatting.titled(run.cure, titles.CURES) for run in runs],
            "latents in use": [formatting.with_interval(*run.active) for run in runs],
            "linear theory": [run.predicted for run in runs],
        }
    )


if __name__ == "__main__":
    main()
