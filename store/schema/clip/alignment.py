"""Datasets of the CLIP study's alignment: every map and control, shots, and steps along the gap."""

from store.schema.clip.names import METHODS, RETRIEVALS, ROLES
from store.schema.spec import array, listed, optional

METHOD = array("alignment/method (method) utf8", f"{listed(METHODS)}.")
METHOD_ROLE = array("alignment/role (method) utf8", f"{listed(ROLES)}.")
METHOD_ABOUT = array("alignment/about (method) utf8", "What each method does and reads.")
# Older files of this format have none.
METHOD_SETTING = optional(
    "alignment/setting (method) float32",
    "Step, strength or penalty that the select images chose; NaN where nothing is chosen.",
)
ALIGNED_ACCURACY = array(
    "alignment/accuracy (method, estimate) float32 ±0.005",
    "Held-out accuracy with its Wilson interval.",
)
ALIGNED_GAP = array(
    "alignment/gap_distance (method, estimate) float32 ±0.005",
    "Held-out gap distance after the method (bootstrap); NaN without texts.",
)
ALIGNED_COSINE = array(
    "alignment/matched_cosine (method, estimate) float32 ±0.005",
    "Held-out matched cosine after the method (bootstrap); NaN without texts.",
)
ALIGNED_DIFFERENCE = array(
    "alignment/difference (method, estimate) float32 ±0.005",
    "Held-out accuracy less that without a map (bootstrap).",
)
ALIGNED_FLOOR = array(
    "alignment/floor (method) float32 ±0.005",
    "Least gap that one more rotation of the moved images could reach; NaN without texts.",
)
ALIGNED_SEPARABILITY = array(
    "alignment/separability (method) float32 ±0.01",
    "Moved images and texts told apart by a plane that never met their class; NaN without texts.",
)
ALIGNED_RETRIEVAL = array(
    "alignment/retrieval (method, retrieval, estimate) float32 ±0.02",
    f"{listed(RETRIEVALS)}; the first three Wilson, the others bootstrap over classes.",
)
ALIGNED_OTHER_TEMPLATES = array(
    "alignment/other_templates (method, estimate) float32 ±0.02",
    "Accuracy with templates that the map was not fitted on, averaged (bootstrap).",
)
ALIGNED_UNSEEN = array(
    "alignment/unseen_classes (method, estimate) float32 ±0.03",
    "Accuracy on classes left out of the fit, chosen among them alone; NaN where undefined.",
)
ALIGNED_UNSEEN_ALL = array(
    "alignment/unseen_among_all (method, estimate) float32 ±0.03",
    "Accuracy on classes left out of the fit, chosen among all; NaN where undefined.",
)
ALIGNED_COUNTS = array(
    "alignment/counts (method, cell) int64 count ±5",
    "Against none: both right, only none right, only the method right, both wrong.",
)
ALIGNED_P_VALUE = array(
    "alignment/p_value (method) float64 ±0.2", "Exact McNemar p-value against none."
)
ALIGNED_ADJUSTED_P = array(
    "alignment/adjusted_p_value (method) float64 ±0.5",
    "The same, Holm-adjusted over methods and baselines; NaN for controls and none.",
)
SHOT_METHOD = array("alignment/shot_method (shot_method) utf8", "Methods fitted on few images too.")
SHOTS = array(
    "alignment/shots (shot) int64 count", "Fit images per class; the last is all of them."
)
SHOT_DRAW_ACCURACY = array(
    "alignment/shot_draw_accuracy (shot_method, shot, draw) float32 ±0.02",
    "Held-out accuracy of each draw of the fit images.",
    former_paths=("alignment/shot_drawn",),
)
SHOT_ACCURACY = array(
    "alignment/shot_accuracy (shot_method, shot, estimate) float32 ±0.02",
    "Mean, lowest and highest of the draws.",
)
SHOT_CROSSING = array(
    "alignment/shot_crossing (shot_method) int64 count or -1 ±500",
    "Fewest images per class from which the mean stays at or above no map; -1 if it never does.",
)
SHIFT_STEP = array(
    "alignment/shift_step (step) float32", "Share of the gap by which both sides are moved."
)
SHIFT_GAP = array("alignment/shift_gap (step) float32 ±0.005", "Held-out gap distance after it.")
SHIFT_ACCURACY = array("alignment/shift_accuracy (step) float32 ±0.005", "Held-out accuracy.")
SHIFT_LOSS = array(
    "alignment/shift_loss (step) float32 ±0.02 [nat]",
    "Mean -log softmax share of the own class's prompt at the model's logit scale; NaN without.",
)
GAP_FLOOR = array(
    "alignment/gap_floor () float32 ±0.001",
    "| ||mean image|| - ||mean text|| |: the least gap any uncentred orthogonal map can reach.",
)
# Embeddings that differ by their own tolerance move it by so much.
ROTATION = array(
    "alignment/rotation (embedding_dim, embedding_dim_out) float32 ±0.005",
    "Orthogonal Procrustes map R fitted on fit rows: aligned image = image R.",
)
N_FIT = array("alignment/n_fit () int64 count", "Images that the maps were fitted on.")
N_HELD_OUT = array("alignment/n_held_out () int64 count", "Images that they were judged on.")
ALIGNED_PREDICTED = array(
    "alignment/predicted (method | shown) int16 of class",
    "Label that each shown image receives after each method.",
)
