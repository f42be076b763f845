"""CLIP's shown images: which one is chosen, what it looks like, and what lies nearest to it.

A `row` is an image's place on the store's shown axis.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import image_encoding, scatter
from dashboard.clip.layout_charts import NO_IMAGE
from dashboard.loaders import Study, cached
from dashboard.ui import figures, formatting, pickers
from store.schema.clip import layout, names
from store.schema.clip import prompts as prompts_schema

THUMBNAIL_PX = 96
HOVER_PX = 48  # at most; the page's style enlarges smaller ones
MOST_FLIPS = 48
MOST_BOXED, BOXED_PX = 40, 56
MOST_LIT = 500  # texts that a search adds to those drawn
MOST_TEXTS = scatter.MOST_POINTS // 2  # drawn one by one, in every panel
EVERY_CLASS, NO_PICTURE = "all classes", "none"  # first options of the two pickers


def labels(study: Study) -> NDArray:
    """Return the true label of every shown image, (shown,)."""
    return study.read(prompts_schema.IMAGE_LABEL)[study.read(layout.SHOWN_IMAGE)]


def class_of(study: Study, row: int) -> str:
    """Return the class of a shown image."""
    return study.class_name(int(labels(study)[row]))


def classes(study: Study, rows: NDArray, texts: NDArray) -> tuple[list[str], list[str]]:
    """Return the class of each of these shown images, (n,), and of these texts, (m,)."""
    by_label = np.array(study.class_names)  # once: every access asks the store for them
    of_texts = by_label[study.read(prompts_schema.TEXT_LABEL)[texts]]
    return by_label[labels(study)[rows]].tolist(), of_texts.tolist()


def pick_image_and_class(study: Study, rows: Sequence[int]) -> tuple[int, str]:
    """Draw the pickers of an image, which a click in a layout sets too, and of a class in colour.

    Returns one of these images or NO_IMAGE, and the class or nothing for all.
    """
    left, right = st.columns(2)
    with left:
        highlight = pickers.pick("Class in colour", [EVERY_CLASS, *study.class_names], "class")
    with right:
        titles = [NO_PICTURE, *(picture_title(study, row) for row in rows)]
        chosen = pickers.pick("Picture", titles, "picture")
    row = NO_IMAGE if chosen == NO_PICTURE else rows[titles.index(chosen) - 1]
    return row, "" if highlight == EVERY_CLASS else highlight


def picture_title(study: Study, row: int) -> str:
    """Return how the picker names a shown image: by its number and its class."""
    return f"{row} · {class_of(study, row)}"


def take_click(study: Study, key: str) -> None:
    """Carry a click in the chart of this key over into the picker of pictures."""
    for row in pickers.clicked(key, "shown"):
        if row != NO_IMAGE:
            st.session_state["picture"] = picture_title(study, row)


def search_texts(study: Study) -> list[str]:
    """Draw a field for words; return the texts that hold them, as they are stored."""
    words = st.text_input(
        "Search the texts",
        key="search",
        bind="query-params",
        max_chars=60,
        placeholder="such as: photo",
    )
    if not words.strip():
        return []
    texts = study.read(prompts_schema.PROMPT)
    matching = [text for text in dict.fromkeys(texts.tolist()) if words.lower() in text.lower()]
    st.caption(f"{len(matching):,} texts hold these words; they are ringed.")
    return matching


def boxed(study: Study, points: pd.DataFrame, key: str) -> None:
    """Draw the images (of `panels_frame`) inside the box dragged in the chart of this key."""
    state = st.session_state.get(key)
    box = state["selection"].get("boxed") if state else None
    if not box:
        st.caption("Drag a box over the points to see the pictures in it.")
        return
    rows = in_box(points, box)
    st.caption(f"{len(rows):,} pictures in the box; the first {min(len(rows), MOST_BOXED)} here.")
    with st.container(horizontal=True, gap="small"):
        for row in rows[:MOST_BOXED]:
            picture(study, row, class_of(study, row), BOXED_PX)


def in_box(points: pd.DataFrame, box: Mapping[str, Sequence[float]]) -> list[int]:
    """Return the images, by their places on the shown axis, that lie in a box of x and y.

    points: of `panels_frame`. A side that the box leaves open holds every point.
    """
    inside = points["shown"] != NO_IMAGE
    for axis, ends in box.items():
        inside &= points[axis].between(min(ends), max(ends))
    return points.loc[inside, "shown"].unique().tolist()


def wording_of(study: Study, style: str) -> int | None:
    """Return the row of a style among the wordings; None where the store has no such style."""
    styles = study.read(prompts_schema.STYLE).tolist()
    return styles.index(style) if style in styles else None


def own_wordings(study: Study) -> set[int]:
    """Return the rows of the settings' own templates."""
    lists = study.read(prompts_schema.TEMPLATE_LIST).tolist()
    if names.OWN_LIST not in lists:
        return set()
    member = study.read(prompts_schema.TEMPLATE_MEMBER)[lists.index(names.OWN_LIST)]  # (template,)
    return set(member.nonzero()[0].tolist())


def prompt_rows(study: Study) -> NDArray[np.int64]:
    """Return the text (classes,) that images of each class are paired with: its prompt."""
    template = wording_of(study, names.PHOTO_STYLE) or 0
    rows = np.flatnonzero(study.read(prompts_schema.TEXT_TEMPLATE) == template)
    return rows[np.argsort(study.read(prompts_schema.TEXT_LABEL)[rows], kind="stable")]


def matching_texts(study: Study) -> dict[str, str]:
    """Return the prompt that images of each class are paired with, by the class's name."""
    prompts = study.read(prompts_schema.PROMPT)[prompt_rows(study)].tolist()
    return dict(zip(study.class_names, prompts, strict=False))


def drawn_texts(study: Study, chosen: int = NO_IMAGE, lit: Sequence[str] = ()) -> NDArray:
    """Return the texts (n,) to draw: a spread of all, that of the chosen image and those lit."""
    rows = scatter.spread_rows(study.size("text"), MOST_TEXTS)
    if lit:
        of_lit = np.flatnonzero(np.isin(study.read(prompts_schema.PROMPT), lit))
        rows = np.union1d(rows, of_lit[:MOST_LIT])
    if chosen == NO_IMAGE:
        return rows
    return np.union1d(rows, prompt_rows(study)[study.class_names.index(class_of(study, chosen))])


def say_how_many(study: Study, n_images: int, n_texts: int) -> None:
    """Say how many pictures and texts are drawn, where some are left out."""
    counts = {"pictures": (n_images, study.size("shown")), "texts": (n_texts, study.size("text"))}
    if any(few != many for few, many in counts.values()):
        words = " and ".join(f"{few:,} of {many:,} {kind}" for kind, (few, many) in counts.items())
        st.caption(f"{words} are drawn one by one, evenly spread over all of them.")


def neighbours(study: Study, row: int) -> None:
    """Draw what lies nearest to the chosen image in the embedding space itself."""
    if row == NO_IMAGE:
        st.caption("Click a point, or pick a picture above, to see what lies nearest to it.")
        return
    st.markdown(f"**Nearest in the embedding space to picture {row}**")
    with st.container(horizontal=True, gap="small"):
        picture(study, row, f"picture {row}: {class_of(study, row)}")
        near = study.read(layout.NEAREST_IMAGE, row).tolist()
        for other, cosine in zip(near, study.read(layout.NEAREST_IMAGE_COSINE, row), strict=True):
            picture(study, other, f"{class_of(study, other)}, {cosine:.3f}")
    texts = study.read(prompts_schema.PROMPT)[study.read(layout.NEAREST_TEXT, row)].tolist()
    table = {"text": texts, "cosine": study.read(layout.NEAREST_TEXT_COSINE, row)}
    figures.table(table, f"Texts nearest to picture {row}")
    matching = formatting.escaped(matching_texts(study)[class_of(study, row)])
    st.caption(
        f"Cosines before any map. The line in the layout leads to its matching text, {matching}."
    )


def picture(study: Study, row: int, caption: str, side: int = THUMBNAIL_PX) -> None:
    """Draw one shown image with words beneath; words alone where the report holds no picture."""
    words = formatting.escaped(caption)
    if not study.has(layout.THUMBNAIL):
        st.caption(words)
        return
    thumbnail = image_encoding.thumbnail(study.read(layout.THUMBNAIL, row), side)
    st.image(image_encoding.uri(thumbnail), width=side, caption=words, alt=caption)


@cached(max_entries=40)
def flipped(study: Study, before: NDArray, after: NDArray) -> None:
    """Draw the shown images whose label differs between two predictions, (shown,) each."""
    truth, titles = labels(study), list(study.class_names)
    changed = np.flatnonzero(before != after).tolist()
    rows = changed[:MOST_FLIPS]
    st.caption(f"{len(changed)} of the {len(truth):,} shown pictures; the first {len(rows)} here.")
    if not rows:
        return
    with st.container(horizontal=True, gap="small"):
        for row in rows:
            old, new = int(before[row]), int(after[row])
            mark = "✓" if new == truth[row] else "↺" if old == truth[row] else "✗"
            picture(study, row, f"{mark} {titles[truth[row]]}: {titles[old]} → {titles[new]}")
    st.caption(
        "True class: first label → second label. ✓ right with the second, ↺ right with the first "
        "only, ✗ wrong with both."
    )


@cached(max_entries=8)
def hover_pictures(study: Study, rows: Sequence[int]) -> list[str]:
    """Return a small data URI of each of these shown images; empty where there are none."""
    if not study.has(layout.THUMBNAIL):
        return []
    pixels = study.read(layout.THUMBNAIL)  # (shown, row, column, channel)
    side = min(HOVER_PX, pixels.shape[2])
    return [image_encoding.small_uri(image_encoding.thumbnail(pixels[row], side)) for row in rows]
