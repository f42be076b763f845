"""Datasets of the CLIP study: images, texts and prompts; the other parts stand beside this.

`image` runs over every labelled image, `text` over every distinct text: prompts (template x
class), then captions. `wording` runs over templates, then over ensembles of templates. `shown` is
the subset of images that the layouts draw.
"""

from store.schema.clip import alignment, layout, modality_gap
from store.schema.common import COMMON
from store.schema.spec import TEXT, ArraySpec, StudySpec

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
    ("wording", "estimate"),
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
    ("wording", "class", "estimate"),
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
        *modality_gap.ARRAYS,
        *alignment.ARRAYS,
        *layout.ARRAYS,
    ),
)
