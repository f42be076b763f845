"""The parts of the outline page: regions, nulls, every head, and the causal arm."""

import numpy as np
import streamlit as st

from dashboard.charts import intervals
from dashboard.loaders import Study
from dashboard.ui import figures
from dashboard.ui import page as ui_page
from dashboard.vit.outline import charts as charts
from store.schema.vit import outline


def regions(study: Study) -> None:
    """Draw how much attention each region gets for its area."""
    st.subheader("Does each region get more attention than its area?", anchor=False)
    st.caption(
        f"Mean over {study.size('outlined'):,} pictures, last layer, heads averaged, fixed "
        f"beforehand; 95 % interval."
    )
    names = study.read(outline.REGION).tolist()
    table = intervals.estimates_frame(names, study.read(outline.MEAN_ENRICHMENT))
    axis, marks = "attention share divided by area share", [(1.0, "even attention")]
    about = "Mean attention enrichment of outline, interior and background."
    ui_page.show(study, intervals.interval_chart, table, axis, about, marks=marks)


def nulls(study: Study) -> None:
    """Draw the own map's contrast beside the maps that may look like it."""
    st.subheader("Would any map give the same?", anchor=False)
    beyond, low, high = study.read(outline.BEYOND_SHIFTS)
    shifted = (
        " Each map is also compared with itself, shifted to every other place: "
        f"{beyond:.1%} of the pictures beat 95 % of their shifted maps ({low:.1%} to {high:.1%}), "
        "where chance gives 5 % at most."
    )
    st.caption(
        "Outline minus interior for the picture's own map, beside the map of another picture, the "
        "model before any training, and a Gaussian in the middle."
        + ("" if np.isnan(beyond) else shifted)  # as on a grid of too few shifts
    )
    every = study.read(outline.CONTRAST_NAME)
    drawn = every != "shifted maps"  # whose mean over all shifts is even by construction
    names = every[drawn].tolist()
    table = intervals.estimates_frame(names, study.read(outline.CONTRAST)[drawn])
    axis = "enrichment on the outline minus on the interior"
    about = "Outline minus interior enrichment: own map and controls."
    marks, nulls = [(0.0, "no preference")], names[1:]
    ui_page.show(study, intervals.interval_chart, table, axis, about, marks=marks, controls=nulls)
    gains = intervals.estimates_frame(names, study.read(outline.CONTRAST_GAIN)[drawn])
    about = "The own map's contrast minus each control's, paired by picture"
    figures.numbers(gains.iloc[1:], about, "The own map minus each control")


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
    names = study.read(outline.DROPPED_NAME).tolist()
    table = intervals.estimates_frame(names, study.read(outline.DROPPED_SURVIVAL))
    about = "Images that keep their label without the tokens of one region."
    axis = "images that keep their label"
    ui_page.show(
        study, intervals.interval_chart, table, axis, about, controls=names[-1:], percent=True
    )


def heads(study: Study) -> None:
    """Draw every head, and what the best of them keeps on images that did not choose it."""
    st.subheader("Apart: is there one head that does it?", anchor=False)
    layer, head = (int(at) + 1 for at in study.read(outline.BEST_HEAD))
    chosen, held_out = study.read(outline.BEST_HEAD_GAIN)
    st.caption(
        f"This is a search, so it stands apart from the claim above. Each cell is a head's own map "
        f"minus another image's; a dot marks a false-discovery rate of at most {charts.FOUND:.0%} "
        f"over all heads. The best on one half of the pictures, head {head} of layer {layer}, "
        f"gains {chosen[0]:+.2f} there and {held_out[0]:+.2f} ({held_out[1]:+.2f} to "
        f"{held_out[2]:+.2f}) on the other half."
    )
    table = charts.heads_frame(study.read(outline.HEAD_GAIN), study.read(outline.HEAD_Q_VALUE))
    figures.numbers(*figures.fixed(charts.heads_chart, table))
    ui_page.source(study)
