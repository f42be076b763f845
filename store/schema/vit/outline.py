"""Datasets of the ViT study's outline part: attention per region, its nulls and the causal arm.

All are optional: a folder of photographs comes without object masks.
"""

from store.schema.spec import TEXT, ArraySpec

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
BEYOND_SHIFTS = ArraySpec(
    "outline/beyond_shifts",
    ("estimate",),
    "float32",
    "Share of images whose own map beats 95 % of its shifted maps: value, low and high (Wilson); "
    "at most 0.05 by chance. NaN where the grid has too few shifts to tell.",
    tolerance=0.02,
    required=False,
)
CONTRAST_NAME = ArraySpec(
    "outline/contrast_name",
    ("contrast",),
    TEXT,
    "Which map: own map, shifted maps, another image's map, random weights, centred Gaussian.",
    required=False,
)
IMAGE_CONTRAST = ArraySpec(
    "outline/image_contrast",
    ("outlined", "contrast"),
    "float32",
    "Outline-minus-interior enrichment of each map on each image; shifted maps: their mean.",
    tolerance=0.01,
    required=False,
)
CONTRAST = ArraySpec(
    "outline/contrast",
    ("contrast", "estimate"),
    "float32",
    "Its mean over images: value, low and high (bootstrap over images).",
    tolerance=0.02,
    required=False,
)
CONTRAST_GAIN = ArraySpec(
    "outline/contrast_gain",
    ("contrast", "estimate"),
    "float32",
    "The own map's contrast minus that map's, paired by image, likewise; 0 for the own map.",
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
HEAD_GAIN = ArraySpec(
    "outline/head_gain",
    ("layer", "head", "estimate"),
    "float32",
    "Contrast of each head's own map minus that of another image's map, mean over images.",
    tolerance=0.02,
    required=False,
)
HEAD_Q_VALUE = ArraySpec(
    "outline/head_q_value",
    ("layer", "head"),
    "float64",
    "False-discovery rate at which that gain counts (t test, Benjamini & Yekutieli).",
    tolerance=0.02,
    required=False,
)
BEST_HEAD = ArraySpec(
    "outline/best_head",
    ("layer_and_head",),
    "int32",
    "Layer and head with the largest mean gain on the first half of the images, from 0.",
    required=False,
)
BEST_HEAD_GAIN = ArraySpec(
    "outline/best_head_gain",
    ("half", "estimate"),
    "float32",
    "Its gain on the half that chose it and on the other half.",
    tolerance=0.02,
    required=False,
)
DROPPED_NAME = ArraySpec(
    "outline/dropped_name",
    ("dropped",),
    TEXT,
    "Which tokens are dropped: outline, interior, background, or anywhere (the control).",
    required=False,
)
N_DROPPED = ArraySpec(
    "outline/n_dropped",
    ("image",),
    "int32",
    "Tokens dropped per region: as many as the smallest region has; 0 leaves the image out.",
    required=False,
)
DROPPED_PREDICTED = ArraySpec(
    "outline/dropped_predicted",
    ("image", "draw", "dropped"),
    "int16",
    "Label without those tokens.",
    required=False,
)
DROPPED_PROBABILITY = ArraySpec(
    "outline/dropped_probability",
    ("image", "draw", "dropped"),
    "float16",
    "Probability of the original label without those tokens.",
    tolerance=2e-3,
    required=False,
)
DROPPED_SURVIVAL = ArraySpec(
    "outline/dropped_survival",
    ("dropped", "estimate"),
    "float32",
    "Share of images that keep their label without those tokens: value, low and high.",
    tolerance=0.02,
    required=False,
)
DROPPED_COST = ArraySpec(
    "outline/dropped_cost",
    ("dropped", "estimate"),
    "float32",
    "Survival without tokens from anywhere minus without those of the region, paired by image.",
    tolerance=0.02,
    required=False,
)

ARRAYS = (
    REGION,
    OUTLINE_IMAGE,
    REGION_SHARE,
    ENRICHMENT,
    SHIFT_P_VALUE,
    BEYOND_SHIFTS,
    CONTRAST_NAME,
    IMAGE_CONTRAST,
    CONTRAST,
    CONTRAST_GAIN,
    MEAN_ENRICHMENT,
    HEAD_GAIN,
    HEAD_Q_VALUE,
    BEST_HEAD,
    BEST_HEAD_GAIN,
    DROPPED_NAME,
    N_DROPPED,
    DROPPED_PREDICTED,
    DROPPED_PROBABILITY,
    DROPPED_SURVIVAL,
    DROPPED_COST,
)
