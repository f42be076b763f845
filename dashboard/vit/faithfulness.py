"""Faithfulness: whether hiding what a map marks costs the label more than hiding at random."""

import numpy as np
import streamlit as st

from dashboard.loaders import Study
from dashboard.ui import page_parts, pickers
from dashboard.vit import gallery, masking_charts, titles
from store.schema.vit import faithfulness, masking, names


def areas(study: Study) -> None:
    """Draw the area between each map's two curves, the random order's as a control."""
    st.subheader("Which map ranks patches best?", anchor=False)
    st.caption(f"Mean over {study.size('image'):,} images, tokens dropped; 95% interval.")
    map_titles, random = _maps(study)
    between = study.read(faithfulness.FAITHFUL_BETWEEN)
    axis = f"area between the two curves ({gallery.score_title(study)})"
    about = "Area between hiding the lowest and the highest patches first, by map."
    marks, controls = [(0.0, "no better than chance")], [map_titles[random]]
    page_parts.intervals(map_titles, between, axis, about, marks=marks, controls=controls)


def curves(study: Study) -> None:
    """Draw both curves of a picked map beside the random order's."""
    st.subheader("What happens as patches are hidden?", anchor=False)
    map_titles, random = _maps(study)
    ranked = [title for row, title in enumerate(map_titles) if row != random]
    chosen = pickers.pick_few("Map", ranked, "map")
    stored = study.read(faithfulness.FAITHFUL_CURVE)  # (map, direction, ratio, estimate)
    deletion = study.row(faithfulness.FAITHFUL_DIRECTION, names.DELETION)  # random: any will do
    lines = [*titles.stored_titles(study, faithfulness.FAITHFUL_DIRECTION), map_titles[random]]
    estimates = np.concatenate([stored[map_titles.index(chosen)], stored[random, [deletion]]])
    table = masking_charts.curves_frame(lines, study.read(masking.MASK_RATIO), estimates)
    score, chart = gallery.score_title(study), masking_charts.curves_chart
    axis = f"mean {score} of the unmasked label"
    about = f"Mean {score} of the unmasked label as patches are hidden, by {chosen}."
    page_parts.figure(chart, table, "Hidden", axis, about, percent=False)


def gains(study: Study) -> None:
    """Draw the area that each map and direction gains over the random order."""
    st.subheader("How much better than a random order?", anchor=False)
    map_titles, random = _maps(study)
    ranked = [row for row in range(len(map_titles)) if row != random]
    directions = study.read(faithfulness.FAITHFUL_DIRECTION).tolist()
    gained = study.read(faithfulness.FAITHFUL_GAIN)[ranked].reshape(-1, 3)
    rows = [f"{map_titles[row]}, {direction}" for row in ranked for direction in directions]
    about = "Area gained over the random order, by map and direction."
    axis, marks = f"area gained ({gallery.score_title(study)})", [(0.0, map_titles[random])]
    page_parts.intervals(rows, gained, axis, about, marks=marks)


def _maps(study: Study) -> tuple[list[str], int]:
    """Return the title of every map, and the row of the random order among them."""
    map_titles = titles.stored_titles(study, faithfulness.FAITHFUL_MAP)
    return map_titles, study.row(faithfulness.FAITHFUL_MAP, names.RANDOM)


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("faithfulness", "Do the maps point at what the label needs?")
    for sentence in study.read(faithfulness.FAITHFUL_FINDING):
        page_parts.finding_text(str(sentence))
    areas(study)
    curves(study)
    gains(study)


if __name__ == "__main__":
    main()
