"""Outline: whether attention lies on an object's outline more than its area explains."""

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import encodings, intervals
from dashboard.charts.colours import SIGNED
from dashboard.charts.figure import Figure
from dashboard.loaders import Study
from dashboard.ui import figures, page_parts
from store.schema.spec import arrays_in
from store.schema.vit import names, outline

FALSE_RATE = 0.05  # false-discovery rate at which a head is marked
CELL = 34  # px


def regions(study: Study) -> None:
    """Draw how much attention each region gets for its area."""
    st.subheader("Does each region get more attention than its area?", anchor=False)
    st.caption(
        f"Mean over {study.size('outlined'):,} pictures, last layer, heads averaged, fixed "
        f"beforehand; 95% interval."
    )
    axis, marks = "attention share divided by area share", [(1.0, "even attention")]
    about = "Mean attention enrichment of outline, interior and background."
    regions, enrichment = study.read(outline.REGION).tolist(), study.read(outline.MEAN_ENRICHMENT)
    page_parts.intervals(regions, enrichment, axis, about, marks=marks)


def nulls(study: Study) -> None:
    """Draw the own map's contrast beside the maps that may look like it."""
    st.subheader("Would any map give the same?", anchor=False)
    beyond, low, high = study.read(outline.BEYOND_SHIFTS)
    shifted = (
        " Each map is also compared with itself, shifted to every other place: "
        f"{beyond:.1%} of the pictures beat 95% of their shifted maps ({low:.1%} to {high:.1%}), "
        "where chance gives 5% at most."
    )
    st.caption(
        "Outline minus interior for the picture's own map, beside the map of another picture, the "
        "model before any training, a Gaussian in the middle, and the picture's own edges."
        + ("" if np.isnan(beyond) else shifted)  # as on a grid of too few shifts
    )
    stored = study.read(outline.CONTRAST_NAME)
    compared = stored != names.SHIFTED_MAPS  # whose mean over all shifts is even by construction
    maps = stored[compared].tolist()
    controls = [name for name in maps if name != names.OWN_MAP]
    axis = "enrichment on the outline minus on the interior"
    about = "Outline minus interior enrichment: own map and controls."
    contrast, marks = study.read(outline.CONTRAST)[compared], [(0.0, "no preference")]
    page_parts.intervals(maps, contrast, axis, about, marks=marks, controls=controls)
    gains = intervals.estimates_frame(maps, study.read(outline.CONTRAST_GAIN)[compared])
    about = "The own map's contrast minus each control's, paired by picture"
    figures.numbers(gains[gains["name"].isin(controls)], about, "The own map minus each control")


def causal(study: Study) -> None:
    """Draw how many images keep their label without the tokens of each region."""
    st.subheader("Does the label need the outline?", anchor=False)
    dropped = study.read(outline.N_DROPPED)
    some = dropped[dropped > 0]
    spread = f"{some.min()} to {some.max()}" if some.size else "no"
    st.caption(
        f"The tokens of one region are dropped, equally many of each: {spread} per picture, as "
        f"many as its smallest region has, on {some.size:,} pictures; {study.size('draw')} draws "
        f"each. The control drops as many from anywhere."
    )
    regions = study.read(outline.DROPPED_NAME).tolist()
    about = "Images that keep their label without the tokens of one region."
    axis = "images that keep their label"
    survival, controls = study.read(outline.DROPPED_SURVIVAL), [names.ANYWHERE]
    page_parts.intervals(regions, survival, axis, about, controls=controls, percent=True)


def heads(study: Study) -> None:
    """Draw every head, and what the best of them keeps on images that did not choose it."""
    st.subheader("Apart: is there one head that does it?", anchor=False)
    layer, head = (int(at) + 1 for at in study.read(outline.BEST_HEAD))
    gains = study.read(outline.BEST_HEAD_GAIN)
    chosen, held_out = (
        gains[names.HALVES.index(half)] for half in (names.CHOOSING_HALF, names.HELD_OUT_HALF)
    )
    st.caption(
        f"This is a search, so it stands apart from the claim above. Each cell is a head's own map "
        f"minus another image's; a dot marks a false-discovery rate of at most "
        f"{FALSE_RATE:.0%} over all heads. The best on one half of the pictures, head "
        f"{head} of layer {layer}, gains {chosen[0]:+.2f} there and {held_out[0]:+.2f} "
        f"({held_out[1]:+.2f} to {held_out[2]:+.2f}) on the other half."
    )
    gains, q_values = study.read(outline.HEAD_GAIN), study.read(outline.HEAD_Q_VALUE)
    figures.numbers(*figures.fixed(heads_chart, gains, q_values))


def heads_chart(gains: NDArray, q_values: NDArray) -> Figure:
    """Return a grid of layers and heads, coloured by gain; a dot marks those beyond chance.

    gains: (layers, heads, 3) value, low and high. q_values: (layers, heads).
    """
    layers, heads = np.indices(q_values.shape) + 1
    frame = pd.DataFrame({"layer": layers.ravel(), "head": heads.ravel()})
    frame[["gain", "low", "high"]] = gains.reshape(-1, 3).astype(float)
    frame["q_value"] = q_values.ravel()
    largest = float(frame["gain"].abs().max())
    base = alt.Chart(frame).encode(
        x=encodings.x("head:O", "head", axis={"labelAngle": 0, "orient": "bottom"}),
        y=encodings.y("layer:O", "layer").sort("descending"),
        tooltip=[
            *("layer:O", "head:O", *encodings.hover(".3f", "gain", "low", "high")),
            *encodings.hover(".2g", q_value="q value"),
        ],
    )
    shades = alt.Scale(domain=[-largest, largest], range=list(SIGNED), interpolate="rgb")
    colour = alt.Color("gain:Q", title="gain", scale=shades)
    dots = base.transform_filter(f"datum.q_value <= {FALSE_RATE} && datum.gain > 0")
    dots = dots.mark_point(filled=True, color="black", size=26, opacity=1)
    grid = base.mark_rect(stroke="#8888", strokeWidth=0.5).encode(color=colour)
    n_layers, n_heads = frame["layer"].nunique(), frame["head"].nunique()
    chart = (grid + dots).properties(width=CELL * n_heads, height=CELL * n_layers)
    about = "Gain over another image's map of every layer and head; dots: beyond chance."
    return Figure(chart, frame, about)


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("outline", "Is attention higher on the outline?")
    if not study.has(*arrays_in(outline)):
        st.info(
            "These pictures come without object masks, so nothing says where an outline lies. A "
            "data set with masks, such as Oxford-IIIT Pet, or a folder of masks beside the folder "
            "of pictures, is needed for this page.",
            icon=":material/texture:",
        )
        return

    regions(study)
    nulls(study)
    causal(study)
    heads(study)


if __name__ == "__main__":
    main()
