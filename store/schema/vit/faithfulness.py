"""Datasets of the ViT study's faithfulness part: deletion and insertion curves of attributions."""

from store.schema.spec import array
from store.schema.vit.names import DELETION, INSERTION

FAITHFUL_MAP = array(
    "faithfulness/map (ranked_map) utf8",
    "Which attribution ranks the patches; the last is the random ranking.",
)
FAITHFUL_DIRECTION = array(
    "faithfulness/direction (direction) utf8",
    f"{DELETION} hides the highest patches first, {INSERTION} the lowest.",
)
FAITHFUL_PROBABILITY = array(
    "faithfulness/original_probability (image, ranked_map, direction, ratio) float16 ±0.002",
    "Probability of the original label with the patches' tokens dropped; random: mean over seeds.",
)
FAITHFUL_CURVE = array(
    "faithfulness/curve (ranked_map, direction, ratio, estimate) float32 ±0.02",
    "Mean of that probability over images (bootstrap over images).",
)
FAITHFUL_AREA = array(
    "faithfulness/area (ranked_map, direction, estimate) float32 ±0.02",
    "Area under each curve from nothing hidden to the largest ratio, divided by that ratio.",
)
FAITHFUL_GAIN = array(
    "faithfulness/gain (ranked_map, direction, estimate) float32 ±0.02",
    "How much better than the random ranking: its deletion area minus the map's, the map's "
    "insertion area minus its; 0 for the random ranking itself.",
)
FAITHFUL_BETWEEN = array(
    "faithfulness/between (ranked_map, estimate) float32 ±0.02",
    "Area between the curves, insertion minus deletion; 0 where the order says nothing.",
)
FAITHFUL_FINDING = array("faithfulness/finding (faithful_finding) utf8", "What was found in words.")
