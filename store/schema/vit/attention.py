"""Datasets of the ViT study's attention part: maps, sinks and concentration."""

from store.schema.spec import array, listed, optional
from store.schema.vit.names import (
    ATTENTION_FINDINGS,
    ATTRIBUTIONS,
    CLS_SELF_ATTENTION,
    HEAD_CHANGE,
    HEAD_DISTANCE,
    HEAD_DIVERGENCE,
    HEAD_ENTROPY,
    HEAD_FINDINGS,
    OUTLIER_ATTENTION,
    OUTLIER_SHARE,
    PREFIX_ATTENTION,
    TOP_IS_OUTLIER,
)

# --- maps of the gallery -----------------------------------------------------------------------
CLS_ATTENTION = array(
    "attention/cls_attention (gallery | layer, head, patch_row, patch_col) float16 ±0.0005",
    "Attention after softmax from the CLS token to each patch; not rollout, not rescaled.",
)
CLS_TO_CLS = array(
    "attention/cls_to_cls (gallery, layer, head) float32 ±0.0001",
    "Attention from the CLS token to itself: the rest of each row.",
)
ATTENTION_ROLLOUT = array(
    "attention/rollout (gallery | patch_row, patch_col) float32 ±2e-5",
    "CLS row of the attention rollout (Abnar & Zuidema 2020), patch columns; not rescaled.",
)
VALUE_WEIGHTED = array(
    "attention/value_weighted (gallery | layer, head, patch_row, patch_col) float16 ±0.005",
    "Attention from CLS to each patch times the length of the value that it fetches there.",
)
CLASS_SPECIFIC = array(
    "attention/class_specific (gallery | patch_row, patch_col) float32 ±0.001",
    "Relevance for the picture's own label (Chefer et al. 2021), or, without a classifier, for its "
    "own feature; not rescaled.",
)
TOKEN_NORM = array(
    "attention/token_norm (gallery | layer, patch_row, patch_col) float32 ±0.01",
    "Length of each patch token as it enters the layer.",
)
OUTLIER = array(
    "attention/outlier (gallery | layer, patch_row, patch_col) uint8 of 2",
    "1 where that length is over twice the median of the picture's patches in that layer.",
)

# --- where attention lies, over the population -------------------------------------------------
ATTRIBUTION = array(
    "attention/attribution (attribution) utf8",
    f"{listed(ATTRIBUTIONS)}; cls_attention and value_weighted are of the last layer, mean over "
    "heads.",
)
FINDING = array(
    "attention/finding (finding) utf8", f"What was found, in words: {listed(ATTENTION_FINDINGS)}."
)
HALF_MASS = array(
    "attention/half_mass_share (image, attribution) float32 ±0.005",
    "Smallest share of the patches that holds half of the map; 0.5 is even. NaN where all is 0.",
)
MEAN_HALF_MASS = array(
    "attention/mean_half_mass_share (attribution, estimate) float32 ±0.005",
    "Mean of half_mass_share over images (bootstrap over images).",
)
UNTRAINED_HALF_MASS = array(
    "attention/untrained_half_mass_share (estimate) float32 ±0.005",
    "half_mass_share of cls_attention with random weights.",
)
LAYER_HALF_MASS = array(
    "attention/layer_half_mass_share (layer, estimate) float32 ±0.005",
    "half_mass_share of each layer's CLS attention, mean over heads.",
)
AGREEMENT = array(
    "attention/agreement (attribution, other_attribution, estimate) float32 ±0.02",
    "Spearman's rank correlation between two methods' maps of one image, mean over images.",
)
SINK_MEASURE = array(
    "attention/sink_measure (sink_measure) utf8",
    f"{OUTLIER_SHARE} (of patches), {OUTLIER_ATTENTION}, {CLS_SELF_ATTENTION} and "
    f"{PREFIX_ATTENTION} (from CLS to those patches, to itself, to registers), {TOP_IS_OUTLIER} "
    "(share of images).",
)
SINKS = array(
    "attention/sinks (sink_measure, layer, estimate) float32 ±0.01",
    "Each measure in each layer, mean over images (bootstrap over images).",
)

# --- how the heads of a layer differ, over the population; older files have none ---------------
HEAD_MEASURE = optional(
    "attention/head_measure (head_measure) utf8",
    f"{HEAD_ENTROPY} (of the CLS row over all tokens, nats), {HEAD_DISTANCE} (from each patch to "
    "the patches that it attends to, weighted by that attention, pixels of the model's input), "
    f"{HEAD_DIVERGENCE} and {HEAD_CHANGE} (Jensen-Shannon, of a head's CLS row from those of the "
    "layer's other heads, mean over them, and from its own on another image, bits).",
)
HEADS = optional(
    "attention/heads (head_measure, layer, head, estimate) float32 ±0.05",
    "Each measure of each head, mean over images (bootstrap over images); no divergence where a "
    "layer has one head.",
)
LAYER_HEADS = optional(
    "attention/layer_heads (head_measure, layer, estimate) float32 ±0.05",
    "Each measure, mean over a layer's heads, likewise; of divergences it is the mean over pairs.",
)
UNTRAINED_LAYER_HEADS = optional(
    "attention/untrained_layer_heads (head_measure, layer, estimate) float32 ±0.05",
    "The same of the architecture with random weights.",
)
HEAD_MEAN_MAP = optional(
    "attention/head_mean_map (layer, head, patch_row, patch_col) float32 ±0.0005",
    "Attention of each head from CLS to each patch, mean over images.",
)
HEAD_FINDING = optional(
    "attention/head_finding (head_finding) utf8",
    f"What was found of the heads, in words: {listed(HEAD_FINDINGS)}.",
)
