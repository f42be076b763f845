"""Datasets of the CLIP study's layouts.

One joint fit of the shown images in every state and of every text, so that movement between two
states is the map's and not the layout's.
"""

from store.schema.clip.names import LAYOUTS, STATES
from store.schema.spec import array, listed, optional

SHOWN_IMAGE = array("layout/image (shown) int32 of image", "Row of each shown image.")
THUMBNAIL = optional(
    "layout/thumbnail (shown | pixel_row, pixel_col, channel) uint8",
    "Picture of each shown image, at most 48 pixels wide; absent where none was given.",
)
LAYOUT = array("layout/name (layout) utf8", f"{listed(LAYOUTS)} with its settings.")
LAYOUT_ABOUT = array("layout/about (layout) utf8", "Settings of each layout.")
STATE = array("layout/state (state) utf8", f"Methods that moved the images: {listed(STATES)}.")
LAYOUT_IMAGE = array(
    "layout/image_xy (layout, state | shown, xy) float32 ±100",
    "Shown images after each state's method; unitless.",
)
LAYOUT_TEXT = array(
    "layout/text (layout | text, xy) float32 ±100", "Texts, which no method moves; unitless."
)
TRUSTWORTHINESS = array(
    "layout/trustworthiness (layout) float32 ±0.05",
    "Trustworthiness at 15 neighbours (Venna & Kaski 2001), 1 is perfect.",
)
NEIGHBOUR_RECALL = array(
    "layout/neighbour_recall (layout) float32 ±0.05",
    "Share of the 15 nearest neighbours that are nearest in the layout too.",
)
# Images as near as each other may change places.
NEAREST_IMAGE = array(
    "layout/nearest_image (shown, nearest_image) int32 of shown ±1e6",
    "Shown images nearest by cosine in the embedding space, before any map, nearest first.",
)
NEAREST_IMAGE_COSINE = array(
    "layout/nearest_image_cosine (shown, nearest_image) float32 ±0.002", "Their cosines."
)
NEAREST_TEXT = array(
    "layout/nearest_text (shown, nearest_text) int32 of text ±1e6",
    "Texts nearest by cosine, nearest first.",
)
NEAREST_TEXT_COSINE = array(
    "layout/nearest_text_cosine (shown, nearest_text) float32 ±0.002", "Their cosines."
)
