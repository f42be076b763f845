"""Datasets of the ViT study's probes: what a linear classifier reads of each layer.

All are optional: older files have none, and images without classes give the finding alone.
"""

from store.schema.spec import listed, optional
from store.schema.vit.names import BLACK, POOLINGS, PROBE_FINDINGS, VIEWS, WEIGHTS

PROBE_FINDING = optional(
    "probes/finding (probe_finding) utf8",
    f"What was found, in words: {listed(PROBE_FINDINGS)}; or alone, why there are no probes.",
)
PROBE_WEIGHTS = optional("probes/weights (probe_weights) utf8", f"{listed(WEIGHTS)}: the model's.")
PROBE_VIEW = optional(
    "probes/view (probe_view) utf8",
    f"{listed(VIEWS)}: what is hidden of the images that judge a probe, {BLACK}, the first seed's.",
)
PROBE_POOLING = optional("probes/pooling (pooling) utf8", f"{listed(POOLINGS)}: what is read.")
N_PROBE_FIT = optional("probes/n_fit () int32 count", "Whole images that each probe is fitted on.")
N_PROBE_TEST = optional("probes/n_test () int32 count", "Other images that judge it.")
PROBE_MASK_RATIO = optional(
    "probes/mask_ratio () float32", "Share of patches hidden in the views that are not whole."
)
PROBE_CHANCE = optional(
    "probes/chance () float32 ±0.02",
    "Share of those images that are of the class most frequent among the images fitted on.",
)
PROBE_ACCURACY = optional(
    "probes/accuracy (probe_weights, probe_view, probe_layer, pooling, estimate) float32 ±0.03",
    "Share of images named right (Wilson). Layer 0 is the embedding, the last what leaves the last "
    "layer, before the last norm.",
)
PROBE_DIFFERENCE = optional(
    "probes/difference (probe_weights, probe_view, probe_layer, estimate) float32 ±0.04",
    "The CLS token's accuracy minus the patch mean's, paired by image (Newcombe 1998, method 10).",
)
PROBE_ONLY = optional(
    "probes/only (probe_weights, probe_view, probe_layer, pooling) int32 count ±40",
    "Images that only this pooling's probe names right.",
)
PROBE_P_VALUE = optional(
    "probes/p_value (probe_weights, probe_view, probe_layer) float64 ±0.5",
    "Exact McNemar test of the two poolings, Holm over the layers of one view.",
)
PROBE_GAIN = optional(
    "probes/training_gain (probe_view, probe_layer, pooling, estimate) float32 ±0.04",
    "Accuracy with the model's weights minus that with random weights, likewise paired.",
)
