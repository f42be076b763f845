"""The VAE's loss in words and tables: its convention, the same stated otherwise, other losses."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.loaders import Study
from dashboard.ui import formatting
from dashboard.ui import page as ui_page
from dashboard.vae import sweep
from store.schema.vae import reconstructions
from store.schema.vae import sweep as sweep_schema

CONVOLUTIONAL = "convolutional"


def conventions(study: Study) -> None:
    """Draw the convention of each curve, and the last held-out loss in others."""
    with st.container(border=True):
        st.markdown("**The loss convention.** Without it, two losses cannot be compared.")
        splits, stored = (
            study.read(reconstructions.SPLIT).tolist(),
            study.read(reconstructions.LOSS_CONVENTION).tolist(),
        )
        for split, convention in zip(splits, stored, strict=True):
            words = formatting.loss_convention(convention)
            st.markdown(
                f"- {formatting.escaped(formatting.titled(split, {}))}: {formatting.escaped(words)}"
            )
        st.markdown(
            "The same held-out loss, stated otherwise: the conversion is exact with the KL weight, "
            "and of a Gaussian the σ, beside it."
        )
        table = stated_frame(
            study.read(reconstructions.STATEMENT),
            study.read(reconstructions.STATED_LOSS),
            study.read(reconstructions.STATED_CONVENTION),
        )
        st.dataframe(table, hide_index=True, alt="One loss in several conventions")


def stated_frame(names: NDArray, losses: NDArray, conventions: NDArray) -> pd.DataFrame:
    """Return one row per statement: convention, loss, KL weight, σ; a dash where there is none."""
    read = [formatting.read_convention(str(stored)) for stored in conventions]
    sigmas = [f"{one.sigma:.4f}" if one and one.sigma else "–" for one in read]
    return pd.DataFrame(
        {
            "convention": names,
            "loss": np.round(losses, 4),
            "KL weight": [one.kl_weight if one else np.nan for one in read],
            "σ": sigmas,
        }
    )


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
    metrics = {
        "held-out loss": "held_out_loss",
        "squared error": "squared_error",
        "KL, nats": "kl_nats",
        "active by KL": "active_by_kl",
        "sharpness kept": "laplacian_ratio",
        "log p(x) bound, nats": "log_likelihood_nats",
    }
    exact = {"pixel noise": sweep_schema.IMPLIED_SIGMA, "floor": sweep_schema.BERNOULLI_FLOOR}
    noted = {
        title: [formatting.number(float(value)) for value in study.read(spec)[rows]]
        for title, spec in exact.items()
    }
    table = pd.DataFrame(sweep.names(study, rows) | sweep.estimates(study, rows, metrics) | noted)
    st.dataframe(table, hide_index=True, alt="Losses and models")
    if CONVOLUTIONAL not in study.read(sweep_schema.ARCHITECTURE).tolist():
        st.caption(
            "This report's sweep has no convolutional VAE, so it cannot say what another model "
            "would change. The setting `sweep_architectures` adds one: `--set "
            '\'vae.sweep_architectures=["mlp", "convolutional"]\'`; it wants a GPU.'
        )
    with st.expander("The conventions of these losses", icon=":material/rule:"):
        for name, model, stored in zip(
            table["loss"],
            table["model"],
            study.read(sweep_schema.POINT_CONVENTION)[rows],
            strict=True,
        ):
            words = f"{name}, {model}: {formatting.loss_convention(str(stored))}"
            st.markdown(f"- {formatting.escaped(words)}")
    ui_page.source(study)
