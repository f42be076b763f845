"""Datasets of the ViT study's outline part: attention per region, its nulls and the causal arm.

All are optional: a folder of photographs comes without object masks.
"""

from store.schema.spec import listed, optional
from store.schema.vit.names import CONTRASTS, DROPPED, REGIONS

REGION = optional("outline/region (region) utf8", f"{listed(REGIONS)}.")
OUTLINE_IMAGE = optional(
    "outline/image (outlined) int32 of image",
    "Population row of each image whose three regions all hold patches.",
)
REGION_SHARE = optional(
    "outline/area_share (outlined, region) float32 ±0.0001",
    "Share of the image's area that belongs to each region.",
)
ENRICHMENT = optional(
    "outline/enrichment (outlined, region) float32 ±0.005",
    "Attention mass over area (last layer, mean over heads); 1 is what even attention gives.",
)
SHIFT_P_VALUE = optional(
    "outline/shift_p_value (outlined) float32 ±0.02",
    "Share of toroidal shifts of the map with at least its outline-minus-interior enrichment.",
)
BEYOND_SHIFTS = optional(
    "outline/beyond_shifts (estimate) float32 ±0.02",
    "Share of images whose own map beats 95% of its shifted maps (Wilson); at most 0.05 by "
    "chance. NaN where the grid has too few shifts to tell.",
)
CONTRAST_NAME = optional(
    "outline/contrast_name (contrast) utf8", f"Which map: {listed(CONTRASTS)}."
)
IMAGE_CONTRAST = optional(
    "outline/image_contrast (outlined, contrast) float32 ±0.01",
    "Outline-minus-interior enrichment of each map on each image; shifted maps: their mean.",
)
CONTRAST = optional(
    "outline/contrast (contrast, estimate) float32 ±0.02",
    "Mean of that contrast over images (bootstrap over images).",
)
CONTRAST_GAIN = optional(
    "outline/contrast_gain (contrast, estimate) float32 ±0.02",
    "The own map's contrast minus that map's, paired by image, likewise; 0 for the own map.",
)
MEAN_ENRICHMENT = optional(
    "outline/mean_enrichment (region, estimate) float32 ±0.02",
    "Mean enrichment of each region (bootstrap over images).",
)
HEAD_GAIN = optional(
    "outline/head_gain (layer, head, estimate) float32 ±0.02",
    "Contrast of each head's own map minus that of another image's map, mean over images.",
)
HEAD_Q_VALUE = optional(
    "outline/head_q_value (layer, head) float64 ±0.02",
    "False-discovery rate at which that gain counts (t test, Benjamini & Yekutieli).",
)
BEST_HEAD = optional(
    "outline/best_head (layer_and_head) int32 count",
    "Layer and head with the largest mean gain on the first half of the images, from 0.",
)
BEST_HEAD_GAIN = optional(
    "outline/best_head_gain (half, estimate) float32 ±0.02",
    "Its gain on the half that chose it and on the other half.",
)
DROPPED_NAME = optional(
    "outline/dropped_name (dropped) utf8",
    f"Which tokens are dropped: {listed(DROPPED)} (the control).",
)
N_DROPPED = optional(
    "outline/n_dropped (image) int32 count",
    "Tokens dropped per region: as many as the smallest region has; 0 leaves the image out.",
)
DROPPED_PREDICTED = optional(
    "outline/dropped_predicted (image, draw, dropped) int16 of class or -1",
    "Label without those tokens.",
)
DROPPED_PROBABILITY = optional(
    "outline/dropped_probability (image, draw, dropped) float16 ±0.002",
    "Probability of the original label without those tokens.",
)
DROPPED_SURVIVAL = optional(
    "outline/dropped_survival (dropped, estimate) float32 ±0.02",
    "Share of images that keep their label without those tokens.",
)
DROPPED_COST = optional(
    "outline/dropped_cost (dropped, estimate) float32 ±0.02",
    "Survival without tokens from anywhere minus without those of the region, paired by image.",
)
