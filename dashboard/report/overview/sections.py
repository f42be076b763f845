"""The overview's claims, one in a row, and an image of each study.

A row stands on one line on a laptop and is stacked on a phone, so that ten stand on one screen.
"""

import math

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import navigation
from dashboard.charts import image_encoding
from dashboard.loaders import PHOTOGRAPHS_REPORT, StoreError, Study, find_reports, load_study
from dashboard.ui import formatting
from dashboard.ui import page as ui_page
from store.records import Claim
from store.schema.clip import layout, prompts
from store.schema.vae import reconstructions
from store.schema.vit import labels

THUMBNAIL_PX = 112


def claim_row(claim: Claim) -> None:
    """Draw the verdict, the claim over its first evidence, our value over its control, a link."""
    verdict, claimed, measured, link = st.columns(
        [1.2, 4.0, 4.4, 1.3], gap="small", vertical_alignment="center"
    )
    with verdict:
        ui_page.verdict_badge(claim.verdict)
    with claimed, st.container(gap="xxsmall"):
        st.markdown(f"**{formatting.escaped(claim.sentence)}**")
        st.caption(formatting.escaped(f"Original: {claim.original}"))
    with measured, st.container(gap="xxsmall"):
        value = formatting.with_interval(claim.value, claim.low, claim.high)
        st.markdown(f"**{formatting.escaped(value)}** {formatting.escaped(claim.unit)}")
        st.caption(formatting.escaped(f"n = {claim.n:,}. {_control_words(claim)}"))
    with link:
        navigation.link_to(navigation.EVIDENCE.get(claim.id, "about"), "Evidence")


def _control_words(claim: Claim) -> str:
    """Return the control's name and value, or that there is none."""
    if math.isnan(claim.control):
        return "No control applies."
    return f"Control {formatting.number(claim.control)}: {claim.control_name}"


def claims_frame(claims: list[Claim]) -> pd.DataFrame:
    """Return one row per claim with everything that its record holds."""
    rows = [
        {
            "claim": claim.id,
            "verdict": claim.verdict,
            "value": claim.value,
            "low": claim.low,
            "high": claim.high,
            "unit": claim.unit,
            "n": claim.n,
            "control": claim.control,
            "control is": claim.control_name,
            "finding": claim.finding,
            "computed from": claim.evidence,
        }
        for claim in claims
    ]
    return pd.DataFrame(rows)


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
    heads = study.read(labels.CLS_ATTENTION, 0)[-1].astype("float32")  # (head, row, column)
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
    image_labels = study.read(prompts.IMAGE_LABEL)[study.read(layout.SHOWN_IMAGE)]
    points = [study.read(layout.LAYOUT_IMAGE, 0, 0), study.read(layout.LAYOUT_TEXT, 0)]
    groups = np.concatenate([image_labels, study.read(prompts.TEXT_LABEL)])
    dots = image_encoding.dots(np.concatenate(points), groups, 2 * THUMBNAIL_PX)
    tile = image_encoding.Image.fromarray(dots)
    return image_encoding.uri(tile), "Pictures and prompts, laid out"
