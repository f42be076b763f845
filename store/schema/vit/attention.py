"""Datasets of the ViT study's attention part: further maps, sinks and concentration.

CLS attention itself and its rollout are with the gallery, in store.schema.vit.
"""

from store.schema.spec import TEXT, ArraySpec

PATCHES = ("patch_row", "patch_col")

# --- maps of the gallery -----------------------------------------------------------------------
VALUE_WEIGHTED = ArraySpec(
    "attention/value_weighted",
    ("gallery", "layer", "head", *PATCHES),
    "float16",
    "Attention from CLS to each patch times the length of the value that it fetches there.",
    tolerance=5e-3,
    view_axes=1,
)
CLASS_SPECIFIC = ArraySpec(
    "attention/class_specific",
    ("gallery", *PATCHES),
    "float32",
    "Relevance for the picture's own label (Chefer et al. 2021), or, without a classifier, for its "
    "own feature; not rescaled.",
    tolerance=1e-3,
    view_axes=1,
)
TOKEN_NORM = ArraySpec(
    "attention/token_norm",
    ("gallery", "layer", *PATCHES),
    "float32",
    "Length of each patch token as it enters the layer.",
    tolerance=1e-2,
    view_axes=1,
)
OUTLIER = ArraySpec(
    "attention/outlier",
    ("gallery", "layer", *PATCHES),
    "uint8",
    "1 where that length is over twice the median of the picture's patches in that layer.",
    view_axes=1,
)

# --- where attention lies, over the population -------------------------------------------------
ATTRIBUTION = ArraySpec(
    "attention/attribution",
    ("attribution",),
    TEXT,
    "cls_attention and value_weighted (last layer, mean over heads), rollout, class_specific.",
)
FINDING = ArraySpec(
    "attention/finding", ("finding",), TEXT, "What was found, in words: concentration, then sinks."
)
HALF_MASS = ArraySpec(
    "attention/half_mass_share",
    ("image", "attribution"),
    "float32",
    "Smallest share of the patches that holds half of the map; 0.5 is even. NaN where all is 0.",
    tolerance=5e-3,
)
MEAN_HALF_MASS = ArraySpec(
    "attention/mean_half_mass_share",
    ("attribution", "estimate"),
    "float32",
    "Its mean over images: value, low and high (bootstrap over images).",
    tolerance=5e-3,
)
UNTRAINED_HALF_MASS = ArraySpec(
    "attention/untrained_half_mass_share",
    ("estimate",),
    "float32",
    "The same of cls_attention with random weights.",
    tolerance=5e-3,
)
LAYER_HALF_MASS = ArraySpec(
    "attention/layer_half_mass_share",
    ("layer", "estimate"),
    "float32",
    "The same of each layer's CLS attention, mean over heads.",
    tolerance=5e-3,
)
AGREEMENT = ArraySpec(
    "attention/agreement",
    ("attribution", "other_attribution", "estimate"),
    "float32",
    "Spearman's rank correlation between two methods' maps of one image, mean over images.",
    tolerance=0.02,
)
SINK_MEASURE = ArraySpec(
    "attention/sink_measure",
    ("sink_measure",),
    TEXT,
    "outlier_share (of patches), outlier_attention, cls_attention and prefix_attention (from CLS "
    "to those patches, to itself, to registers), top_is_outlier (share of images).",
)
SINKS = ArraySpec(
    "attention/sinks",
    ("sink_measure", "layer", "estimate"),
    "float32",
    "Each measure in each layer, mean over images: value, low and high (bootstrap over images).",
    tolerance=0.01,
)

ARRAYS = (
    VALUE_WEIGHTED,
    CLASS_SPECIFIC,
    TOKEN_NORM,
    OUTLIER,
    ATTRIBUTION,
    FINDING,
    HALF_MASS,
    MEAN_HALF_MASS,
    UNTRAINED_HALF_MASS,
    LAYER_HALF_MASS,
    AGREEMENT,
    SINK_MEASURE,
    SINKS,
)
