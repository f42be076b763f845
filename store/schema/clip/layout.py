"""Datasets of the CLIP study's layouts.

One joint fit of the shown images in every state and of every text, so that movement between two
states is the map's and not the layout's.
"""

from store.schema.spec import TEXT, ArraySpec

SHOWN_IMAGE = ArraySpec("layout/image", ("shown",), "int32", "Row of each shown image.")
THUMBNAIL = ArraySpec(
    "layout/thumbnail",
    ("shown", "pixel_row", "pixel_col", "channel"),
    "uint8",
    "Picture of each shown image, at most 48 pixels wide; absent where none was given.",
    view_axes=1,
    required=False,
)
LAYOUT = ArraySpec("layout/name", ("layout",), TEXT, "pca, svd, gap axis, umap with its settings.")
LAYOUT_ABOUT = ArraySpec("layout/about", ("layout",), TEXT, "Settings of each layout.")
STATE = ArraySpec(
    "layout/state", ("state",), TEXT, "Methods that moved the images: none, procrustes, shuffled."
)
LAYOUT_IMAGE = ArraySpec(
    "layout/image_xy",
    ("layout", "state", "shown", "xy"),
    "float32",
    "Shown images after each state's method; unitless.",
    tolerance=100.0,
    view_axes=2,
)
LAYOUT_TEXT = ArraySpec(
    "layout/text",
    ("layout", "text", "xy"),
    "float32",
    "Texts, which no method moves; unitless.",
    tolerance=100.0,
    view_axes=1,
)
TRUSTWORTHINESS = ArraySpec(
    "layout/trustworthiness",
    ("layout",),
    "float32",
    "Trustworthiness at 15 neighbours (Venna & Kaski 2001), 1 is perfect.",
    tolerance=0.05,
)

NEIGHBOUR_RECALL = ArraySpec(
    "layout/neighbour_recall",
    ("layout",),
    "float32",
    "Share of the 15 nearest neighbours that are nearest in the layout too.",
    tolerance=0.05,
)
NEAREST_IMAGE = ArraySpec(
    "layout/nearest_image",
    ("shown", "nearest_image"),
    "int32",
    "Shown images nearest by cosine in the embedding space, before any map, nearest first.",
    tolerance=1e6,  # images as near as each other may change places
)
NEAREST_IMAGE_COSINE = ArraySpec(
    "layout/nearest_image_cosine",
    ("shown", "nearest_image"),
    "float32",
    "Their cosines.",
    tolerance=2e-3,
)
NEAREST_TEXT = ArraySpec(
    "layout/nearest_text",
    ("shown", "nearest_text"),
    "int32",
    "Texts nearest by cosine, nearest first.",
    tolerance=1e6,
)
NEAREST_TEXT_COSINE = ArraySpec(
    "layout/nearest_text_cosine",
    ("shown", "nearest_text"),
    "float32",
    "Their cosines.",
    tolerance=2e-3,
)

ARRAYS = (
    SHOWN_IMAGE,
    THUMBNAIL,
    LAYOUT,
    LAYOUT_ABOUT,
    STATE,
    LAYOUT_IMAGE,
    LAYOUT_TEXT,
    TRUSTWORTHINESS,
    NEIGHBOUR_RECALL,
    NEAREST_IMAGE,
    NEAREST_IMAGE_COSINE,
    NEAREST_TEXT,
    NEAREST_TEXT_COSINE,
)
