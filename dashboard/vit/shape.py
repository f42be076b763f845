"""Shape: whether pictures keep their label by their object's shape alone, or by its texture."""

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import encodings, intervals
from dashboard.charts.colours import BLUE, INK, ORANGE
from dashboard.charts.figure import Figure
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts, pickers, pictures
from dashboard.vit import gallery, titles
from store.schema.spec import arrays_in
from store.schema.vit import labels, names, shape

SIDE = 92  # px of a picture of the strip: nine fit on a laptop, three on a phone
OWN, CONTROL = "own mask", "other mask (control)"
HALF = 0.5  # from where on a label is kept more often than lost
NEARLY_ALL = 0.95  # of the pictures
KEEPS, TRUE = "keep their label", "true label"
OUTCOMES = {  # outcome -> dataset of the versions, of their controls, and the axis
    KEEPS: (shape.VERSION_SURVIVAL, shape.CONTROL_SURVIVAL, "pictures that keep their label"),
    TRUE: (shape.VERSION_ACCURACY, shape.CONTROL_ACCURACY, "pictures with their true label"),
}


def film_strip(study: Study, example: int) -> None:
    """Draw one picture whole and in every version, with the label that each receives."""
    image = int(study.read(shape.EXAMPLE_IMAGE)[example])
    row = int(study.read(shape.EXAMPLE_ROW)[example])
    score = gallery.score_title(study)
    style = ".2f" if score == gallery.COSINE else ".0%"
    own = int(study.read(labels.GALLERY_TOP_INDEX, image)[0])
    given = [own, *study.read(shape.VERSION_PREDICTED, row).tolist()]
    scores = [study.read(labels.GALLERY_TOP_PROBABILITY, image)[0]]
    scores = [float(one) for one in (*scores, *study.read(shape.VERSION_PROBABILITY, row))]
    stages = ["original", *titles.stored_titles(study, shape.VERSION)]
    frames = [study.read(labels.GALLERY_PIXELS, image), *study.read(shape.EXAMPLE_PIXELS, example)]
    with st.container(horizontal=True, gap="small"):
        for stage, label, value, pixels in zip(stages, given, scores, frames, strict=True):
            answer = f"{study.class_name(label)}, {value:{style}}"
            with st.container(width=SIDE, gap="xxsmall"):
                pictures.one(pixels, SIDE, f"{stage}: {answer}")
                mark = "✓" if label == own else "✗"
                st.markdown(
                    f"**{formatting.escaped(stage)}**  \n{mark} {formatting.escaped(answer)}"
                )
    answers = [study.class_name(label) for label in given]
    table = pd.DataFrame({"version": stages, "label": answers, score: scores})
    figures.numbers(table, f"The label of one picture in every version, with its {score}")


def typical(study: Study) -> int:
    """Return the example whose versions keep and lose its label most as those of all do."""
    rows, gallery_rows = study.read(shape.EXAMPLE_ROW), study.read(shape.EXAMPLE_IMAGE)
    own = study.read(labels.GALLERY_TOP_INDEX)[gallery_rows, :1]
    keeps = study.read(shape.VERSION_PREDICTED)[rows] == own  # (example, version)
    mostly = study.read(shape.VERSION_SURVIVAL)[:, 0] > HALF
    return int((keeps == mostly).sum(axis=1).argmax())


def survival(study: Study) -> None:
    """Draw how many pictures keep their label in each version, beside the control."""
    st.subheader("How many pictures keep their label?", anchor=False)
    difference, low, high = study.read(shape.OVER_TEXTURE) * 100
    st.caption(
        f"{study.size('shaped'):,} pictures, 95% intervals. The control is the same version made "
        f"with another object's mask of equal area. Shape alone is the mean of silhouette and "
        f"edges, texture alone that of both textures: {difference:+.1f} points apart on the same "
        f"pictures ({low:+.1f} to {high:+.1f}). {_empty_words(study)}"
    )
    outcome = pickers.pick_few("Outcome", list(OUTCOMES), "outcome")
    of_versions, of_controls, axis = OUTCOMES[outcome]
    stages = _marked_titles(study)
    table = pd.concat(
        [
            intervals.estimates_frame(stages, study.read(spec)).assign(mask=whose)
            for spec, whose in ((of_versions, OWN), (of_controls, CONTROL))
        ],
        ignore_index=True,
    )
    if table["value"].isna().all():
        st.info("No true label is known for these images, so nothing is right or wrong.")
        return
    page_parts.figure(versions_chart, table, axis, f"{axis}, by version and mask.")


def versions_chart(frame: pd.DataFrame, axis: str, about: str) -> Figure:
    """Return two dots on whiskers per version, its own and its control's.

    frame: name, value, low, high and mask, OWN or CONTROL.
    """
    order = list(dict.fromkeys(frame["name"]))
    rows = {"labelLimit": 210, "domain": False, "ticks": False}
    base = alt.Chart(frame).encode(
        y=encodings.y("name:N", None, axis=rows).sort(order),
        yOffset=alt.YOffset("mask:N", sort=[OWN, CONTROL], scale=alt.Scale(paddingInner=0.2)),
        color=encodings.colour("mask", {OWN: BLUE, CONTROL: ORANGE}, columns=1, labelLimit=0),
        tooltip=["name:N", "mask:N", *encodings.hover(".1%", "value", "low", "high")],
    )
    x = encodings.x("value:Q", axis, ".0%", domain=[0, 1], axis={"tickCount": 6})
    whiskers = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=axis), x2="high:Q")
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=x,
        shape=encodings.shape("mask", {OWN: "circle", CONTROL: "diamond"}, columns=1, labelLimit=0),
    )
    half = alt.Chart(pd.DataFrame({"value": [HALF]}))
    rule = half.mark_rule(strokeDash=[4, 3], color=INK, strokeWidth=1.5).encode(x="value:Q")
    chart = alt.layer(rule, whiskers, dots).properties(height=40 * len(order))
    return Figure(chart, frame, about)


def _unchanged(study: Study) -> list[bool]:
    """Say of each version whether it changes no picture."""
    return (study.read(shape.CHANGED) == 0).tolist()


def _empty(study: Study) -> list[bool]:
    """Say of each version whether nothing is left of nearly all pictures."""
    return (study.read(shape.FLAT) > NEARLY_ALL).tolist()


def _marked_titles(study: Study) -> list[str]:
    """Return the titles of the versions, marked where they say nothing about these pictures."""
    marks = [
        " (no change)" if same else " (empty)" if empty else ""
        for same, empty in zip(_unchanged(study), _empty(study), strict=True)
    ]
    stages = titles.stored_titles(study, shape.VERSION)
    return [stage + mark for stage, mark in zip(stages, marks, strict=True)]


def _empty_words(study: Study) -> str:
    """Say which versions tell nothing about these pictures, and why."""
    stages = titles.stored_titles(study, shape.VERSION)
    words = []
    for stage, same, empty in zip(stages, _unchanged(study), _empty(study), strict=True):
        if same:
            words.append(
                f"The background of these pictures is black already, so “{stage}” changes nothing."
            )
        elif empty:
            words.append(f"After “{stage}” nothing is left: every picture is as good as empty.")
    return formatting.escaped(" ".join(words))


def main() -> None:
    """Draw the page."""
    question = "Is it the shape or the texture?"
    study = page_parts.open_page("shape", question, with_claims=False)
    if study.claim(names.SHAPE_CLAIM) is None:
        st.info("This report was made before shape was measured. Make it again to see it.")
        return
    page_parts.claims(study, "shape")
    if not study.has(*arrays_in(shape)):
        st.info(
            "These pictures come without object masks, so an object cannot be cut out of its "
            "picture. A data set with masks, such as Oxford-IIIT Pet, or a folder of masks beside "
            "the folder of pictures, is needed for this page.",
            icon=":material/interests:",
        )
        return
    if study.size("example"):
        strip = st.container()  # above the picker that fills it
        images = study.read(shape.EXAMPLE_IMAGE).tolist()
        image_names = [gallery.picture_name(study, image) for image in images]
        thumbnails = [pictures.thumbnail(study, labels.GALLERY_PIXELS, image) for image in images]
        first = typical(study)
        example = pickers.pick_picture("Picture", image_names, thumbnails, "image", first)
        with strip:
            film_strip(study, example)
    survival(study)


if __name__ == "__main__":
    main()
