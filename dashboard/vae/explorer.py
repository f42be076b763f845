"""Explorer: move a latent by hand and see what the decoder draws, live and without torch.

The browser decodes while a slider moves. What NumPy decodes here is the still picture of the same:
for an exported report, and where the browser's part cannot run.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import image_encoding
from dashboard.loaders import Study, cached
from dashboard.ui import figures, page_parts, pickers, pictures
from dashboard.vae import live_decoder
from dashboard.vae.live_decoder import Slider
from store.schema.vae import latent_space, reconstructions

PRIOR_MEAN = "the prior's mean"
HIDDEN_LAYER = (latent_space.DECODER_HIDDEN_WEIGHT, latent_space.DECODER_HIDDEN_BIAS)
MLP_LAYERS = (
    HIDDEN_LAYER,
    (latent_space.DECODER_OUTPUT_WEIGHT, latent_space.DECODER_OUTPUT_BIAS),
)
CONVOLUTIONAL_LAYERS = (
    HIDDEN_LAYER,
    (latent_space.DECODER_MAP_WEIGHT, latent_space.DECODER_MAP_BIAS),
    (latent_space.DECODER_MIDDLE_WEIGHT, latent_space.DECODER_MIDDLE_BIAS),
    (latent_space.DECODER_LAST_WEIGHT, latent_space.DECODER_LAST_BIAS),
)
Decode = Callable[[NDArray], NDArray]  # a latent (D,) to its picture (row, column)
REACH = 4.0  # how far a slider moves a latent either way
MOST_SLIDERS = 12
SHARE = "share"  # key of the slider along the way from start to end
STILL = "explorer_still"  # key of the still pictures
SIDE, THUMBNAIL = 148, 112
STEPS = 9  # pictures on the way from start to end


def read_decoder(study: Study) -> Decode:
    """Return the decoder, which turns a latent (D,) into a picture (side, side) in [0, 1]."""
    layers = read_layers(study)
    return MlpDecoder(*layers) if len(layers) == 2 else ConvolutionalDecoder(*layers)


def read_layers(study: Study) -> list["Layer"]:
    """Return the two layers of an MLP, or the four of the convolutional decoder.

    In single precision: a store may hold half, in which NumPy is slow.
    """
    mlp = study.has(latent_space.DECODER_OUTPUT_WEIGHT)
    specs = MLP_LAYERS if mlp else CONVOLUTIONAL_LAYERS
    return [Layer(*(study.read(spec).astype(np.float32) for spec in pair)) for pair in specs]


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
    with st.container(horizontal=True):  # side by side on a phone too, which columns are not
        start = pickers.pick("Start from", ends, "start", default=ends[min(1, len(samples))])
        end = pickers.pick("Move toward", ends, "toward", default=ends[min(2, len(samples))])
    first, last = (_end(study, decode, name, ends.index(name)) for name in (start, end))
    return first, last


def sliders_of(study: Study) -> list[Slider]:
    """Return the slider along the way from start to end, then one for each latent that has one."""
    along = Slider(SHARE, "Way from start to end", 0.0, 1.0, 0.005, None)
    latents = active_latents(study)[:MOST_SLIDERS].tolist()
    return [
        along,
        *(Slider(f"latent{n}", f"Move latent {n} by", -REACH, REACH, 0.05, n) for n in latents),
    ]


def read_values(sliders: Sequence[Slider]) -> dict[str, float]:
    """Return where the URL puts each slider, by its key; 0 where it says nothing of use."""
    values = {}
    for slider in sliders:
        try:
            value = float(st.query_params.get(slider.key, 0))
        except ValueError:
            value = 0.0
        values[slider.key] = value if slider.low <= value <= slider.high else 0.0  # NaN too
    return values


def write_values(values: Mapping[str, float]) -> None:
    """Put what the sliders were moved to into the URL; one that rests at 0 has no place there."""
    for key, value in values.items():
        if value:
            st.query_params[key] = f"{value:g}"
        elif key in st.query_params:
            del st.query_params[key]


def live(study: Study, decode: Decode, start: End, end: End) -> None:
    """Draw the picture with its sliders, then the way from start to end."""
    sliders = sliders_of(study)
    values = read_values(sliders)
    now = start.latent + values[SHARE] * (end.latent - start.latent)
    for slider in sliders:
        if slider.latent is not None:
            now[slider.latent] += values[slider.key]
    ends = {"start": _for_browser("Start", start), "end": _for_browser("End", end)}
    report, weights = study.store.content_hash, browser_weights(study)
    live_decoder.draw(report, weights, sliders, values, ends, write_values)
    with st.container(key=STILL):  # where no component runs; on the site its style hides it
        three = {f"Start: {start.name}": start.picture, "Decoded now": decode(now)}
        pictures.titled(three | {f"End: {end.name}": end.picture}, SIDE)
    st.caption("The straight way from start to end, both decoded, no latent moved by hand:")
    latents = start.latent + np.linspace(0, 1, STEPS)[:, None] * (end.latent - start.latent)
    way = [decode(latent) for latent in latents]
    pictures.film(way, "Pictures decoded on the straight way from start to end")
    order = active_latents(study)
    at = {"start": start.latent[order], "now": now[order], "end": end.latent[order]}
    figures.numbers(pd.DataFrame({"latent": order} | at), "Values of the active latents")


def _for_browser(title: str, end: End) -> dict[str, Any]:
    picture = image_encoding.enlarged_uri(end.picture, THUMBNAIL)
    return {"title": f"{title}: {end.name}", "latent": end.latent.tolist(), "picture": picture}


@cached(max_entries=8)
def browser_weights(study: Study) -> bytes:
    """Return the decoder's weights as the browser takes them."""
    layers = [(layer.weight, layer.bias) for layer in read_layers(study)]
    return live_decoder.packed(study.store.content_hash, layers)


def _end(study: Study, decode: Decode, name: str, place: int) -> End:
    """Return the prior's mean for place 0, or the sample before that place."""
    if place == 0:
        mean = np.zeros(study.size("latent"), np.float32)
        return End(name, mean, decode(mean))
    image = int(study.read(reconstructions.SAMPLE_IMAGE)[place - 1])
    latent = study.read(latent_space.POSTERIOR_MEAN)[image].copy()
    return End(name, latent, study.read(reconstructions.SAMPLE_PIXELS, place - 1))


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
