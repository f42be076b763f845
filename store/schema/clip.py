"""Datasets of the CLIP study: prompts, the modality gap, alignment and layouts.

`image` runs over every labelled image, `text` over every distinct prompt (template x class).
`shown` is the subset of images that the layouts draw, with a thumbnail each.
"""

from store.schema.common import COMMON
from store.schema.spec import TEXT, ArraySpec, StudySpec

ESTIMATE = "estimate"  # value, low, high

# --- images and texts -----------------------------------------------------------------------
IMAGE_NAME = ArraySpec(
    "images/name", ("image",), TEXT, "File name, or split and row.", required=False
)
IMAGE_LABEL = ArraySpec("images/label", ("image",), "int32", "True label index.")
IMAGE_SPLIT = ArraySpec(
    "images/split", ("image",), "uint8", "0 fit, 1 select, 2 held out; fits read rows of 0 only."
)
IMAGE_SCORED = ArraySpec(
    "images/scored", ("image",), "uint8", "1 where the image counts towards prompt accuracy."
)
IMAGE_EMBEDDINGS = ArraySpec(
    "images/embeddings",
    ("image", "embedding_dim"),
    "float32",
    "Unit-length image embeddings.",
    tolerance=1e-3,
)
PROMPT = ArraySpec("texts/prompt", ("text",), TEXT, "Filled prompt template.")
TEXT_LABEL = ArraySpec("texts/label", ("text",), "int32", "Class that the prompt names.")
TEXT_TEMPLATE = ArraySpec("texts/template", ("text",), "int32", "Row of its template.")
TEXT_EMBEDDINGS = ArraySpec(
    "texts/embeddings",
    ("text", "embedding_dim"),
    "float32",
    "Unit-length text embeddings.",
    tolerance=1e-3,
)

# --- prompts --------------------------------------------------------------------------------
TEMPLATE = ArraySpec("prompts/template", ("template",), TEXT, "Prompt template, with one {}.")
STYLE = ArraySpec("prompts/style", ("template",), TEXT, "Short name: plain, photo, small.")
PREDICTED = ArraySpec(
    "prompts/predicted",
    ("template", "image"),
    "int16",
    "Label whose prompt is nearest to the image.",
    view_axes=1,
)
N_CORRECT = ArraySpec(
    "prompts/n_correct", ("template",), "int64", "Scored images labelled right.", tolerance=5
)
N_IMAGES = ArraySpec("prompts/n_images", ("template",), "int64", "Scored images.")
ACCURACY = ArraySpec(
    "prompts/accuracy",
    ("template", ESTIMATE),
    "float32",
    "Share labelled right, with its Wilson 95 % interval: value, low, high.",
    tolerance=2e-3,
)
CONFUSION = ArraySpec(
    "prompts/confusion",
    ("template", "class", "class_predicted"),
    "int32",
    "Scored images by true class (row) and predicted class (column).",
    tolerance=5,
    view_axes=1,
)
PAIR = ArraySpec(
    "prompts/pair", ("pair", "side"), "int32", "Template rows compared: first and second."
)
PAIR_COUNTS = ArraySpec(
    "prompts/pair_counts",
    ("pair", "cell"),
    "int64",
    "Both right, only the first right, only the second right, both wrong.",
    tolerance=5,
)
PAIR_P_VALUE = ArraySpec(
    "prompts/pair_p_value", ("pair",), "float64", "Exact McNemar p-value.", tolerance=0.2
)

# --- modality gap ---------------------------------------------------------------------------
GAP_VECTOR = ArraySpec(
    "gap/vector",
    ("embedding_dim",),
    "float32",
    "Mean image embedding minus mean text embedding, held-out images.",
    tolerance=1e-3,
)
METRIC_NAME = ArraySpec(
    "gap/metric",
    ("metric",),
    TEXT,
    "gap_distance, centroid_cosine, matched_cosine, unmatched_cosine.",
)
METRIC = ArraySpec(
    "gap/value",
    ("metric", ESTIMATE),
    "float32",
    "Each metric on held-out images: value, low, high (bootstrap); NaN where not defined.",
    tolerance=5e-3,
)
METRIC_ABOUT = ArraySpec("gap/about", ("metric",), TEXT, "What each metric measures.")
COSINE_KIND = ArraySpec(
    "gap/cosine_kind",
    ("cosine_kind",),
    TEXT,
    "matched, unmatched, image-image, text-text.",
)
COSINE_EDGE = ArraySpec("gap/cosine_edge", ("edge",), "float32", "Edges of the histogram's bins.")
COSINE_DENSITY = ArraySpec(
    "gap/cosine_density",
    ("cosine_kind", "bin"),
    "float32",
    "Share of pairs in each bin.",
    tolerance=0.002,
)
GAP_AXIS_IMAGE = ArraySpec(
    "gap/axis_image",
    ("shown",),
    "float32",
    "Shown images' coordinate along the gap vector's direction.",
    tolerance=1e-3,
)
GAP_AXIS_TEXT = ArraySpec(
    "gap/axis_text",
    ("text",),
    "float32",
    "Texts' coordinate along the gap vector's direction.",
    tolerance=1e-3,
)

# --- alignment ------------------------------------------------------------------------------
METHOD = ArraySpec(
    "alignment/method",
    ("method",),
    TEXT,
    "none, mean_removal, procrustes, procrustes_shuffled (control), class_mean (baseline).",
)
METHOD_ABOUT = ArraySpec("alignment/about", ("method",), TEXT, "What each method does and reads.")
ALIGNED_ACCURACY = ArraySpec(
    "alignment/accuracy",
    ("method", ESTIMATE),
    "float32",
    "Held-out accuracy with its Wilson interval: value, low, high.",
    tolerance=5e-3,
)
ALIGNED_GAP = ArraySpec(
    "alignment/gap_distance",
    ("method", ESTIMATE),
    "float32",
    "Held-out gap distance after the method: value, low, high (bootstrap); NaN without texts.",
    tolerance=5e-3,
)
ALIGNED_COSINE = ArraySpec(
    "alignment/matched_cosine",
    ("method", ESTIMATE),
    "float32",
    "Held-out matched cosine after the method: value, low, high (bootstrap); NaN without texts.",
    tolerance=5e-3,
)
ALIGNED_COUNTS = ArraySpec(
    "alignment/counts",
    ("method", "cell"),
    "int64",
    "Against none: both right, only none right, only the method right, both wrong.",
    tolerance=5,
)
ALIGNED_P_VALUE = ArraySpec(
    "alignment/p_value",
    ("method",),
    "float64",
    "Exact McNemar p-value against none.",
    tolerance=0.2,
)
GAP_FLOOR = ArraySpec(
    "alignment/gap_floor",
    (),
    "float32",
    "| ||mean image|| - ||mean text|| |: the least gap any uncentred orthogonal map can reach.",
    tolerance=0.001,
)
ROTATION = ArraySpec(
    "alignment/rotation",
    ("embedding_dim", "embedding_dim_out"),
    "float32",
    "Orthogonal Procrustes map R fitted on fit rows: aligned image = image R.",
    tolerance=1.0,
)
N_FIT = ArraySpec("alignment/n_fit", (), "int64", "Images that the maps were fitted on.")
N_HELD_OUT = ArraySpec("alignment/n_held_out", (), "int64", "Images that they were judged on.")
ALIGNED_PREDICTED = ArraySpec(
    "alignment/predicted",
    ("method", "shown"),
    "int16",
    "Label that each shown image receives after each method.",
    view_axes=1,
)

# --- layouts --------------------------------------------------------------------------------
# One joint fit of shown images before, shown images after and every text, so that movement
# between `before` and `after` is the map's and not the layout's.
SHOWN_IMAGE = ArraySpec("layout/image", ("shown",), "int32", "Row of each shown image.")
THUMBNAIL = ArraySpec(
    "layout/thumbnail",
    ("shown", "pixel_row", "pixel_col", "channel"),
    "uint8",
    "Picture of each shown image, at most 48 pixels wide.",
    view_axes=1,
)
LAYOUT = ArraySpec("layout/name", ("layout",), TEXT, "pca, umap.")
LAYOUT_ABOUT = ArraySpec("layout/about", ("layout",), TEXT, "Settings of each layout.")
LAYOUT_BEFORE = ArraySpec(
    "layout/image_before",
    ("layout", "shown", "xy"),
    "float32",
    "Shown images before alignment; unitless.",
    tolerance=100.0,
    view_axes=1,
)
LAYOUT_AFTER = ArraySpec(
    "layout/image_after",
    ("layout", "shown", "xy"),
    "float32",
    "Shown images after orthogonal Procrustes; unitless.",
    tolerance=100.0,
    view_axes=1,
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

STUDY = StudySpec(
    "clip",
    (
        *COMMON,
        IMAGE_NAME,
        IMAGE_LABEL,
        IMAGE_SPLIT,
        IMAGE_SCORED,
        IMAGE_EMBEDDINGS,
        PROMPT,
        TEXT_LABEL,
        TEXT_TEMPLATE,
        TEXT_EMBEDDINGS,
        TEMPLATE,
        STYLE,
        PREDICTED,
        N_CORRECT,
        N_IMAGES,
        ACCURACY,
        CONFUSION,
        PAIR,
        PAIR_COUNTS,
        PAIR_P_VALUE,
        GAP_VECTOR,
        METRIC_NAME,
        METRIC,
        METRIC_ABOUT,
        COSINE_KIND,
        COSINE_EDGE,
        COSINE_DENSITY,
        GAP_AXIS_IMAGE,
        GAP_AXIS_TEXT,
        METHOD,
        METHOD_ABOUT,
        ALIGNED_ACCURACY,
        ALIGNED_GAP,
        ALIGNED_COSINE,
        ALIGNED_COUNTS,
        ALIGNED_P_VALUE,
        GAP_FLOOR,
        ROTATION,
        N_FIT,
        N_HELD_OUT,
        ALIGNED_PREDICTED,
        SHOWN_IMAGE,
        THUMBNAIL,
        LAYOUT,
        LAYOUT_ABOUT,
        LAYOUT_BEFORE,
        LAYOUT_AFTER,
        LAYOUT_TEXT,
        TRUSTWORTHINESS,
    ),
)
