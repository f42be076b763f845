"""Datasets of the ViT study's shape part: labels of pictures that keep shape or texture alone.

All are optional: a folder of photographs comes without object masks, and older files of this format
have none of these datasets.
"""

from store.schema.spec import listed, optional
from store.schema.vit.names import CUES, VERSIONS

VERSION = optional(
    "shape/version (version) utf8", f"What is left of the picture: {listed(VERSIONS)}."
)
SHAPE_IMAGE = optional(
    "shape/image (shaped) int32 of image",
    "Population row of each image whose object covers a patch at least and leaves one.",
)
VERSION_PREDICTED = optional(
    "shape/predicted (shaped, version) int16 of class", "Label that the version receives."
)
VERSION_PROBABILITY = optional(
    "shape/probability (shaped, version) float16 ±0.002", "Probability of that label."
)
CONTROL_PREDICTED = optional(
    "shape/control_predicted (shaped, version) int16 of class",
    "Label of the same version made with another object's mask, grown or shrunk to the same area.",
)
VERSION_SURVIVAL = optional(
    "shape/survival (version, estimate) float32 ±0.02",
    "Share of images whose version receives the whole image's own label (Wilson).",
)
CONTROL_SURVIVAL = optional(
    "shape/control_survival (version, estimate) float32 ±0.02", "The same of the control (Wilson)."
)
VERSION_GAIN = optional(
    "shape/gain (version, estimate) float32 ±0.02",
    "The version's survival minus its control's, paired by image (bootstrap over images).",
)
VERSION_ACCURACY = optional(
    "shape/accuracy (version, estimate) float32 ±0.02",
    "Share of versions that receive their true label (Wilson); NaN where none is known.",
)
CONTROL_ACCURACY = optional(
    "shape/control_accuracy (version, estimate) float32 ±0.02",
    "The same of the control (Wilson); NaN where none is known.",
)
CHANGED = optional(
    "shape/changed (version) float32 ±0.02",
    "Share of images that the version changes by more than a twentieth of white anywhere.",
)
FLAT = optional(
    "shape/flat (version) float32 ±0.02",
    "Share of images that the version leaves in one colour, to a twentieth of white.",
)
CUE = optional("shape/cue (cue) utf8", f"What alone is left: {listed(CUES)}.")
CUE_SURVIVAL = optional(
    "shape/cue_survival (cue, estimate) float32 ±0.02",
    "Survival, mean over the cue's two versions (bootstrap over images): silhouette and edges for "
    "shape, both sizes of block for texture.",
)
CUE_CONTROL = optional(
    "shape/cue_control_survival (cue, estimate) float32 ±0.02", "The same of their controls."
)
OVER_TEXTURE = optional(
    "shape/shape_over_texture (estimate) float32 ±0.02",
    "Survival by shape minus survival by texture, paired by image (bootstrap over images).",
)
OVER_OTHER_SHAPE = optional(
    "shape/shape_over_other_shape (estimate) float32 ±0.02",
    "Survival by shape minus survival by another object's, paired likewise.",
)
EXAMPLE_IMAGE = optional(
    "shape/example_gallery (example) int32 of gallery", "Gallery row of each example."
)
EXAMPLE_ROW = optional(
    "shape/example_row (example) int32 of shaped", "Row of the same picture among those above."
)
EXAMPLE_PIXELS = optional(
    "shape/example_pixels (example, version | example_row, example_col, channel) uint8",
    "Its versions as the model saw them, smaller by a whole factor where they are large.",
)
