"""Datasets of the CLIP study: prompts, the modality gap, alignment and layouts.

`image` runs over every labelled image, `text` over every distinct text: prompts (template x
class), then captions. `wording` runs over templates, then over ensembles of templates. `shown` is
the subset of images that the layouts draw.
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
PROMPT = ArraySpec("texts/prompt", ("text",), TEXT, "Filled prompt template, or a caption.")
TEXT_LABEL = ArraySpec("texts/label", ("text",), "int32", "Class that the text names.")
TEXT_TEMPLATE = ArraySpec(
    "texts/template", ("text",), "int32", "Row of its template; -1 for a caption."
)
TEXT_EMBEDDINGS = ArraySpec(
    "texts/embeddings",
    ("text", "embedding_dim"),
    "float32",
    "Unit-length text embeddings.",
    tolerance=1e-3,
)

# --- prompts --------------------------------------------------------------------------------
TEMPLATE = ArraySpec("prompts/template", ("template",), TEXT, "Prompt template, with one {}.")
TEMPLATE_LIST = ArraySpec(
    "prompts/list", ("list",), TEXT, "own (the settings'), openai_stl10, clip_benchmark ..."
)
TEMPLATE_MEMBER = ArraySpec(
    "prompts/member", ("list", "template"), "uint8", "1 where the list names the template."
)
WORDING = ArraySpec("prompts/wording", ("wording",), TEXT, "The template, or what is averaged.")
STYLE = ArraySpec(
    "prompts/style", ("wording",), TEXT, "Short name: plain, photo, small, open_clip_80 7 ..."
)
WORDING_ENSEMBLE = ArraySpec(
    "prompts/ensemble", ("wording",), "uint8", "1 where the wording averages a list's templates."
)
PREDICTED = ArraySpec(
    "prompts/predicted",
    ("wording", "image"),
    "int16",
    "Label whose prompt is nearest to the image.",
    view_axes=1,
)
N_CORRECT = ArraySpec(
    "prompts/n_correct", ("wording",), "int64", "Scored images labelled right.", tolerance=5
)
N_IMAGES = ArraySpec("prompts/n_images", ("wording",), "int64", "Scored images.")
ACCURACY = ArraySpec(
    "prompts/accuracy",
    ("wording", ESTIMATE),
    "float32",
    "Share labelled right, with its Wilson 95 % interval: value, low, high.",
    tolerance=2e-3,
)
CONFUSION = ArraySpec(
    "prompts/confusion",
    ("wording", "class", "class_predicted"),
    "int32",
    "Scored images by true class (row) and predicted class (column).",
    tolerance=5,
    view_axes=1,
)
RECALL = ArraySpec(
    "prompts/recall",
    ("wording", "class", ESTIMATE),
    "float32",
    "Share of a class's scored images labelled right, with its Wilson interval; NaN without any.",
    tolerance=2e-2,
)
AGAINST_PHOTO_COUNTS = ArraySpec(
    "prompts/against_photo_counts",
    ("wording", "cell"),
    "int64",
    "Both right, only the photo template right, only this wording right, both wrong.",
    tolerance=5,
)
AGAINST_PHOTO_P_VALUE = ArraySpec(
    "prompts/against_photo_p_value",
    ("wording",),
    "float64",
    "Exact McNemar p-value against the photo template, Holm-adjusted; NaN for itself.",
    tolerance=0.5,
)
PAIR = ArraySpec(
    "prompts/pair",
    ("pair", "side"),
    "int32",
    "Wording rows compared, first and second: the settings' own templates and the ensembles.",
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
    "gap_distance, centroid_cosine, relative_gap, matched_cosine, separability ...",
)
METRIC = ArraySpec(
    "gap/value",
    ("metric", ESTIMATE),
    "float32",
    "Each metric on held-out images: value, low, high (bootstrap); NaN where not defined.",
    tolerance=2e-2,
)
METRIC_ABOUT = ArraySpec("gap/about", ("metric",), TEXT, "What each metric measures.")
METRIC_REASON = ArraySpec(
    "gap/reason", ("metric",), TEXT, "Why a metric is not defined here; empty where it is."
)
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
MATCHED_COSINE_SHOWN = ArraySpec(
    "gap/matched_cosine_shown",
    ("shown",),
    "float32",
    "Shown images' cosine with their own class's prompt.",
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
    "none, text_shift, mean_removal, liang_shift, procrustes ... logistic_probe.",
)
METHOD_ROLE = ArraySpec("alignment/role", ("method",), TEXT, "method, control or baseline.")
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
ALIGNED_DIFFERENCE = ArraySpec(
    "alignment/difference",
    ("method", ESTIMATE),
    "float32",
    "Held-out accuracy less that without a map: value, low, high (bootstrap).",
    tolerance=5e-3,
)
ALIGNED_FLOOR = ArraySpec(
    "alignment/floor",
    ("method",),
    "float32",
    "Least gap that one more rotation of the moved images could reach; NaN without texts.",
    tolerance=5e-3,
)
ALIGNED_SEPARABILITY = ArraySpec(
    "alignment/separability",
    ("method",),
    "float32",
    "Moved images and texts that a plane tells apart out of fold; NaN without texts.",
    tolerance=1e-2,
)
ALIGNED_RETRIEVAL = ArraySpec(
    "alignment/retrieval",
    ("method", "retrieval", ESTIMATE),
    "float32",
    "Image to text at 1, 5, 10, then text to image at 1, 5, 10; Wilson intervals.",
    tolerance=2e-2,
)
ALIGNED_OTHER_TEMPLATES = ArraySpec(
    "alignment/other_templates",
    ("method", ESTIMATE),
    "float32",
    "Accuracy with templates that the map was not fitted on, averaged (bootstrap).",
    tolerance=2e-2,
)
ALIGNED_UNSEEN = ArraySpec(
    "alignment/unseen_classes",
    ("method", ESTIMATE),
    "float32",
    "Accuracy on classes left out of the fit, chosen among them alone; NaN where undefined.",
    tolerance=3e-2,
)
ALIGNED_UNSEEN_ALL = ArraySpec(
    "alignment/unseen_among_all",
    ("method", ESTIMATE),
    "float32",
    "Accuracy on classes left out of the fit, chosen among all; NaN where undefined.",
    tolerance=3e-2,
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
ALIGNED_ADJUSTED_P = ArraySpec(
    "alignment/adjusted_p_value",
    ("method",),
    "float64",
    "The same, Holm-adjusted over methods and baselines; NaN for controls and none.",
    tolerance=0.5,
)
SHOT_METHOD = ArraySpec(
    "alignment/shot_method", ("shot_method",), TEXT, "Methods that are fitted on few images too."
)
SHOTS = ArraySpec(
    "alignment/shots", ("shot",), "int64", "Fit images per class; the last is all of them."
)
SHOT_DRAWN = ArraySpec(
    "alignment/shot_drawn",
    ("shot_method", "shot", "draw"),
    "float32",
    "Held-out accuracy of each draw of the fit images.",
    tolerance=2e-2,
)
SHOT_ACCURACY = ArraySpec(
    "alignment/shot_accuracy",
    ("shot_method", "shot", ESTIMATE),
    "float32",
    "Mean, lowest and highest of the draws.",
    tolerance=2e-2,
)
SHOT_CROSSING = ArraySpec(
    "alignment/shot_crossing",
    ("shot_method",),
    "int64",
    "Fewest images per class from which the mean stays at or above no map; -1 if it never does.",
    tolerance=500,
)
SHIFT_STEP = ArraySpec(
    "alignment/shift_step", ("step",), "float32", "Share of the gap that both sides are moved by."
)
SHIFT_GAP = ArraySpec(
    "alignment/shift_gap", ("step",), "float32", "Held-out gap distance after it.", tolerance=5e-3
)
SHIFT_ACCURACY = ArraySpec(
    "alignment/shift_accuracy", ("step",), "float32", "Held-out accuracy.", tolerance=5e-3
)
SHIFT_LOSS = ArraySpec(
    "alignment/shift_loss",
    ("step",),
    "float32",
    "Mean -log softmax share of the own class's prompt at the model's logit scale; NaN without.",
    unit="nat",
    tolerance=2e-2,
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
# One joint fit of the shown images in every state and of every text, so that movement between two
# states is the map's and not the layout's.
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
        TEMPLATE_LIST,
        TEMPLATE_MEMBER,
        WORDING,
        STYLE,
        WORDING_ENSEMBLE,
        PREDICTED,
        N_CORRECT,
        N_IMAGES,
        ACCURACY,
        CONFUSION,
        RECALL,
        AGAINST_PHOTO_COUNTS,
        AGAINST_PHOTO_P_VALUE,
        PAIR,
        PAIR_COUNTS,
        PAIR_P_VALUE,
        GAP_VECTOR,
        METRIC_NAME,
        METRIC,
        METRIC_ABOUT,
        METRIC_REASON,
        COSINE_KIND,
        COSINE_EDGE,
        COSINE_DENSITY,
        GAP_AXIS_IMAGE,
        MATCHED_COSINE_SHOWN,
        GAP_AXIS_TEXT,
        METHOD,
        METHOD_ROLE,
        METHOD_ABOUT,
        ALIGNED_ACCURACY,
        ALIGNED_GAP,
        ALIGNED_COSINE,
        ALIGNED_DIFFERENCE,
        ALIGNED_FLOOR,
        ALIGNED_SEPARABILITY,
        ALIGNED_RETRIEVAL,
        ALIGNED_OTHER_TEMPLATES,
        ALIGNED_UNSEEN,
        ALIGNED_UNSEEN_ALL,
        ALIGNED_COUNTS,
        ALIGNED_P_VALUE,
        ALIGNED_ADJUSTED_P,
        SHOT_METHOD,
        SHOTS,
        SHOT_DRAWN,
        SHOT_ACCURACY,
        SHOT_CROSSING,
        SHIFT_STEP,
        SHIFT_GAP,
        SHIFT_ACCURACY,
        SHIFT_LOSS,
        GAP_FLOOR,
        ROTATION,
        N_FIT,
        N_HELD_OUT,
        ALIGNED_PREDICTED,
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
    ),
)
