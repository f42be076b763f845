"""CLIP's layouts: pictures and texts in the plane, in every state of the alignment."""

import streamlit as st

from dashboard.charts import image_encoding, scatter
from dashboard.clip import layout_charts, shown_images
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, pickers
from dashboard.ui import page as ui_page
from store.schema.clip import layout as layout_schema
from store.schema.clip import prompts

MOST_HOVERED = 2_000  # pictures that are sent along for hovering
WARNINGS = {
    "umap": "UMAP keeps neighbours, not distances: the space between islands means nothing.",
    "pca": "PCA keeps the two directions of most variance; what lies across them is not seen.",
    "svd": "Without centring, the first axis is mostly the mean of everything.",
    "gap axis": "Along the first axis distances are true; the second is what varies most across.",
}


def pick_layout(study: Study) -> str:
    """Draw the picker of layouts and say what may be read from the chosen one."""
    names = study.read(layout_schema.LAYOUT).tolist()
    layout = pickers.pick("Layout", names, "layout", default="gap axis")
    row = names.index(layout)
    warning = WARNINGS.get(layout.split(" ")[0], WARNINGS.get(layout, ""))
    trust = float(study.read(layout_schema.TRUSTWORTHINESS)[row])
    recall = float(study.read(layout_schema.NEIGHBOUR_RECALL)[row])
    note = (
        f"{warning} Trustworthiness at 15 neighbours: {trust:.3f} (1 is perfect); {recall:.0%} of "
        f"the 15 nearest stay nearest. {study.read(layout_schema.LAYOUT_ABOUT)[row]}."
    )
    st.caption(formatting.escaped(note))
    return layout


def linked_layout(study: Study, states: list[str], key: str) -> tuple[int, str]:
    """Draw the layout in these states side by side; return the chosen picture and class.

    Hovering marks a picture in every panel, a click chooses it; both choices live in the URL.
    """
    layout = pick_layout(study)
    drawn = scatter.spread_rows(study.size("shown"))
    left, right = st.columns(2)
    with left:
        highlight = shown_images.pick_class(study)
    with right:
        chosen = shown_images.pick_image(study, drawn.tolist())
    row = study.read(layout_schema.LAYOUT).tolist().index(layout)
    panels = [
        study.read(layout_schema.LAYOUT_IMAGE, row, study.row(layout_schema.STATE, name))
        for name in states
    ]
    titles = [formatting.titled(state, formatting.STATE_TITLES) for state in states]
    if study.size("shown") > layout_charts.MOST_POINTS_DRAWN:
        _density(panels, titles, study.size("shown"))
    texts = shown_images.drawn_texts(study, chosen)
    shown_images.say_how_many(study, len(drawn), len(texts))
    image_classes, text_classes = shown_images.classes(study)
    table = layout_charts.panels_frame(
        [panel[drawn] for panel in panels],
        titles,
        drawn,
        [image_classes[n] for n in drawn],
        study.read(layout_schema.LAYOUT_TEXT, row)[texts],
        [text_classes[n] for n in texts],
        study.read(prompts.PROMPT)[texts].tolist(),
    )
    uris = shown_images.hover_pictures(study, drawn.tolist()) if len(drawn) <= MOST_HOVERED else []
    figure = layout_charts.panels_chart(
        table,
        study.class_names,
        axis_name(layout),
        chosen=chosen,
        highlight=highlight,
        matching=shown_images.matching_text(study, chosen),
        prompts=shown_images.matching_texts(study),
        pictures=uris,
    )
    chart_key = pickers.chart_key(key, "shown", chosen)
    with st.container(key=f"{ui_page.SIDEWAYS}_{key}" if len(states) > 1 else None):
        st.altair_chart(
            figure.wide,
            alt=figure.alt,
            key=chart_key,
            on_select=lambda: shown_images.take_click(chart_key),
            selection_mode="clicked",
        )
    figures.numbers(figure.numbers.head(MOST_HOVERED), figure.alt)
    ui_page.source(study)
    return chosen, highlight


def _density(panels: list, titles: list[str], n_points: int) -> None:
    """Draw where all points lie, for below only some are drawn one by one."""
    about = f"Density of {n_points:,} pictures: {', '.join(titles)}."
    uri = image_encoding.uri(layout_charts.density_image(panels))
    st.image(uri, alt=about, caption=formatting.escaped(f"{about} Brighter is more, log scale."))


def morph(study: Study) -> None:
    """Draw the way from before to after, under a slider that works in the browser."""
    layout = pickers.pick("Layout to move", study.read(layout_schema.LAYOUT).tolist(), "moved")
    row = study.read(layout_schema.LAYOUT).tolist().index(layout)
    texts = shown_images.drawn_texts(study, layout_charts.NO_IMAGE)
    drawn = scatter.spread_rows(study.size("shown"), scatter.MOST_POINTS - len(texts))
    image_classes, text_classes = shown_images.classes(study)
    before, after = (
        study.read(layout_schema.LAYOUT_IMAGE, row, study.row(layout_schema.STATE, state))[drawn]
        for state in ("none", "procrustes")
    )
    table = layout_charts.morph_frame(
        before,
        after,
        [image_classes[n] for n in drawn],
        study.read(layout_schema.LAYOUT_TEXT, row)[texts],
        [text_classes[n] for n in texts],
    )
    st.caption(
        "Drag the slider from before to after. The straight path is a way to follow each picture "
        "with the eye; the embeddings do not travel along it."
    )
    shown_images.say_how_many(study, len(drawn), len(texts))
    ui_page.show(study, layout_charts.morph_chart, table, study.class_names, axis_name(layout))


def axis_name(layout: str) -> str:
    """Return what a layout's axes are called: the method, without its settings."""
    return layout if layout == "gap axis" else layout.split(" ")[0].upper()
