"""Datasets of the ViT study's faithfulness part: deletion and insertion curves of attributions."""

from store.schema.spec import TEXT, ArraySpec

FAITHFUL_MAP = ArraySpec(
    "faithfulness/map",
    ("ranked_map",),
    TEXT,
    "Which attribution ranks the patches; the last is the random ranking.",
)
FAITHFUL_DIRECTION = ArraySpec(
    "faithfulness/direction",
    ("direction",),
    TEXT,
    "deletion hides the highest patches first, insertion the lowest.",
)
FAITHFUL_PROBABILITY = ArraySpec(
    "faithfulness/original_probability",
    ("image", "ranked_map", "direction", "ratio"),
    "float16",
    "Probability of the original label with the patches' tokens dropped; random: mean over seeds.",
    tolerance=2e-3,
)
FAITHFUL_CURVE = ArraySpec(
    "faithfulness/curve",
    ("ranked_map", "direction", "ratio", "estimate"),
    "float32",
    "Its mean over images: value, low and high (bootstrap over images).",
    tolerance=0.02,
)
FAITHFUL_AREA = ArraySpec(
    "faithfulness/area",
    ("ranked_map", "direction", "estimate"),
    "float32",
    "Area under each curve from nothing hidden to the largest ratio, divided by that ratio.",
    tolerance=0.02,
)
FAITHFUL_GAIN = ArraySpec(
    "faithfulness/gain",
    ("ranked_map", "direction", "estimate"),
    "float32",
    "How much better than the random ranking: its deletion area minus the map's, the map's "
    "insertion area minus its; 0 for the random ranking itself.",
    tolerance=0.02,
)
FAITHFUL_BETWEEN = ArraySpec(
    "faithfulness/between",
    ("ranked_map", "estimate"),
    "float32",
    "Area between the curves, insertion minus deletion; 0 where the order says nothing.",
    tolerance=0.02,
)
FAITHFUL_FINDING = ArraySpec(
    "faithfulness/finding", ("faithful_finding",), TEXT, "What was found, in words."
)

ARRAYS = (
    FAITHFUL_MAP,
    FAITHFUL_DIRECTION,
    FAITHFUL_PROBABILITY,
    FAITHFUL_CURVE,
    FAITHFUL_AREA,
    FAITHFUL_GAIN,
    FAITHFUL_BETWEEN,
    FAITHFUL_FINDING,
)
