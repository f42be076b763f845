"""CLIP's layouts: pictures and texts in the plane, in every state of the alignment."""

import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import image_encoding, scatter
from dashboard.clip import images, layout_charts, titles
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts, pickers
from store.schema.clip import layout as layout_schema
from store.schema.clip import names, prompts

BY_MODALITY, BY_CLASS = "images and texts", "classes"
MOST_HOVERED = 2_000  # pictures that are sent along for hovering


def pick_layout(study: Study) -> str:
    """Draw the picker of layouts and say what may be read from the chosen one."""
    stored = study.read(layout_schema.LAYOUT).tolist()
    layout = pickers.pick("Layout", stored, "layout", default=names.GAP_AXIS)
    row = stored.index(layout)
    note = titles.LAYOUT_NOTES.get(titles.layout_kind(layout), "")
    trust = float(study.read(layout_schema.TRUSTWORTHINESS)[row])
    recall = float(study.read(layout_schema.NEIGHBOUR_RECALL)[row])
    words = (
        f"{note} Trustworthiness at 15 neighbours: {trust:.3f} (1 is perfect); {recall:.0%} of "
        f"the 15 nearest stay nearest. {study.read(layout_schema.LAYOUT_ABOUT)[row]}."
    )
    st.caption(formatting.escaped(words))
    return layout


def linked_layout(study: Study, states: list[str], key: str) -> tuple[int, str]:
    """Draw the layout in these states side by side; return the chosen picture and class."""
    layout = pick_layout(study)
    rows = scatter.spread_rows(study.size("shown"))
    chosen, highlight = images.pick_image_and_class(study, rows.tolist())
    colours = [BY_MODALITY, BY_CLASS]
    by_class = pickers.pick_few("Colour", colours, "colour") == BY_CLASS or bool(highlight)
    if study.size("shown") > layout_charts.MOST_POINTS_DRAWN:
        _density(study, layout, states)
    lit = images.search_texts(study)
    texts, prompt_of = images.drawn_texts(study, chosen, lit), images.matching_texts(study)
    images.say_how_many(study, len(rows), len(texts))
    table = points(study, layout, states, rows, texts)
    none = chosen == layout_charts.NO_IMAGE
    figure = layout_charts.panels_chart(
        table,
        study.class_names,
        titles.axis_name(layout),
        chosen=chosen,
        highlight=highlight,
        matching="" if none else prompt_of[images.class_of(study, chosen)],
        prompts=prompt_of,
        pictures=images.hover_pictures(study, rows.tolist()) if len(rows) <= MOST_HOVERED else [],
        by_class=by_class,
        lit=lit,
    )
    chart_key = pickers.chart_key(key, "shown", chosen)
    with st.container(key=f"{page_parts.SIDEWAYS}_{key}" if len(states) > 1 else None):
        st.altair_chart(
            figure.wide,
            alt=figure.alt,
            key=chart_key,
            on_select=lambda: images.take_click(study, chart_key),
            selection_mode=["clicked", "boxed"],
        )
    figures.numbers(figure.numbers.head(MOST_HOVERED), figure.alt)
    images.boxed(study, table, chart_key)
    return chosen, highlight


def points(
    study: Study, layout: str, states: list[str], rows: NDArray, texts: NDArray
) -> pd.DataFrame:
    """Return shown images, (n,) rows, and texts, (m,), of a layout as `panels_frame` does."""
    of_images, of_texts = images.classes(study, rows, texts)
    return layout_charts.panels_frame(
        [_places(study, layout, state)[rows] for state in states],
        [formatting.titled(state, titles.STATE_TITLES) for state in states],
        rows,
        of_images,
        _text_places(study, layout)[texts],
        of_texts,
        study.read(prompts.PROMPT)[texts].tolist(),
    )


def morph(study: Study) -> None:
    """Draw the way from before to after, under a slider that works in the browser."""
    stored = study.read(layout_schema.LAYOUT).tolist()
    layout = pickers.pick("Layout to move", stored, "moved", default=names.GAP_AXIS)
    texts = images.drawn_texts(study)
    rows = scatter.spread_rows(study.size("shown"), scatter.MOST_POINTS - len(texts))
    of_images, of_texts = images.classes(study, rows, texts)
    before, after = (_places(study, layout, s)[rows] for s in (names.NONE, names.PROCRUSTES))
    placed = _text_places(study, layout)[texts]
    table = layout_charts.morph_frame(before, after, of_images, placed, of_texts)
    st.caption(
        "Play, or drag the slider, from before to after. The straight path is a way to follow each "
        "picture with the eye; the embeddings do not travel along it."
    )
    images.say_how_many(study, len(rows), len(texts))
    axis = titles.axis_name(layout)
    page_parts.figure(layout_charts.morph_chart, table, axis)


def _places(study: Study, layout: str, state: str) -> NDArray:
    """Return where every image lies in a layout after a state's method, (shown, 2)."""
    row, column = study.row(layout_schema.LAYOUT, layout), study.row(layout_schema.STATE, state)
    return study.read(layout_schema.LAYOUT_IMAGE, row, column)


def _text_places(study: Study, layout: str) -> NDArray:
    """Return where every text lies in a layout, (text, 2)."""
    return study.read(layout_schema.LAYOUT_TEXT, study.row(layout_schema.LAYOUT, layout))


def _density(study: Study, layout: str, states: list[str]) -> None:
    """Draw where all points lie, for below only some are drawn one by one."""
    headings = ", ".join(formatting.titled(state, titles.STATE_TITLES) for state in states)
    about = f"Density of {study.size('shown'):,} pictures: {headings}."
    panels = [_places(study, layout, state) for state in states]
    uri = image_encoding.uri(layout_charts.density_image(panels))
    st.image(uri, alt=about, caption=formatting.escaped(f"{about} Brighter is more, log scale."))
