"""CLIP's shown pictures: which one is chosen, what it looks like, and what lies nearest to it."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import image_encoding, scatter
from dashboard.clip.layout_charts import NO_IMAGE
from dashboard.loaders import Study, kept
from dashboard.ui import formatting, pickers
from dashboard.ui import page as ui_page
from store.schema.clip import layout
from store.schema.clip import prompts as prompts_schema

THUMBNAIL_PX = 96
HOVER_PX = 48  # at most; the page's style enlarges smaller ones
MOST_FLIPS = 48
MOST_TEXTS = scatter.MOST_POINTS // 2  # drawn one by one, in every panel
NONE = "none"


def class_of(study: Study, shown: int) -> str:
    """Return the class of a shown picture."""
    row = int(study.read(layout.SHOWN_IMAGE)[shown])
    return study.class_name(int(study.read(prompts_schema.IMAGE_LABEL)[row]))


def classes(study: Study) -> tuple[list[str], list[str]]:
    """Return the class of every shown image and of every text."""
    names = np.array(study.class_names)  # once: a store is asked for its names in every access
    images = names[study.read(prompts_schema.IMAGE_LABEL)[study.read(layout.SHOWN_IMAGE)]]
    return images.tolist(), names[study.read(prompts_schema.TEXT_LABEL)].tolist()


def pick_class(study: Study) -> str:
    """Draw the picker of the class that keeps its colour; return it, or nothing for all."""
    options = ["all classes", *study.class_names]
    chosen = pickers.pick("Class in colour", options, "class")
    return "" if chosen == options[0] else chosen


def pick_image(study: Study, drawn: Sequence[int]) -> int:
    """Draw the picker of one shown picture, which a click in a layout sets too.

    drawn: the shown pictures that may be picked. Returns NO_IMAGE when none is.
    """
    chosen = pickers.pick("Picture", [NONE, *(str(row) for row in drawn)], "picture")
    return NO_IMAGE if chosen == NONE else int(chosen)


def take_click(key: str) -> None:
    """Carry a click in the chart of this key over into the picker of pictures."""
    for row in pickers.clicked(key, "shown"):
        if row != NO_IMAGE:
            st.session_state["picture"] = str(row)


def prompt_rows(study: Study) -> NDArray[np.int64]:
    """Return the text (K,) that pictures of each class are paired with: the class's prompt."""
    styles = study.read(prompts_schema.STYLE).tolist()
    main = styles.index("photo") if "photo" in styles else 0
    rows = np.flatnonzero(study.read(prompts_schema.TEXT_TEMPLATE) == main)
    return rows[np.argsort(study.read(prompts_schema.TEXT_LABEL)[rows], kind="stable")]


def matching_texts(study: Study) -> dict[str, str]:
    """Return the prompt that pictures of each class are paired with, by the class's name."""
    prompts = study.read(prompts_schema.PROMPT)[prompt_rows(study)].tolist()
    return dict(zip(study.class_names, prompts, strict=False))


def matching_text(study: Study, shown: int) -> str:
    """Return the prompt that a shown picture is paired with, or nothing for none."""
    return "" if shown == NO_IMAGE else matching_texts(study)[class_of(study, shown)]


def drawn_texts(study: Study, shown: int) -> NDArray:
    """Return the texts that are drawn: a spread of them all, and that of the chosen picture."""
    rows = scatter.spread_rows(study.size("text"), MOST_TEXTS)
    if shown == NO_IMAGE:
        return rows
    return np.union1d(rows, prompt_rows(study)[study.class_names.index(class_of(study, shown))])


def say_how_many(study: Study, n_images: int, n_texts: int) -> None:
    """Say how many pictures and texts are drawn, where some are left out."""
    drawn = {"pictures": (n_images, study.size("shown")), "texts": (n_texts, study.size("text"))}
    if all(few == many for few, many in drawn.values()):
        return
    said = " and ".join(f"{few:,} of {many:,} {kind}" for kind, (few, many) in drawn.items())
    st.caption(f"{said} are drawn one by one, evenly spread over all of them.")


def neighbours(study: Study, shown: int) -> None:
    """Draw what lies nearest to the chosen picture in the embedding space itself."""
    if shown == NO_IMAGE:
        st.caption("Click a point, or pick a picture above, to see what lies nearest to it.")
        return
    st.markdown(f"**Nearest in the embedding space to picture {shown}**")
    with st.container(horizontal=True, gap="small"):
        picture(study, shown, f"picture {shown}: {class_of(study, shown)}")
        rows = study.read(layout.NEAREST_IMAGE, shown)
        cosines = study.read(layout.NEAREST_IMAGE_COSINE, shown)
        for row, cosine in zip(rows, cosines, strict=True):
            picture(study, int(row), f"{class_of(study, int(row))}, {cosine:.3f}")
    texts = study.read(prompts_schema.PROMPT)[study.read(layout.NEAREST_TEXT, shown)].tolist()
    table = {"text": texts, "cosine": study.read(layout.NEAREST_TEXT_COSINE, shown)}
    st.dataframe(table, hide_index=True, alt=f"Texts nearest to picture {shown}")
    matching = formatting.escaped(matching_text(study, shown))
    st.caption(
        f"Cosines before any map. The line in the layout leads to its matching text, {matching}."
    )


def picture(study: Study, shown: int, caption: str) -> None:
    """Draw one shown picture with words beneath; words alone where the report holds no picture."""
    if not study.has(layout.THUMBNAIL):
        st.caption(formatting.escaped(caption))
        return
    uri = image_encoding.uri(
        image_encoding.thumbnail(study.read(layout.THUMBNAIL, shown), THUMBNAIL_PX)
    )
    st.image(uri, width=THUMBNAIL_PX, caption=formatting.escaped(caption), alt=caption)


@kept(40)
def flipped(study: Study, before: NDArray, after: NDArray) -> None:
    """Draw the shown pictures whose label differs between two predictions (shown,)."""
    truth = study.read(prompts_schema.IMAGE_LABEL)[study.read(layout.SHOWN_IMAGE)]
    changed = np.flatnonzero(before != after).tolist()
    drawn = changed[:MOST_FLIPS]
    st.caption(f"{len(changed)} of the {len(truth):,} shown pictures; the first {len(drawn)} here.")
    if not drawn:
        return
    labels = [study.class_name(label) for label in range(len(study.class_names))]
    with st.container(horizontal=True, gap="small"):
        for row in drawn:
            old, new = int(before[row]), int(after[row])
            mark = "✓" if new == truth[row] else "↺" if old == truth[row] else "✗"
            picture(study, row, f"{mark} {labels[truth[row]]}: {labels[old]} → {labels[new]}")
    st.caption(
        "True class: first label → second label. ✓ right with the second, ↺ right with the first "
        "only, ✗ wrong with both."
    )
    ui_page.source(study)


@kept(8)
def hover_pictures(study: Study, drawn: Sequence[int]) -> list[str]:
    """Return a small data URI of each of these shown pictures; empty where there are none."""
    if not study.has(layout.THUMBNAIL):
        return []
    pixels = study.read(layout.THUMBNAIL)
    side = min(HOVER_PX, pixels.shape[2])
    return [image_encoding.small_uri(image_encoding.thumbnail(pixels[row], side)) for row in drawn]
