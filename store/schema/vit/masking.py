"""Datasets of the ViT study's masking part: survival of labels when patches are hidden.

Not every arm is run under every fill and ratio; N_MASKS says which cells are.
"""

from store.schema.spec import array, listed
from store.schema.vit.names import ARMS, FILLS, TOKEN_DROP

MASK_ARM = array("masking/arm (arm) utf8", f"Which patches are hidden: {listed(ARMS)}.")
MASK_FILL = array("masking/fill (fill) utf8", f"What replaces them: {listed(FILLS)} (nothing).")
N_MASKED = array("masking/n_masked (ratio) int32 count", "Number of patches hidden.")
MASK_RATIO = array(
    "masking/mask_ratio (ratio) float32", "Share of patches hidden: n_masked / patches."
)
N_MASKS = array(
    "masking/n_masks (arm, ratio, fill) int32 count",
    "Masks per image in each cell of the design, seeds from the first; 0 where it was not run.",
)
MASKED_PREDICTED = array(
    "masking/predicted (image | seed, arm, ratio, fill) int16 of class or -1",
    "Label that the masked image receives; -1 where the cell was not run.",
)
MASKED_PROBABILITY = array(
    "masking/original_probability (image | seed, arm, ratio, fill) float16 ±0.002",
    "Probability, under the mask, of the label that the unmasked image received; NaN if not run.",
)
SURVIVAL = array(
    "masking/survival (arm, ratio, fill, estimate) float32 ±0.02",
    "Share of masked images whose label is the unmasked image's own (bootstrap over images, "
    "Wilson where all are alike); NaN where not run.",
)
MASKED_ACCURACY = array(
    "masking/accuracy (arm, ratio, fill, estimate) float32 ±0.02",
    "Share of masked images that receive their true label, or one of the expected labels where no"
    " true one is known, likewise; NaN where neither is.",
)
MEAN_PROBABILITY = array(
    "masking/mean_original_probability (arm, ratio, fill, estimate) float32 ±0.02",
    "Mean over images of the original label's probability, likewise.",
)
PROBABILITY_QUARTILE = array(
    "masking/original_probability_quartile (arm, ratio, fill, quartile) float32 ±0.02",
    "Lower quartile, median and upper quartile over images of that probability, mean over seeds.",
)
CONTIGUITY = array(
    "masking/contiguity (ratio, fill, estimate) float32 ±0.02",
    "Survival under a random block minus scattered patches, paired by image (bootstrap over "
    "images); NaN where not run.",
)
FILL_SENSITIVITY = array(
    "masking/fill_sensitivity (arm, ratio, estimate) float32 ±0.02",
    "Largest minus smallest survival over the fills, on the same masks; NaN where not run.",
)
FILL_CHANCE = array(
    "masking/fill_sensitivity_by_chance (arm, ratio) float32 ±0.02",
    "The same range when the fills of each image are shuffled, mean over shuffles.",
)
WRONG_LABEL = array(
    "masking/wrong_label (fill, rank) int32 of class or -1",
    "Most frequent labels among masked images that lost their own, scattered arm, at the share "
    "nearest one half, on the masks that every fill shares; -1 if fewer.",
)
WRONG_LABEL_SHARE = array(
    "masking/wrong_label_share (fill, rank) float32 ±0.02",
    "Share of the lost labels that went there; NaN if fewer.",
)
PUZZLE_SHARE = array(
    "masking/puzzle_share (fill, estimate) float32 ±0.02",
    "Share of all images under those masks whose label turned to a puzzle-like one; NaN if the "
    "model has no such label.",
)
MASKING_FINDING = array(
    "masking/finding (masking_finding) utf8",
    "What was found about contiguity, about the fills, and where lost labels go, in words.",
)
GALLERY_RANKING = array(
    "masking/gallery_ranking (gallery | arm, patch_row, patch_col) int16 count",
    "Order in which patches are hidden (seed 0): a patch is hidden when its rank < n_masked.",
)
GALLERY_FILL_PIXELS = array(
    "masking/gallery_fill_pixels (gallery, fill | pixel_row, pixel_col, channel) uint8",
    f"What each fill shows in hidden patches; for {TOKEN_DROP}, which shows nothing, zeros.",
)
GALLERY_MASKED_TOP_INDEX = array(
    "masking/gallery_top_index (gallery | arm, ratio, fill, top) int32 of class or -1",
    "Label indices of the masked gallery image (seed 0), most probable first; -1 where not run.",
)
GALLERY_MASKED_TOP_PROBABILITY = array(
    "masking/gallery_top_probability (gallery | arm, ratio, fill, top) float16 ±0.002",
    "Probability of each of those labels; NaN where not run.",
)
