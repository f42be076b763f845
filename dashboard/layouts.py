"""CLIP's layouts: pictures and prompts in the plane, before and after alignment."""

import streamlit as st

from dashboard import frame, pickers, wording
from dashboard.charts import alignment, gap, pictures
from dashboard.loaders import Study
from store.schema import clip

THUMBNAIL_PX = 96
MOST_FLIPS = 48


def caution(study: Study, layout: str) -> None:
    """Say what may and may not be read from a layout."""
    row = study.read(clip.LAYOUT).tolist().index(layout)
    trust = float(study.read(clip.TRUSTWORTHINESS)[row])
    about = str(study.read(clip.LAYOUT_ABOUT)[row])
    warning = {
        "umap": "UMAP keeps neighbours, not distances: the space between islands means nothing.",
        "pca": "PCA keeps the two directions of most variance; what lies across them is not seen.",
    }.get(layout, "")
    note = f"{warning} Trustworthiness at 15 neighbours: {trust:.3f} (1 is perfect). {about}"
    st.caption(wording.escaped(note))


def gap_layout(study: Study, layout: str) -> None:
    """Draw pictures and prompts in one layout; a click shows the picture."""
    row = study.read(clip.LAYOUT).tolist().index(layout)
    image_classes, text_classes = classes(study)
    table = gap.layout_frame(
        study.read(clip.LAYOUT_BEFORE, row),
        image_classes,
        study.read(clip.LAYOUT_TEXT, row),
        text_classes,
        study.read(clip.PROMPT).tolist(),
    )
    figure = gap.layout_chart(table, study.class_names, layout.upper())
    event = st.altair_chart(
        figure.wide, alt=figure.alt, key=f"gap_layout_{layout}", on_select="rerun"
    )
    clicked = [point["shown"] for point in event["selection"].get("clicked") or []]
    if clicked and 0 <= int(clicked[0]) < len(image_classes):
        shown = int(clicked[0])
        caption = wording.escaped(f"Image {shown}: {image_classes[shown]}")
        st.image(_picture(study, shown), width=THUMBNAIL_PX, caption=caption, alt=caption)
    else:
        st.caption("Click a point to see its picture.")
    frame.numbers(figure.numbers, figure.alt)
    frame.source(study)


def before_and_after(study: Study) -> None:
    """Draw the layout before and after alignment on one pair of axes, and the way between."""
    st.subheader("What does the map move?", anchor=False)
    names = study.read(clip.LAYOUT).tolist()
    layout = pickers.pick_few("Layout", names, "layout")
    caution(study, layout)
    row = names.index(layout)
    image_classes, text_classes = classes(study)
    table = alignment.morph_frame(
        study.read(clip.LAYOUT_BEFORE, row),
        study.read(clip.LAYOUT_AFTER, row),
        image_classes,
        study.read(clip.LAYOUT_TEXT, row),
        text_classes,
    )
    title = layout.upper()
    for column, after in zip(st.columns(2, gap="medium"), (False, True), strict=True):
        figure = alignment.panel(table, study.class_names, title, after)
        column.altair_chart(figure.wide, alt=figure.alt)
    st.caption(
        "Below, drag the slider from before to after. The straight path is a way to follow each "
        "picture with the eye; the embeddings do not travel along it."
    )
    frame.show(alignment.morph_chart(table, study.class_names, title), study)


def flipped_pictures(study: Study) -> None:
    """Draw the shown pictures whose label Procrustes changed."""
    st.subheader("Whose label changed?", anchor=False)
    methods = study.read(clip.METHOD).tolist()
    if not {"none", "procrustes"} <= set(methods):
        st.info("This report holds no pair of predictions to compare.")
        return
    before = study.read(clip.ALIGNED_PREDICTED, methods.index("none"))
    after = study.read(clip.ALIGNED_PREDICTED, methods.index("procrustes"))
    truth = study.read(clip.IMAGE_LABEL)[study.read(clip.SHOWN_IMAGE)]
    flipped = [int(row) for row in (before != after).nonzero()[0]]
    drawn = flipped[:MOST_FLIPS]
    st.caption(
        f"{len(flipped)} of the {len(before):,} shown pictures; the first {len(drawn)} here."
    )
    if not drawn:
        return
    labels = [study.class_name(int(label)) for label in range(len(study.class_names))]
    captions = [f"{labels[truth[r]]}: {labels[before[r]]} → {labels[after[r]]}" for r in drawn]
    with st.container(horizontal=True, gap="small"):
        for row, caption in zip(drawn, captions, strict=True):
            mark = "✓" if after[row] == truth[row] else "✗"
            st.image(
                _picture(study, row),
                width=THUMBNAIL_PX,
                caption=wording.escaped(f"{mark} {caption}"),
                alt=f"Picture whose label changed, true label first: {caption}",
            )
    st.caption("True class: label before → label after. ✓ right after, ✗ wrong after.")
    frame.source(study)


def classes(study: Study) -> tuple[list[str], list[str]]:
    """Return the class of every shown image and of every text."""
    labels = study.read(clip.IMAGE_LABEL)[study.read(clip.SHOWN_IMAGE)]
    images = [study.class_name(int(label)) for label in labels]
    return images, [study.class_name(int(label)) for label in study.read(clip.TEXT_LABEL)]


def _picture(study: Study, shown: int) -> str:
    return pictures.uri(pictures.thumbnail(study.read(clip.THUMBNAIL, shown), THUMBNAIL_PX))
