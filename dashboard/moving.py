"""Moving a latent: from a test image or the prior's mean, toward another, along each latent."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard import decoder, frame, pickers, wording
from dashboard.charts import pictures
from dashboard.loaders import Study
from store.schema import vae, vae_latent

PRIOR_MEAN = "the prior's mean"
REACH = 4.0  # how far a slider moves a latent either way
MOST_SLIDERS = 12
SIDE = 148
STEPS = 9  # pictures on the way from start to end


def start_and_end(study: Study) -> tuple[str, str]:
    """Draw the two pickers; return the names of the start and of the end."""
    names = [PRIOR_MEAN, *_titles(study)]
    left, right = st.columns(2)
    with left:
        start = pickers.pick("Start from", names, "start", default=names[min(1, len(names) - 1)])
    with right:
        end = pickers.pick("Move toward", names, "toward", default=names[min(2, len(names) - 1)])
    return start, end


@st.fragment
def live(study: Study, start: str, end: str) -> None:
    """Draw the sliders and the decoded picture; a step of a slider redraws this part alone."""
    order = _active_latents(study)
    first, last = latent_of(study, start), latent_of(study, end)
    evidence, controls = st.columns([1.6, 1], gap="large")
    with controls:
        share = st.slider(
            "Way from start to end", 0.0, 1.0, 0.0, 0.05, key="share", bind="query-params"
        )
        moved = first + share * (last - first)
        columns = st.columns(2)
        for place, latent in enumerate(order[:MOST_SLIDERS]):
            with columns[place % 2]:
                moved[latent] += _slider(int(latent))
    with evidence:
        weights = decoder.stored_decoder(study)
        _three(study, weights, (start, first), moved, (end, last))
        _way(weights, first, last)
        table = pd.DataFrame({"latent": order, "start": first[order], "now": moved[order]})
        frame.numbers(table.assign(end=last[order]), "Values of the active latents")
        frame.source(study)


def _slider(latent: int) -> float:
    return st.slider(
        f"Move latent {latent} by",
        -REACH,
        REACH,
        0.0,
        0.25,
        key=f"latent{latent}",
        bind="query-params",
    )


def latent_of(study: Study, name: str) -> NDArray:
    """Return the posterior mean of a test image by its title, or zeros for the prior's mean."""
    titles = _titles(study)
    if name not in titles:
        return np.zeros(study.size("latent"), np.float32)
    image = int(study.read(vae.SAMPLE_IMAGE)[titles.index(name)])
    return study.read(vae_latent.POSTERIOR_MEAN)[image].copy()


def _three(
    study: Study,
    weights: decoder.Decoder,
    start: tuple[str, NDArray],
    moved: NDArray,
    end: tuple[str, NDArray],
) -> None:
    shown = [
        (f"Start: {start[0]}", _as_it_is(study, weights, *start)),
        ("Decoded now", weights.picture(moved)),
        (f"End: {end[0]}", _as_it_is(study, weights, *end)),
    ]
    with st.container(horizontal=True, gap="small"):
        for title, picture in shown:
            uri = pictures.uri(pictures.enlarged(picture, SIDE))
            with st.container(width=SIDE, gap="xsmall"):
                st.markdown(f"**{wording.escaped(title)}**")
                st.image(uri, width=SIDE, alt=title)


def _as_it_is(study: Study, weights: decoder.Decoder, name: str, latent: NDArray) -> NDArray:
    """Return the test image itself, or what the decoder makes of the prior's mean."""
    titles = _titles(study)
    if name in titles:
        return study.read(vae.SAMPLE_PIXELS, titles.index(name))
    return weights.picture(latent)


def _way(weights: decoder.Decoder, first: NDArray, last: NDArray) -> None:
    st.caption("The straight way from start to end, both decoded, no latent moved by hand:")
    way = [weights.picture(first + at * (last - first)) for at in np.linspace(0, 1, STEPS)]
    strip = pictures.stacked(way, across=True)
    uri = pictures.uri(pictures.enlarged(strip, 3 * strip.shape[1]))
    st.image(uri, width="stretch", alt="Pictures decoded on the straight way from start to end")


def _active_latents(study: Study) -> NDArray:
    """Return the latents in use, most KL first; all of them where none is."""
    kl = study.read(vae_latent.KL_PER_DIM_NATS)
    active = study.read(vae_latent.ACTIVE_BY_VARIANCE) == 1
    order = np.argsort(-kl, kind="stable")
    return order[active[order]] if active.any() else order


def _titles(study: Study) -> list[str]:
    labels = study.read(vae.LABEL)[study.read(vae.SAMPLE_IMAGE)]
    return [f"{n} · {study.class_name(int(label))}" for n, label in enumerate(labels, start=1)]
