"""Datasets of the CLIP study's images, texts and prompts."""

from store.schema.spec import array, optional

# --- images and texts -----------------------------------------------------------------------
IMAGE_NAME = optional("images/name (image) utf8", "File name, or split and row.")
IMAGE_LABEL = array("images/label (image) int32 of class", "True label index.")
IMAGE_SPLIT = array(
    "images/split (image) uint8 of 3", "0 fit, 1 select, 2 held out; fits read rows of 0 only."
)
IMAGE_SCORED = array(
    "images/scored (image) uint8 of 2", "1 where the image counts for prompt accuracy."
)
IMAGE_EMBEDDINGS = array(
    "images/embeddings (image, embedding_dim) float32 ±0.001", "Unit-length image embeddings."
)
# Older files have no norms; nor have files of embeddings that came in unit length.
IMAGE_NORM = optional(
    "images/norm (image) float32 ±0.01", "Length of each image embedding before normalising."
)
PROMPT = array("texts/prompt (text) utf8", "Filled prompt template, or a caption.")
TEXT_LABEL = array("texts/label (text) int32 of class", "Class that the text names.")
TEXT_TEMPLATE = array(
    "texts/template (text) int32 of template or -1", "Row of its template; -1 for a caption."
)
TEXT_EMBEDDINGS = array(
    "texts/embeddings (text, embedding_dim) float32 ±0.001", "Unit-length text embeddings."
)
TEXT_NORM = optional(
    "texts/norm (text) float32 ±0.01", "Length of each text embedding before normalising."
)

# --- prompts --------------------------------------------------------------------------------
TEMPLATE = array("prompts/template (template) utf8", "Prompt template, with one {}.")
TEMPLATE_LIST = array(
    "prompts/list (list) utf8", "own (the settings'), openai_stl10, clip_benchmark ..."
)
TEMPLATE_MEMBER = array(
    "prompts/member (list, template) uint8 of 2", "1 where the list names the template."
)
WORDING = array("prompts/wording (wording) utf8", "The template, or what is averaged.")
STYLE = array("prompts/style (wording) utf8", "Short name: plain, photo, small, open_clip_80 7 ...")
WORDING_ENSEMBLE = array(
    "prompts/ensemble (wording) uint8 of 2", "1 where the wording averages a list's templates."
)
PREDICTED = array(
    "prompts/predicted (wording | image) int16 of class",
    "Label whose prompt is nearest to the image.",
)
N_CORRECT = array("prompts/n_correct (wording) int64 count ±5", "Scored images labelled right.")
N_IMAGES = array("prompts/n_images (wording) int64 count", "Scored images.")
ACCURACY = array(
    "prompts/accuracy (wording, estimate) float32 ±0.002",
    "Share labelled right, with its Wilson 95% interval.",
)
CONFUSION = array(
    "prompts/confusion (wording | class, class_predicted) int32 count ±5",
    "Scored images by true class (row) and predicted class (column).",
)
RECALL = array(
    "prompts/recall (wording, class, estimate) float32 ±0.02",
    "Share of a class's scored images labelled right, with its Wilson interval; NaN without any.",
)
AGAINST_PHOTO_COUNTS = array(
    "prompts/against_photo_counts (wording, cell) int64 count ±5",
    "Both right, only the photo template right, only this wording right, both wrong.",
)
AGAINST_PHOTO_P_VALUE = array(
    "prompts/against_photo_p_value (wording) float64 ±0.5",
    "Exact McNemar p-value against the photo template, Holm-adjusted; NaN for itself.",
)
PAIR = array(
    "prompts/pair (pair, side) int32 of wording",
    "Wording rows compared, first and second: the settings' own templates and the ensembles.",
)
PAIR_COUNTS = array(
    "prompts/pair_counts (pair, cell) int64 count ±5",
    "Both right, only the first right, only the second right, both wrong.",
)
PAIR_P_VALUE = array("prompts/pair_p_value (pair) float64 ±0.2", "Exact McNemar p-value.")
