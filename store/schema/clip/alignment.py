"""Datasets of the CLIP study's alignment: every map and control, shots, and steps along the gap."""

from store.schema.spec import TEXT, ArraySpec

METHOD = ArraySpec(
    "alignment/method",
    ("method",),
    TEXT,
    "none, text_shift, mean_removal, liang_shift, procrustes ... logistic_probe.",
)
METHOD_ROLE = ArraySpec("alignment/role", ("method",), TEXT, "method, control or baseline.")
METHOD_ABOUT = ArraySpec("alignment/about", ("method",), TEXT, "What each method does and reads.")
METHOD_SETTING = ArraySpec(
    "alignment/setting",
    ("method",),
    "float32",
    "Step, strength or penalty that the select images chose; NaN where nothing is chosen.",
    required=False,  # older files of this format have none
)
ALIGNED_ACCURACY = ArraySpec(
    "alignment/accuracy",
    ("method", "estimate"),
    "float32",
    "Held-out accuracy with its Wilson interval: value, low, high.",
    tolerance=5e-3,
)
ALIGNED_GAP = ArraySpec(
    "alignment/gap_distance",
    ("method", "estimate"),
    "float32",
    "Held-out gap distance after the method: value, low, high (bootstrap); NaN without texts.",
    tolerance=5e-3,
)
ALIGNED_COSINE = ArraySpec(
    "alignment/matched_cosine",
    ("method", "estimate"),
    "float32",
    "Held-out matched cosine after the method: value, low, high (bootstrap); NaN without texts.",
    tolerance=5e-3,
)
ALIGNED_DIFFERENCE = ArraySpec(
    "alignment/difference",
    ("method", "estimate"),
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
    "Moved images and texts told apart by a plane that never met their class; NaN without texts.",
    tolerance=1e-2,
)
ALIGNED_RETRIEVAL = ArraySpec(
    "alignment/retrieval",
    ("method", "retrieval", "estimate"),
    "float32",
    "Image to text at 1, 5, 10 (Wilson), then text to image (bootstrap over classes).",
    tolerance=2e-2,
)
ALIGNED_OTHER_TEMPLATES = ArraySpec(
    "alignment/other_templates",
    ("method", "estimate"),
    "float32",
    "Accuracy with templates that the map was not fitted on, averaged (bootstrap).",
    tolerance=2e-2,
)
ALIGNED_UNSEEN = ArraySpec(
    "alignment/unseen_classes",
    ("method", "estimate"),
    "float32",
    "Accuracy on classes left out of the fit, chosen among them alone; NaN where undefined.",
    tolerance=3e-2,
)
ALIGNED_UNSEEN_ALL = ArraySpec(
    "alignment/unseen_among_all",
    ("method", "estimate"),
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
    ("shot_method", "shot", "estimate"),
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
    tolerance=5e-3,  # embeddings that differ by their own tolerance move it by so much
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

ARRAYS = (
    METHOD,
    METHOD_ROLE,
    METHOD_ABOUT,
    METHOD_SETTING,
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
)
