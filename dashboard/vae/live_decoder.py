"""The explorer's part that runs in the reader's browser: sliders, and a decoder that follows them.

The weights go there in an element of their own, which a page that runs again does not send again.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.components.v2 import component

HERE = Path(__file__).parent
SCRIPT = (HERE / "explorer.js").read_text(encoding="utf-8")
KEY = "explorer_live"  # the exporter leaves out what has this key, for a file runs no component
STATE = "explorer"

_weights = component("explorer_weights", js=SCRIPT, isolate_styles=False)
_explorer = component(
    "explorer",
    html=(HERE / "explorer.html").read_text(encoding="utf-8"),
    css=(HERE / "explorer.css").read_text(encoding="utf-8"),
    js=SCRIPT,
)


@dataclass(frozen=True)
class Slider:
    """One slider of the explorer; it rests at 0."""

    key: str  # in the URL
    label: str
    low: float
    high: float
    step: float
    latent: int | None  # what it moves; none where it moves along the way from start to end


def packed(report: str, layers: Sequence[tuple[NDArray, NDArray]]) -> bytes:
    """Return weight and bias of each layer for the browser: a line of JSON, then half precision.

    report: tells the weights of one report from those of another.
    """
    arrays = [array.ravel() for layer in layers for array in layer]
    line = json.dumps({"report": report, "sizes": [array.size for array in arrays]})
    return line.encode() + b"\n" + np.concatenate(arrays).astype("<f2").tobytes()


def draw(
    report: str,
    weights: bytes,
    sliders: Sequence[Slider],
    values: dict[str, float],
    ends: dict[str, Any],
    take: Callable[[dict[str, float]], None],
) -> None:
    """Draw the sliders and the picture that the browser decodes.

    report, weights: of `packed`. values: where each slider stands at first, by its key.
    ends: latent, picture and title of "start" and "end". take: given the values after a move.
    """
    data = {
        "report": report,
        "sliders": [asdict(slider) for slider in sliders],
        "values": values,
        **ends,
    }
    with st.container(key=KEY, gap=None):
        _explorer(
            key=STATE,
            data=data,
            on_values_change=lambda: take(st.session_state[STATE]["values"]),
        )
        _weights(key="explorer_weights", data=weights)
