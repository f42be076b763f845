"""Explorer: move a latent by hand and see what the decoder draws, live and without torch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.loaders import Study
from dashboard.ui import figures, page_parts, pickers, pictures
from store.schema import ArraySpec
from store.schema.vae import latent_space, reconstructions

PRIOR_MEAN = "the prior's mean"
HIDDEN_LAYER = (latent_space.DECODER_HIDDEN_WEIGHT, latent_space.DECODER_HIDDEN_BIAS)
OUTPUT_LAYER = (latent_space.DECODER_OUTPUT_WEIGHT, latent_space.DECODER_OUTPUT_BIAS)
MAP_LAYER = (latent_space.DECODER_MAP_WEIGHT, latent_space.DECODER_MAP_BIAS)
MIDDLE_LAYER = (latent_space.DECODER_MIDDLE_WEIGHT, latent_space.DECODER_MIDDLE_BIAS)
LAST_LAYER = (latent_space.DECODER_LAST_WEIGHT, latent_space.DECODER_LAST_BIAS)
Decode = Callable[[NDArray], NDArray]  # a latent (D,) to its picture (row, column)
REACH = 4.0  # how far a slider moves a latent either way
MOST_SLIDERS = 12
SIDE = 148
STEPS = 9  # pictures on the way from start to end


def read_decoder(study: Study) -> Decode:
    """Return the decoder, which turns a latent (D,) into a picture (side, side) in [0, 1]."""
    if study.has(latent_space.DECODER_OUTPUT_WEIGHT):
        return MlpDecoder(*(read_layer(study, specs) for specs in (HIDDEN_LAYER, OUTPUT_LAYER)))
    layers = (HIDDEN_LAYER, MAP_LAYER, MIDDLE_LAYER, LAST_LAYER)
    return ConvolutionalDecoder(*(read_layer(study, specs) for specs in layers))


def read_layer(study: Study, specs: tuple[ArraySpec, ArraySpec]) -> "Layer":
    """Return a layer in single precision: a store may hold half, in which NumPy is slow."""
    return Layer(*(study.read(spec).astype(np.float32) for spec in specs))


@dataclass(frozen=True)
class Layer:
    """Weights of a layer, inputs first, and its bias."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __call__(self, units: NDArray) -> NDArray:
        """Return the layer's sums, (..., I) -> (..., O)."""
        return units.astype(np.float32) @ self.weight + self.bias


@dataclass(frozen=True)
class MlpDecoder:
    """One hidden layer and the output: sigmoid(relu(z A + a) B + b)."""

    hidden: Layer  # (D, H)
    output: Layer  # (H, P)

    def __call__(self, latent: NDArray) -> NDArray:
        """Return the picture of one latent, (D,) -> (side, side) in [0, 1]."""
        logits = self.output(np.maximum(self.hidden(latent), 0))
        side = round(len(logits) ** 0.5)
        return _sigmoid(logits).reshape(side, side)


@dataclass(frozen=True)
class ConvolutionalDecoder:
    """Two dense layers make a map of channels, two transposed convolutions the picture."""

    hidden: Layer  # (D, H)
    map: Layer  # (H, C R R), channels first
    middle: Layer  # (C, O, 4, 4)
    last: Layer  # (O, 4, 4)

    def __call__(self, latent: NDArray) -> NDArray:
        """Return the picture of one latent, (D,) -> (side, side) in [0, 1]."""
        flat = np.maximum(self.map(np.maximum(self.hidden(latent), 0)), 0)
        channels = self.middle.weight.shape[0]
        small = round((len(flat) // channels) ** 0.5)
        units = flat.reshape(channels, small, small).transpose(1, 2, 0)
        units = np.maximum(doubled(units, self.middle.weight) + self.middle.bias, 0)
        return _sigmoid(doubled(units, self.last.weight[:, None])[..., 0] + self.last.bias)


def doubled(units: NDArray, weight: NDArray) -> NDArray:
    """Transposed convolution of stride 2 and padding 1: (R, R, C) by (C, O, 4, 4) -> (2R, 2R, O).

    Each place adds a patch of 4 by 4 around its two by two pixels.
    """
    side, channels = len(units), weight.shape[0]
    patches = units @ weight.reshape(channels, -1)  # (R, R, O 4 4)
    patches = patches.reshape(side, side, -1, 4, 4)
    picture = np.zeros((2 * side + 2, 2 * side + 2, patches.shape[2]), np.float32)
    for row in range(4):
        for column in range(4):
            place = picture[row : row + 2 * side : 2, column : column + 2 * side : 2]
            place += patches[..., row, column]
    return picture[1:-1, 1:-1]


def _sigmoid(logits: NDArray) -> NDArray:
    return 0.5 + 0.5 * np.tanh(logits / 2)  # no overflow


@dataclass(frozen=True)
class End:
    """Where a move begins or leads to."""

    name: str
    latent: NDArray[np.float32]  # (D,) posterior mean, or zeros
    picture: NDArray  # (row, column): the test image itself, or the prior's mean decoded


def start_and_end(study: Study, decode: Decode) -> tuple[End, End]:
    """Draw the two pickers; return what was picked."""
    classes = study.class_names
    labels = study.read(reconstructions.LABEL)[study.read(reconstructions.SAMPLE_IMAGE)]
    samples = [f"{number} · {classes[label]}" for number, label in enumerate(labels, start=1)]
    ends = [PRIOR_MEAN, *samples]
    left, right = st.columns(2)
    with left:
        start = pickers.pick("Start from", ends, "start", default=ends[min(1, len(samples))])
    with right:
        end = pickers.pick("Move toward", ends, "toward", default=ends[min(2, len(samples))])
    first, last = (_end(study, decode, name, ends.index(name)) for name in (start, end))
    return first, last


@st.fragment
def live(study: Study, decode: Decode, start: End, end: End) -> None:
    """Draw the sliders and the decoded picture; a step of a slider redraws this part alone."""
    order = active_latents(study)
    evidence, controls = st.columns([1.6, 1], gap="large")
    with controls:
        share = _slider("Way from start to end", "share", 0.0, 1.0, 0.05)
        moved = start.latent + share * (end.latent - start.latent)
        for place, latent in enumerate(order[:MOST_SLIDERS]):
            if place % 2 == 0:  # two by two, for on a phone one column stands below the other
                columns = st.columns(2)
            with columns[place % 2]:
                words, key = f"Move latent {latent} by", f"latent{latent}"
                moved[latent] += _slider(words, key, -REACH, REACH, 0.25)
    with evidence:
        three = {f"Start: {start.name}": start.picture, "Decoded now": decode(moved)}
        pictures.titled(three | {f"End: {end.name}": end.picture}, SIDE)
        st.caption("The straight way from start to end, both decoded, no latent moved by hand:")
        latents = start.latent + np.linspace(0, 1, STEPS)[:, None] * (end.latent - start.latent)
        way = [decode(latent) for latent in latents]
        pictures.film(way, "Pictures decoded on the straight way from start to end")
        values = {"start": start.latent[order], "now": moved[order], "end": end.latent[order]}
        figures.numbers(pd.DataFrame({"latent": order} | values), "Values of the active latents")


def _end(study: Study, decode: Decode, name: str, place: int) -> End:
    """Return the prior's mean for place 0, or the sample before that place."""
    if place == 0:
        mean = np.zeros(study.size("latent"), np.float32)
        return End(name, mean, decode(mean))
    image = int(study.read(reconstructions.SAMPLE_IMAGE)[place - 1])
    latent = study.read(latent_space.POSTERIOR_MEAN)[image].copy()
    return End(name, latent, study.read(reconstructions.SAMPLE_PIXELS, place - 1))


def _slider(label: str, key: str, low: float, high: float, step: float) -> float:
    return st.slider(label, low, high, 0.0, step, key=key, bind="query-params")


def sliders_words(study: Study) -> str:
    """Say how many latents change the picture, and how many of them have a slider."""
    n_active = int(study.read(latent_space.ACTIVE_BY_KL).sum())
    words = f"{n_active} of {study.size('latent')} latents change the picture"
    if not n_active:
        return f"{words}; the first {len(active_latents(study)[:MOST_SLIDERS])} have a slider."
    if n_active > MOST_SLIDERS:
        return f"{words}; the {MOST_SLIDERS} of them with most KL have a slider."
    return f"{words}; each has a slider."


def active_latents(study: Study) -> NDArray:
    """Return the latents in use (n,) by their KL, most first; all of them where none is."""
    # The mean of others may vary over images too, but the decoder makes nothing of it.
    kl = study.read(latent_space.KL_PER_DIM_NATS)
    active = study.read(latent_space.ACTIVE_BY_KL) == 1
    order = np.argsort(-kl, kind="stable")
    return order[active[order]] if active.any() else order


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("explorer", "What does the decoder draw when a latent moves?")
    page_parts.statement(sliders_words(study))
    decode = read_decoder(study)
    live(study, decode, *start_and_end(study, decode))


if __name__ == "__main__":
    main()
