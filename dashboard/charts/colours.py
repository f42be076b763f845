"""Colours that everyone can tell apart, and maps whose steps look equal."""

import numpy as np
from numpy.typing import NDArray

BLUE, ORANGE, GREEN, PINK = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, VERMILION, GREY = "#56B4E9", "#D55E00", "#8A8F98"
INK = "#737B8A"  # for rules and labels: readable on the light and on the dark page

# Okabe & Ito (2008) without black and with a darker yellow, then two more for ten classes.
CATEGORIES = (BLUE, ORANGE, GREEN, VERMILION, SKY, PINK, "#B8A520", GREY, "#A6446F", "#6A5ACD")

# Viridis, sampled at equal steps; the gaps are filled linearly.
VIRIDIS = (
    "#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70",
    "#7ad151", "#bddf26", "#fde725",
)  # fmt: skip
# Inferno, sampled at equal steps: glows over a dimmed picture.
INFERNO = (
    "#000004", "#160b39", "#420a68", "#6a176e", "#932667", "#bc3754", "#dd513a", "#f37819",
    "#fca50a", "#f6d746", "#fcffa4",
)  # fmt: skip
SIGNED = ("#0072B2", "#8fc1e0", "#f7f7f7", "#f0b27a", "#D55E00")  # below 0, 0, above 0


def rgb_table(colours: tuple[str, ...]) -> NDArray:
    """Return the red, green and blue of colours '#rrggbb', (colours, 3) int."""
    return np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours])


def rgb(values: NDArray, low: float, high: float, stops: tuple[str, ...] = VIRIDIS) -> NDArray:
    """Return the colour of each value, (...) -> (..., 3) uint8; beyond the range its end's."""
    span = high - low if high > low else 1.0
    place = np.clip((np.asarray(values, dtype=float) - low) / span, 0, 1)
    at = np.linspace(0, 1, len(stops))
    channels = [np.interp(place, at, channel) for channel in rgb_table(stops).T]
    return np.stack(channels, axis=-1).round().astype(np.uint8)
