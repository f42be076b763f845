"""Pictures on the page, enlarged to whole pixels and described."""

from collections.abc import Mapping, Sequence

import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from dashboard.charts import image_encoding
from dashboard.loaders import Study, cached
from dashboard.ui import formatting, pickers
from store.schema import ArraySpec

THUMBNAIL_PX = 48


@cached(max_entries=800)
def thumbnail(study: Study, spec: ArraySpec, row: int) -> str:
    """Return one of a study's pictures, small, as a data URI."""
    return image_encoding.uri(image_encoding.thumbnail(study.read(spec, row), THUMBNAIL_PX))


def pick(
    label: str, names: Sequence[str], study: Study, spec: ArraySpec, key: str, start: int = 0
) -> int:
    """Draw a picker of a study's pictures, a name each, at first on `start`; return its row."""
    thumbnails = [thumbnail(study, spec, row) for row in range(len(names))]
    return pickers.pick_picture(label, names, thumbnails, key, start)


@cached(max_entries=800)
def column(study: Study, specs: Sequence[ArraySpec], row: int, side: int) -> str:
    """Return pictures of the same row above each other, as a data URI."""
    parts = [study.read(spec, row) for spec in specs]
    return image_encoding.enlarged_uri(image_encoding.stacked(parts), side)


def titled(pictures: Mapping[str, NDArray], side: int, about: str = "") -> None:
    """Draw pictures, (H, W) or (H, W, C) by title, in a row; `about` follows in descriptions."""
    with st.container(horizontal=True, gap="small"):
        for title, pixels in pictures.items():
            with st.container(width=side, gap="xsmall"):
                st.markdown(f"**{formatting.escaped(title)}**")
                one(pixels, side, title + about)


def captioned(pictures: Sequence[NDArray], captions: Sequence[str], side: int) -> None:
    """Draw pictures, (row, column, channel) each, in a row with words beneath."""
    with st.container(horizontal=True, gap="small"):
        for pixels, caption in zip(pictures, captions, strict=True):
            one(pixels, side, caption, caption)


def one(pixels: NDArray, side: int, about: str, caption: str = "") -> None:
    """Draw one picture, (row, column) or (row, column, channel), with words beneath if given."""
    words = formatting.escaped(caption) if caption else None
    st.image(image_encoding.enlarged_uri(pixels, side), width=side, caption=words, alt=about)


def film(frames: Sequence[NDArray], about: str, place: DeltaGenerator | None = None) -> None:
    """Draw pictures of one size, (H, W) or (H, W, C), side by side, as wide as their place."""
    strip = image_encoding.stacked(list(frames), across=True)
    uri = image_encoding.enlarged_uri(strip, 3 * strip.shape[1])
    (place or st).image(uri, width="stretch", alt=about)
