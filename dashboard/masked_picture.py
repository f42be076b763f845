"""One gallery picture with patches hidden, beside itself, each with its likely labels."""

import streamlit as st
from numpy.typing import NDArray

from dashboard import frame, gallery, pickers, wording
from dashboard.charts import masking as charts
from dashboard.charts import pictures
from dashboard.loaders import Study
from store.schema import vit

SIDE = 300


def section(study: Study, arms: list[str], fills: list[str], fill: int) -> None:
    """Draw the pickers, the picture before and after masking, and both lists of labels."""
    st.subheader("See it on one picture", anchor=False)
    evidence, controls = st.columns([2.3, 1], gap="large")
    with controls:
        image = gallery.pick_gallery_picture(study)
        arm = arms.index(pickers.pick("Which patches", arms, "arm"))
        ratio = _pick_ratio(study)
    fill_name = study.read(vit.MASK_FILL).tolist()[fill]
    n_masked = int(study.read(vit.N_MASKED)[ratio])
    hidden = study.read(vit.GALLERY_RANKING, image, arm) < n_masked
    pixels = study.read(vit.GALLERY_PIXELS, image)
    whole = pictures.uri(pictures.enlarged(pixels, SIDE))
    masked = pictures.uri(pictures.enlarged(pictures.masked(pixels, hidden, fill_name), SIDE))
    truth = study.class_name(int(study.read(vit.GALLERY_LABEL)[image]))
    cell = (image, arm, ratio, fill)
    with evidence:
        st.caption(wording.escaped(f"Bars in orange: the true label, {truth}."))
        left, right = st.columns(2, gap="medium")
        with left:
            st.markdown(f"**{gallery.picture_title(study, image)}, unmasked**")
            st.image(whole, width=SIDE, alt="The picture, unmasked")
            top = study.read(vit.GALLERY_TOP_INDEX, image)
            _labels(study, top, study.read(vit.GALLERY_TOP_PROBABILITY, image), truth, "unmasked")
        with right:
            note = " (hatched)" if fill_name == "token_drop" else ""
            what = wording.escaped(
                f"{n_masked} of {hidden.size} patches hidden, {fills[fill]}{note}"
            )
            st.markdown(f"**{what}**")
            st.image(masked, width=SIDE, alt=f"The picture with {n_masked} patches hidden")
            top = study.read(vit.GALLERY_MASKED_TOP_INDEX, *cell)
            probability = study.read(vit.GALLERY_MASKED_TOP_PROBABILITY, *cell)
            _labels(study, top, probability, truth, "masked")


def _pick_ratio(study: Study) -> int:
    options = [f"{ratio:.0%}" for ratio in study.read(vit.MASK_RATIO)]
    default = options[len(options) // 2]
    pickers.note_unknown("ratio", options, "Share hidden")
    chosen = st.select_slider(
        "Share hidden", options, value=default, key="ratio", bind="query-params"
    )
    return options.index(chosen)


def _labels(study: Study, top: NDArray, probability: NDArray, truth: str, state: str) -> None:
    labels = [study.class_name(int(index)) for index in top]
    table = charts.top_frame(labels, probability)
    frame.show(charts.top_chart(table, truth, f"Most probable labels, {state} picture."), study)
