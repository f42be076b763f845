"""Datasets of the ViT study: attention, masking and the outline test.

Two sets of images: the `gallery`, a few images with every map stored, and the `image` axis, the
population on which shares and intervals are measured. Gallery images belong to the population.
"""

from store.schema import attention
from store.schema.common import COMMON
from store.schema.spec import TEXT, ArraySpec, StudySpec

PATCHES = ("patch_row", "patch_col")
CELL = ("arm", "ratio", "fill")

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

# --- masking --------------------------------------------------------------------------------
MASK_ARM = ArraySpec(
    "masking/arm",
    ("arm",),
    TEXT,
    "Which patches are hidden: centre_block, random_block, scattered.",
)
MASK_FILL = ArraySpec(
    "masking/fill", ("fill",), TEXT, "What replaces them: black, grey, or token_drop (nothing)."
)
N_MASKED = ArraySpec("masking/n_masked", ("ratio",), "int32", "Number of patches hidden.")
MASK_RATIO = ArraySpec(
    "masking/mask_ratio", ("ratio",), "float32", "Share of patches hidden: n_masked / patches."
)
MASKED_PREDICTED = ArraySpec(
    "masking/predicted",
    ("image", "seed", *CELL),
    "int16",
    "Label that the masked image receives.",
    view_axes=1,
)
MASKED_PROBABILITY = ArraySpec(
    "masking/original_probability",
    ("image", "seed", *CELL),
    "float16",
    "Probability, under the mask, of the label that the unmasked image received.",
    tolerance=2e-3,
    view_axes=1,
)
SURVIVAL = ArraySpec(
    "masking/survival",
    CELL,
    "float32",
    "Share of images and seeds whose label equals the unmasked image's own label.",
    tolerance=0.01,
)
SURVIVAL_LOW = ArraySpec(
    "masking/survival_low",
    CELL,
    "float32",
    "Lower end of its 95 % interval, by bootstrap over images.",
    tolerance=0.02,
)
SURVIVAL_HIGH = ArraySpec(
    "masking/survival_high",
    CELL,
    "float32",
    "Upper end of its 95 % interval, by bootstrap over images.",
    tolerance=0.02,
)
WRONG_LABEL = ArraySpec(
    "masking/wrong_label",
    ("fill", "rank"),
    "int32",
    "Most frequent labels among masked images that lost their own, scattered arm; -1 if fewer.",
)
WRONG_LABEL_SHARE = ArraySpec(
    "masking/wrong_label_share",
    ("fill", "rank"),
    "float32",
    "Share of those images that received that label; NaN if fewer.",
    tolerance=0.02,
)
PUZZLE_SHARE = ArraySpec(
    "masking/puzzle_share",
    ("fill",),
    "float32",
    "Share of scattered-mask predictions on puzzle-like labels; NaN if the labels have none.",
    tolerance=0.01,
)
GALLERY_RANKING = ArraySpec(
    "masking/gallery_ranking",
    ("gallery", "arm", *PATCHES),
    "int16",
    "Order in which patches are hidden (seed 0): a patch is hidden when its rank < n_masked.",
    view_axes=1,
)
GALLERY_MASKED_TOP_INDEX = ArraySpec(
    "masking/gallery_top_index",
    ("gallery", *CELL, "top"),
    "int32",
    "Label indices of the masked gallery image (seed 0), most probable first.",
    view_axes=1,
)
GALLERY_MASKED_TOP_PROBABILITY = ArraySpec(
    "masking/gallery_top_probability",
    ("gallery", *CELL, "top"),
    "float16",
    "Probability of each of those labels.",
    tolerance=2e-3,
    view_axes=1,
)

# --- outline --------------------------------------------------------------------------------
# Optional: a folder of photographs comes without object masks.
REGION = ArraySpec(
    "outline/region", ("region",), TEXT, "outline, interior and background.", required=False
)
OUTLINE_IMAGE = ArraySpec(
    "outline/image",
    ("outlined",),
    "int32",
    "Population row of each image whose three regions all hold patches.",
    required=False,
)
REGION_SHARE = ArraySpec(
    "outline/area_share",
    ("outlined", "region"),
    "float32",
    "Share of the image's area that belongs to each region.",
    tolerance=1e-4,
    required=False,
)
ENRICHMENT = ArraySpec(
    "outline/enrichment",
    ("outlined", "region"),
    "float32",
    "Attention mass over area (last layer, mean over heads); 1 is what even attention gives.",
    tolerance=5e-3,
    required=False,
)
SHIFT_P_VALUE = ArraySpec(
    "outline/shift_p_value",
    ("outlined",),
    "float32",
    "Share of toroidal shifts of the map with at least its outline-minus-interior enrichment.",
    tolerance=0.02,
    required=False,
)
CONTRAST_NAME = ArraySpec(
    "outline/contrast_name",
    ("contrast",),
    TEXT,
    "Which map: own map, shifted maps, another image's map.",
    required=False,
)
CONTRAST = ArraySpec(
    "outline/contrast",
    ("contrast", "estimate"),
    "float32",
    "Mean outline-minus-interior enrichment: value, low and high (bootstrap over images).",
    tolerance=0.02,
    required=False,
)
MEAN_ENRICHMENT = ArraySpec(
    "outline/mean_enrichment",
    ("region", "estimate"),
    "float32",
    "Mean enrichment of each region: value, low and high (bootstrap over images).",
    tolerance=0.02,
    required=False,
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
        MASK_ARM,
        MASK_FILL,
        N_MASKED,
        MASK_RATIO,
        MASKED_PREDICTED,
        MASKED_PROBABILITY,
        SURVIVAL,
        SURVIVAL_LOW,
        SURVIVAL_HIGH,
        WRONG_LABEL,
        WRONG_LABEL_SHARE,
        PUZZLE_SHARE,
        GALLERY_RANKING,
        GALLERY_MASKED_TOP_INDEX,
        GALLERY_MASKED_TOP_PROBABILITY,
        REGION,
        OUTLINE_IMAGE,
        REGION_SHARE,
        ENRICHMENT,
        SHIFT_P_VALUE,
        CONTRAST_NAME,
        CONTRAST,
        MEAN_ENRICHMENT,
    ),
)
