"""Datasets of the ViT study: gallery, attention and population; its other parts have own modules.

Two sets of images: the `gallery`, a few images with every map stored, and the `image` axis, the
population on which shares and intervals are measured. Gallery images belong to the population.
"""

from store.schema.common import COMMON
from store.schema.spec import TEXT, ArraySpec, StudySpec
from store.schema.vit import attention, faithfulness, masking, outline

PATCHES = ("patch_row", "patch_col")

# --- gallery: what the model saw and said -----------------------------------------------------
GALLERY_PIXELS = ArraySpec(
    "gallery/pixels",
    ("gallery", "pixel_row", "pixel_col", "channel"),
    "uint8",
    "The image as the model saw it, before normalisation; 1 channel (grey) or 3 (RGB).",
    view_axes=1,
)
GALLERY_NAME = ArraySpec("gallery/name", ("gallery",), TEXT, "Name of each gallery image.")
GALLERY_IMAGE = ArraySpec(
    "gallery/image", ("gallery",), "int32", "Row of each gallery image in the population."
)
GALLERY_LABEL = ArraySpec(
    "gallery/label", ("gallery",), "int32", "True label index; -1 where none is known."
)
GALLERY_TOP_INDEX = ArraySpec(
    "gallery/top_index", ("gallery", "top"), "int32", "Label indices, most probable first."
)
GALLERY_TOP_PROBABILITY = ArraySpec(
    "gallery/top_probability",
    ("gallery", "top"),
    "float32",
    "Softmax probability of each of those labels.",
    tolerance=1e-3,
)

# --- attention ------------------------------------------------------------------------------
CLS_ATTENTION = ArraySpec(
    "attention/cls_attention",
    ("gallery", "layer", "head", *PATCHES),
    "float16",
    "Attention after softmax from the CLS token to each patch; not rollout, not rescaled.",
    tolerance=5e-4,
    view_axes=1,
)
CLS_TO_CLS = ArraySpec(
    "attention/cls_to_cls",
    ("gallery", "layer", "head"),
    "float32",
    "Attention from the CLS token to itself: the rest of each row.",
    tolerance=1e-4,
)
ATTENTION_ROLLOUT = ArraySpec(
    "attention/rollout",
    ("gallery", *PATCHES),
    "float32",
    "CLS row of the attention rollout (Abnar & Zuidema 2020), patch columns; not rescaled.",
    tolerance=2e-5,
    view_axes=1,
)

# --- population -----------------------------------------------------------------------------
IMAGE_NAME = ArraySpec("population/name", ("image",), TEXT, "Name of each image.")
IMAGE_LABEL = ArraySpec(
    "population/label", ("image",), "int32", "True label index; -1 where none is known."
)
IMAGE_PREDICTED = ArraySpec(
    "population/predicted", ("image",), "int32", "Label that the unmasked image receives."
)
IMAGE_PROBABILITY = ArraySpec(
    "population/probability",
    ("image",),
    "float32",
    "Probability of that label.",
    tolerance=1e-3,
)

STUDY = StudySpec(
    "vit",
    (
        *COMMON,
        GALLERY_PIXELS,
        GALLERY_NAME,
        GALLERY_IMAGE,
        GALLERY_LABEL,
        GALLERY_TOP_INDEX,
        GALLERY_TOP_PROBABILITY,
        CLS_ATTENTION,
        CLS_TO_CLS,
        ATTENTION_ROLLOUT,
        *attention.ARRAYS,
        IMAGE_NAME,
        IMAGE_LABEL,
        IMAGE_PREDICTED,
        IMAGE_PROBABILITY,
        *masking.ARRAYS,
        *faithfulness.ARRAYS,
        *outline.ARRAYS,
    ),
)
