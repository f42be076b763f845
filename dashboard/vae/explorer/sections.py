"""Moving a latent: from a test image or the prior's mean, toward another, along each latent."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import image_encoding
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, pickers
from dashboard.ui import page as ui_page
from dashboard.vae.explorer import decoder
from store.schema.vae import latent_space, reconstructions

PRIOR_MEAN = "the prior's mean"
REACH = 4.0  # how far a slider moves a latent either way
MOST_SLIDERS = 12
SIDE = 148
STEPS = 9  # pictures on the way from start to end


@dataclass(frozen=True)
class End:
    """Where a move begins or leads to."""

    name: str
    latent: NDArray[np.float32]  # (D,) posterior mean, or zeros
    pixels: NDArray | None  # of the test image; none for the prior's mean


def start_and_end(study: Study) -> tuple[End, End]:
    """Draw the two pickers; return what was picked."""
    classes = study.class_names
    labels = study.read(reconstructions.LABEL)[study.read(reconstructions.SAMPLE_IMAGE)]
    titles = [f"{number} · {classes[label]}" for number, label in enumerate(labels, start=1)]
    names = [PRIOR_MEAN, *titles]
    left, right = st.columns(2)
    with left:
        start = pickers.pick("Start from", names, "start", default=names[min(1, len(titles))])
    with right:
        end = pickers.pick("Move toward", names, "toward", default=names[min(2, len(titles))])
    return _end(study, start, names.index(start)), _end(study, end, names.index(end))


@st.fragment
def live(study: Study, start: End, end: End) -> None:
    """Draw the sliders and the decoded picture; a step of a slider redraws this part alone."""
    order = active_latents(study)
    evidence, controls = st.columns([1.6, 1], gap="large")
    with controls:
        share = st.slider(
            "Way from start to end", 0.0, 1.0, 0.0, 0.05, key="share", bind="query-params"
        )
        moved = start.latent + share * (end.latent - start.latent)
        for place, latent in enumerate(order[:MOST_SLIDERS]):
            if place % 2 == 0:  # two by two, for on a phone one column stands below the other
                columns = st.columns(2)
            with columns[place % 2]:
                moved[latent] += _slider(int(latent))
    with evidence:
        weights = decoder.stored_decoder(study)
        _three(weights, start, moved, end)
        _way(weights, start, end)
        values = {"start": start.latent[order], "now": moved[order], "end": end.latent[order]}
        figures.numbers(pd.DataFrame({"latent": order} | values), "Values of the active latents")
        ui_page.source(study)


def _end(study: Study, name: str, place: int) -> End:
    """Return the prior's mean for place 0, or the sample before that place."""
    if place == 0:
        return End(name, np.zeros(study.size("latent"), np.float32), None)
    image = int(study.read(reconstructions.SAMPLE_IMAGE)[place - 1])
    latent = study.read(latent_space.POSTERIOR_MEAN)[image].copy()
    return End(name, latent, study.read(reconstructions.SAMPLE_PIXELS, place - 1))


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


def _three(weights: decoder.Decoder, start: End, moved: NDArray, end: End) -> None:
    shown = [
        (f"Start: {start.name}", _as_it_is(weights, start)),
        ("Decoded now", weights.picture(moved)),
        (f"End: {end.name}", _as_it_is(weights, end)),
    ]
    with st.container(horizontal=True, gap="small"):
        for title, picture in shown:
            uri = image_encoding.uri(image_encoding.enlarged(picture, SIDE))
            with st.container(width=SIDE, gap="xsmall"):
                st.markdown(f"**{formatting.escaped(title)}**")
                st.image(uri, width=SIDE, alt=title)


def _as_it_is(weights: decoder.Decoder, end: End) -> NDArray:
    """Return the test image itself, or what the decoder makes of the prior's mean."""
    return weights.picture(end.latent) if end.pixels is None else end.pixels


def _way(weights: decoder.Decoder, start: End, end: End) -> None:
    st.caption("The straight way from start to end, both decoded, no latent moved by hand:")
    whole = end.latent - start.latent
    way = [weights.picture(start.latent + at * whole) for at in np.linspace(0, 1, STEPS)]
    strip = image_encoding.stacked(way, across=True)
    uri = image_encoding.uri(image_encoding.enlarged(strip, 3 * strip.shape[1]))
    st.image(uri, width="stretch", alt="Pictures decoded on the straight way from start to end")


def sliders_words(study: Study) -> str:
    """Say how many latents change the picture, and how many of them have a slider."""
    n_active = int(study.read(latent_space.ACTIVE_BY_KL).sum())
    said = f"{n_active} of {study.size('latent')} latents change the picture"
    if not n_active:
        return f"{said}; the first {len(active_latents(study)[:MOST_SLIDERS])} have a slider."
    if n_active > MOST_SLIDERS:
        return f"{said}; the {MOST_SLIDERS} of them with most KL have a slider."
    return f"{said}; each has a slider."


def active_latents(study: Study) -> NDArray:
    """Return the latents in use by their KL, most first; all of them where none is.

    The mean of others may vary over images too, but the decoder makes nothing of it.
    """
    kl = study.read(latent_space.KL_PER_DIM_NATS)
    active = study.read(latent_space.ACTIVE_BY_KL) == 1
    order = np.argsort(-kl, kind="stable")
    return order[active[order]] if active.any() else order
