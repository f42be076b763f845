"""Overview: every claim of the original report, what we found, and the page that shows it."""

import math
from dataclasses import asdict

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import loaders, navigation
from dashboard.charts import image_encoding
from dashboard.clip import images
from dashboard.loaders import PHOTOGRAPHS_REPORT, StoreError, Study, find_reports, load_study
from dashboard.ui import figures, formatting, page_parts
from store.records import Claim
from store.schema.clip import layout, names, prompts
from store.schema.vae import reconstructions
from store.schema.vit import attention, labels

THUMBNAIL_PX = 112


def claim_row(claim: Claim) -> None:
    """Draw the verdict, the claim over its first evidence, our value over its control, a link."""
    widths = [1.2, 4.0, 4.4, 1.3]
    verdict, claimed, measured, link = st.columns(widths, vertical_alignment="center")
    with verdict:
        page_parts.verdict_badge(claim.verdict)
    with claimed, st.container(gap="xxsmall"):
        st.markdown(f"**{formatting.escaped(claim.sentence)}**")
        st.caption(formatting.escaped(f"Original: {claim.original}"))
    with measured, st.container(gap="xxsmall"):
        value = formatting.with_interval(claim.value, claim.low, claim.high)
        st.markdown(f"**{formatting.escaped(value)}** {formatting.escaped(claim.unit)}")
        control = f"Control {formatting.number(claim.control)}: {claim.control_name}"
        control = "No control applies." if math.isnan(claim.control) else control
        st.caption(formatting.escaped(f"n = {claim.n:,}. {control}"))
    with link:
        try:
            navigation.page_of_claim(claim.id).link("Evidence")
        except LookupError as error:  # as of a claim that a later version makes
            st.error(formatting.escaped(str(error.args[0])))


def claims_frame(claims: list[Claim]) -> pd.DataFrame:
    """Return one row per claim with everything that its record holds."""
    columns = {"id": "claim", "control_name": "control is", "evidence": "computed from"}
    table = pd.DataFrame([asdict(claim) for claim in claims]).rename(columns=columns)
    order = ["claim", "verdict", "value", "low", "high", "unit", "n", "control", "control is"]
    return table[[*order, "finding", "computed from"]]


def thumbnails(studies: dict[str, Study]) -> None:
    """Draw an image of each study that is here, and the attention on a photograph."""
    draw = {"vit": _attention, "vae": _reconstructions, "clip": _layout}
    tiles = [draw[name](study) for name, study in studies.items()]
    tiles += [_attention(study) for study in _photographs() if study not in studies.values()]
    with st.container(horizontal=True, gap="small"):
        for uri, caption in tiles:
            st.image(uri, caption=formatting.escaped(caption), width=THUMBNAIL_PX, alt=caption)


def _photographs() -> list[Study]:
    """Return the ViT study of the photographs report, if it is here and whole."""
    if PHOTOGRAPHS_REPORT not in find_reports():
        return []
    try:
        return [load_study("vit", PHOTOGRAPHS_REPORT)]
    except StoreError:  # its own pages say what is wrong
        return []


def _attention(study: Study) -> tuple[str, str]:
    """Return the last layer's attention over the first image, its heads averaged, and a caption."""
    heads = study.read(attention.CLS_ATTENTION, 0)[-1].astype("float32")  # (head, row, column)
    pixels = study.read(labels.GALLERY_PIXELS, 0)
    overlay = image_encoding.overlaid(pixels, heads.mean(axis=0), THUMBNAIL_PX)
    name = str(study.read(labels.GALLERY_NAME)[0])
    return image_encoding.uri(overlay), f"Attention on {name}, {study.provenance.model}"


def _reconstructions(study: Study) -> tuple[str, str]:
    """Return two test images over their reconstructions, and a caption."""
    parts = (reconstructions.SAMPLE_PIXELS, reconstructions.SAMPLE_RECONSTRUCTION)
    columns = [
        image_encoding.stacked([study.read(part, row) for part in parts])
        for row in range(min(2, study.size("sample")))
    ]
    tile = image_encoding.enlarged(image_encoding.stacked(columns, across=True), THUMBNAIL_PX)
    return image_encoding.uri(tile), "Two pictures over their reconstructions"


def _layout(study: Study) -> tuple[str, str]:
    """Return the first layout of images, coloured by class, with texts in black, and a caption."""
    before = study.row(layout.STATE, names.NONE)
    points = [study.read(layout.LAYOUT_IMAGE, 0, before), study.read(layout.LAYOUT_TEXT, 0)]
    groups = np.concatenate([images.labels(study), study.read(prompts.TEXT_LABEL)])
    dots = image_encoding.dots(np.concatenate(points), groups, 2 * THUMBNAIL_PX)
    tile = image_encoding.Image.fromarray(dots)
    return image_encoding.uri(tile), "Pictures and prompts, laid out"


def main() -> None:
    """Draw the page."""
    st.title("What did the report claim, and what holds?", anchor=False)

    studies, faults = loaders.load_all()
    claims = [claim for study in studies.values() for claim in study.store.claims]
    if claims:
        counts = {
            verdict: sum(c.verdict == verdict for c in claims) for verdict in formatting.MARKS
        }
        tally = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        st.markdown(f"##### {len(claims)} claims tested: {tally}")
    st.caption(
        "Claims of a course report about a ViT, a VAE and CLIP, measured again with 95 % intervals "
        "and controls."
    )
    with st.container(gap="xsmall", key="claims"):
        for study in studies.values():
            for claim in study.store.claims:
                claim_row(claim)
    thumbnails(studies)
    for error in faults:
        page_parts.store_panel(error)

    if claims:
        figures.numbers(claims_frame(claims), "Every claim with its numbers")
        for study in studies.values():
            page_parts.source(study)


if __name__ == "__main__":
    main()
