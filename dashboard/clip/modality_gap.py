"""Modality gap: whether pictures and words lie apart in the embedding space."""

import json
import math
from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import encodings, histograms, intervals, scatter
from dashboard.charts.colours import BLUE, GREEN, GREY, INK, ORANGE, PINK, VERMILION
from dashboard.charts.figure import CANVAS, Figure
from dashboard.clip import images, layouts, titles
from dashboard.clip.layout_charts import MODALITIES, MODALITY_COLOURS, MOST_NAMED, NO_IMAGE
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts
from store.schema.clip import modality_gap, names, prompts

# Metrics that one axis can hold, all between -1 and 2 and near each other in size.
ON_ONE_SCALE = (
    *(names.GAP_DISTANCE, names.RELATIVE_GAP, names.CENTROID_COSINE, names.MATCHED_COSINE),
    *(names.UNMATCHED_COSINE, names.MATCHED_AUROC, names.MARGIN, names.NEIGHBOUR_MIXING),
    names.SEPARABILITY,
)
HARDLY = 0.1  # of the gap: a change that is called none
CONTROL = "control"  # a longer name leaves the chart no room on a phone
PAIR_COLOURS = {
    names.MATCHED: BLUE,
    names.UNMATCHED: ORANGE,
    names.IMAGE_IMAGE: GREEN,
    names.TEXT_TEXT: PINK,
}


def along_the_gap(study: Study, chosen: int, highlight: str) -> None:
    """Draw every image and text by its coordinate along the line between the two means."""
    st.subheader("Does one direction separate them?", anchor=False)
    st.caption("Pictures and texts, by their coordinate along the line between the two means.")
    along, rows = study.read(modality_gap.GAP_AXIS_IMAGE), scatter.spread_rows(study.size("shown"))
    texts = images.drawn_texts(study, chosen)
    classes = images.classes(study, rows, texts)
    at = None if chosen == NO_IMAGE else float(along[chosen])
    images.say_how_many(study, len(rows), len(texts))
    coordinates = along[rows], study.read(modality_gap.GAP_AXIS_TEXT)[texts]
    page_parts.figure(axis_chart, *coordinates, *classes, highlight, at)


def pair_cosines(study: Study, chosen: int) -> None:
    """Draw the cosines of pairs of each kind, and that of the chosen image with its own prompt."""
    st.subheader("How close are pairs of each kind?", anchor=False)
    cosines = histograms.bins_frame(
        study.read(modality_gap.COSINE_KIND).tolist(),
        study.read(modality_gap.COSINE_EDGE),
        "share",
        study.read(modality_gap.COSINE_DENSITY).astype(float),
    )
    own = study.read(modality_gap.MATCHED_COSINE_SHOWN)
    at = None if chosen == NO_IMAGE else float(own[chosen])
    page_parts.figure(cosine_chart, cosines, at)


def normalisation_sentence(study: Study) -> str:
    """Say whether the gap comes from normalising the embeddings."""
    gaps = study.read(modality_gap.SCALED_GAP)[:, 0].tolist()
    unit = gaps[study.row(modality_gap.SCALE, names.NORMALISED)]
    if names.RAW not in study.read(modality_gap.SCALE).tolist():
        return f"The gap is {unit:.2f} on embeddings of length 1; raw lengths are not known here."
    raw = gaps[study.row(modality_gap.SCALE, names.RAW)]
    if abs(raw - unit) <= HARDLY * unit:
        change = "Normalising hardly changes the gap"
    else:
        change = f"Normalising makes the gap {'smaller' if unit < raw else 'larger'}"
    return f"{change}: {raw:.2f} of an embedding's length before, {unit:.2f} after."


def normalisation(study: Study) -> None:
    """Draw the gap of embeddings as they came and of normalised ones."""
    if not study.has(modality_gap.SCALED_GAP):
        return
    st.subheader("Does normalising make the gap?", anchor=False)
    st.markdown(f"**{formatting.escaped(normalisation_sentence(study))}**")
    if study.has(modality_gap.MEAN_NORM):
        lengths = study.read(modality_gap.MEAN_NORM)[:, 0]
        of_images, of_texts = (
            lengths[study.row(modality_gap.MODALITY, one)] for one in names.MODALITIES
        )
        st.caption(
            f"Before normalising, images have length {of_images:.2f} on average and "
            f"texts {of_texts:.2f}. The gap is given in units of the root mean square "
            f"length, so that both rows can be compared."
        )
    rows = [formatting.titled(name, titles.SCALES) for name in study.read(modality_gap.SCALE)]
    page_parts.intervals(
        *(rows, study.read(modality_gap.SCALED_GAP), "gap distance, in embedding lengths"),
        "Gap distance of embeddings as the model gives them and of normalised ones.",
        zero=True,
    )


def by_class(study: Study) -> None:
    """Draw each class's own gap beside the share of its images that are labelled right."""
    if not study.has(modality_gap.CLASS_GAP):
        return
    st.subheader("Is the gap the same in every class?", anchor=False)
    st.caption(
        "Distance between the mean of a class's images and the mean of its texts, against the "
        "share of its images that the main prompt labels right. A wide gap need not cost accuracy."
    )
    main_prompt = images.wording_of(study, names.PHOTO_STYLE) or 0
    recall = study.read(prompts.RECALL)[main_prompt]
    gaps = study.read(modality_gap.CLASS_GAP)
    page_parts.figure(class_chart, study.class_names, gaps, recall)


def every_measure(study: Study) -> None:
    """Draw the metrics that share one scale, and all of them in a table."""
    st.subheader("How far apart, by every measure?", anchor=False)
    metrics = study.read(modality_gap.METRIC_NAME).tolist()
    metric_titles = [formatting.titled(metric, titles.METRIC_TITLES) for metric in metrics]
    table = intervals.estimates_frame(metric_titles, study.read(modality_gap.METRIC))
    scaled = table[[metric in ON_ONE_SCALE for metric in metrics]]
    claim = study.claim(names.GAP_CLAIM)
    if claim is not None:
        st.caption(formatting.escaped(f"Control: {claim.control_name}, {claim.unit}."))
        control = intervals.estimates_frame([CONTROL], [[claim.control, math.nan, math.nan]])
        scaled = pd.concat([scaled, control])
    chart, axis = intervals.interval_chart, "value, no unit"
    about = "Gap metrics on held-out images with 95% intervals."
    page_parts.figure(chart, scaled, axis, about, controls=[CONTROL], zero=True)
    table["measures"] = study.read(modality_gap.METRIC_ABOUT).tolist()
    table["not defined because"] = study.read(modality_gap.METRIC_REASON).tolist()
    figures.table(table, about)
    for title, reason in zip(metric_titles, table["not defined because"], strict=True):
        if reason:
            st.caption(formatting.escaped(f"Not defined here: {title}, for {reason}."))


# --- charts -------------------------------------------------------------------------------------


def cosine_chart(frame: pd.DataFrame, chosen: float | None = None) -> Figure:
    """Return a histogram per kind of pair, with a line at one image's cosine with its prompt."""
    held = frame[frame["share"] > 0]
    domain = [float(held["low"].min()), float(held["high"].max())]
    x = encodings.x("low:Q", "cosine", domain=domain, nice=True)
    y = alt.Y("share:Q", title="share of pairs", axis=alt.Axis(format=".0%"), stack=None)
    bars = histograms.bars(frame, x, y, ".2%", colours=PAIR_COLOURS, title="pairs")
    about = "Cosines of matched, unmatched, image-image and text-text pairs."
    return Figure(alt.layer(bars, *_mark(chosen, "low")).properties(height=300), frame, about)


def class_chart(
    classes: Sequence[str],
    gaps: NDArray,  # (class, 3) value, low, high
    recall: NDArray,  # (class, 3)
) -> Figure:
    """Return a point per class: its gap across, the share labelled right up, with whiskers."""
    frame = intervals.estimates_frame(classes, gaps).rename(columns={"name": "class"})
    frame[["right", "right_low", "right_high"]] = np.asarray(recall, float)
    base = alt.Chart(frame).encode(
        x=encodings.x("value:Q", "gap distance of the class", zero=False),
        y=encodings.y("right:Q", "share labelled right", ".0~%", zero=False),
        tooltip=[
            "class:N",
            *encodings.hover(".3f", value="gap distance"),
            *encodings.hover(".1%", right="labelled right"),
        ],
    )
    ends = {"strokeWidth": 1.5, "color": GREY}
    layers = [
        base.mark_rule(**ends).encode(x="low:Q", x2="high:Q"),
        base.mark_rule(**ends).encode(y="right_low:Q", y2="right_high:Q"),
        base.mark_point(filled=True, size=80, opacity=1, color=BLUE),
    ]
    if len(classes) <= MOST_NAMED:
        layers.append(base.mark_text(align="left", dx=8, dy=-8, color=INK).encode(text="class:N"))
    about = "Gap and accuracy of each class, with 95% intervals."
    return Figure(alt.layer(*layers).properties(height=320), frame, about)


def axis_chart(
    images: NDArray,  # (images,) coordinates along the gap vector
    texts: NDArray,  # (texts,)
    image_classes: Sequence[str],
    text_classes: Sequence[str],
    highlight: str = "",  # the class that is not faded; all of them when empty
    chosen: float | None = None,  # one image's coordinate
) -> Figure:
    """Return every image and text as a tick along the direction of the gap."""
    frame = pd.DataFrame(
        {
            "modality": np.repeat(MODALITIES, [len(images), len(texts)]),
            "class": [*image_classes, *text_classes],
            "coordinate": np.concatenate([images, texts]).astype("float32"),
        }
    )
    faded = f"datum['class'] !== {json.dumps(highlight)}" if highlight else "false"
    ticks = (
        alt.Chart(frame)
        .mark_tick(thickness=1.5, height=34)
        .encode(
            x=encodings.x("coordinate:Q", "coordinate along the gap vector", zero=False),
            y=alt.Y("modality:N", title=None, sort=MODALITIES),
            color=encodings.colour("modality", MODALITY_COLOURS).legend(None),
            opacity=alt.condition(faded, alt.value(0.03), alt.value(0.35)),
            tooltip=["modality:N", "class:N", *encodings.hover(".4f", "coordinate")],
        )
    )
    about = "Images and texts along the direction that separates their means."
    chart = alt.layer(ticks, *_mark(chosen, "coordinate"))
    return Figure(chart.properties(height=110, usermeta=CANVAS), frame, about)


def _mark(at: float | None, field: str) -> list[alt.Chart]:
    if at is None:
        return []
    marked = alt.Chart(pd.DataFrame({field: [at], "label": ["the chosen image"]}))
    rule = marked.mark_rule(color=VERMILION, strokeWidth=2)
    return [rule.encode(x=f"{field}:Q", tooltip=["label:N", f"{field}:Q"])]


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("modality_gap", "Are pictures and words apart?")
    st.subheader("What does it look like?", anchor=False)
    chosen, highlight = layouts.linked_layout(study, [names.NONE], "gap_layout")
    images.neighbours(study, chosen)
    along_the_gap(study, chosen, highlight)
    normalisation(study)
    by_class(study)
    pair_cosines(study, chosen)
    every_measure(study)


if __name__ == "__main__":
    main()
