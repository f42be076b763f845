"""Datasets of the ViT study's masking part: survival of labels when patches are hidden.

Not every arm is run under every fill and ratio; N_MASKS says which cells are.
"""

from store.schema.spec import TEXT, ArraySpec

PATCHES = ("patch_row", "patch_col")
CELL = ("arm", "ratio", "fill")

MASK_ARM = ArraySpec(
    "masking/arm",
    ("arm",),
    TEXT,
    "Which patches are hidden: centre_block, random_block, scattered, periphery, most_attended, "
    "least_attended.",
)
MASK_FILL = ArraySpec(
    "masking/fill",
    ("fill",),
    TEXT,
    "What replaces them: black, grey, mean, blur, other_image, or token_drop (nothing).",
)
N_MASKED = ArraySpec("masking/n_masked", ("ratio",), "int32", "Number of patches hidden.")
MASK_RATIO = ArraySpec(
    "masking/mask_ratio", ("ratio",), "float32", "Share of patches hidden: n_masked / patches."
)
N_MASKS = ArraySpec(
    "masking/n_masks",
    CELL,
    "int32",
    "Masks per image in each cell of the design, seeds from the first; 0 where it was not run.",
)
MASKED_PREDICTED = ArraySpec(
    "masking/predicted",
    ("image", "seed", *CELL),
    "int16",
    "Label that the masked image receives; -1 where the cell was not run.",
    view_axes=1,
)
MASKED_PROBABILITY = ArraySpec(
    "masking/original_probability",
    ("image", "seed", *CELL),
    "float16",
    "Probability, under the mask, of the label that the unmasked image received; NaN if not run.",
    tolerance=2e-3,
    view_axes=1,
)
SURVIVAL = ArraySpec(
    "masking/survival",
    (*CELL, "estimate"),
    "float32",
    "Share of masked images whose label is the unmasked image's own: value, low and high "
    "(bootstrap over images, Wilson where all are alike); NaN where not run.",
    tolerance=0.02,
)
MASKED_ACCURACY = ArraySpec(
    "masking/accuracy",
    (*CELL, "estimate"),
    "float32",
    "Share of masked images that receive their true label, or one of the expected labels where no "
    "true one is known, likewise; NaN where neither is.",
    tolerance=0.02,
)
MEAN_PROBABILITY = ArraySpec(
    "masking/mean_original_probability",
    (*CELL, "estimate"),
    "float32",
    "Mean over images of the original label's probability, likewise.",
    tolerance=0.02,
)
PROBABILITY_QUARTILE = ArraySpec(
    "masking/original_probability_quartile",
    (*CELL, "quartile"),
    "float32",
    "Lower quartile, median and upper quartile over images of that probability, mean over seeds.",
    tolerance=0.02,
)
CONTIGUITY = ArraySpec(
    "masking/contiguity",
    ("ratio", "fill", "estimate"),
    "float32",
    "Survival under a block at a random place minus under scattered patches, paired by image; "
    "NaN where not run.",
    tolerance=0.02,
)
FILL_SENSITIVITY = ArraySpec(
    "masking/fill_sensitivity",
    ("arm", "ratio", "estimate"),
    "float32",
    "Largest minus smallest survival over the fills, on the same masks; NaN where not run.",
    tolerance=0.02,
)
FILL_CHANCE = ArraySpec(
    "masking/fill_sensitivity_by_chance",
    ("arm", "ratio"),
    "float32",
    "The same range when the fills of each image are shuffled, mean over shuffles.",
    tolerance=0.02,
)
WRONG_LABEL = ArraySpec(
    "masking/wrong_label",
    ("fill", "rank"),
    "int32",
    "Most frequent labels among masked images that lost their own, scattered arm, at the share "
    "nearest one half, on the masks that every fill shares; -1 if fewer.",
)
WRONG_LABEL_SHARE = ArraySpec(
    "masking/wrong_label_share",
    ("fill", "rank"),
    "float32",
    "Share of the lost labels that went there; NaN if fewer.",
    tolerance=0.02,
)
PUZZLE_SHARE = ArraySpec(
    "masking/puzzle_share",
    ("fill", "estimate"),
    "float32",
    "Share of all images under those masks whose label turned to a puzzle-like one; NaN if the "
    "model has no such label.",
    tolerance=0.02,
)
MASKING_FINDING = ArraySpec(
    "masking/finding",
    ("masking_finding",),
    TEXT,
    "What was found about contiguity, about the fills, and where lost labels go, in words.",
)
GALLERY_RANKING = ArraySpec(
    "masking/gallery_ranking",
    ("gallery", "arm", *PATCHES),
    "int16",
    "Order in which patches are hidden (seed 0): a patch is hidden when its rank < n_masked.",
    view_axes=1,
)
GALLERY_FILL_PIXELS = ArraySpec(
    "masking/gallery_fill_pixels",
    ("gallery", "fill", "pixel_row", "pixel_col", "channel"),
    "uint8",
    "What each fill shows in hidden patches; for token_drop, which shows nothing, zeros.",
    view_axes=2,
)
GALLERY_MASKED_TOP_INDEX = ArraySpec(
    "masking/gallery_top_index",
    ("gallery", *CELL, "top"),
    "int32",
    "Label indices of the masked gallery image (seed 0), most probable first; -1 where not run.",
    view_axes=1,
)
GALLERY_MASKED_TOP_PROBABILITY = ArraySpec(
    "masking/gallery_top_probability",
    ("gallery", *CELL, "top"),
    "float16",
    "Probability of each of those labels; NaN where not run.",
    tolerance=2e-3,
    view_axes=1,
)

ARRAYS = (
    MASK_ARM,
    MASK_FILL,
    N_MASKED,
    MASK_RATIO,
    N_MASKS,
    MASKED_PREDICTED,
    MASKED_PROBABILITY,
    SURVIVAL,
    MASKED_ACCURACY,
    MEAN_PROBABILITY,
    PROBABILITY_QUARTILE,
    CONTIGUITY,
    FILL_SENSITIVITY,
    FILL_CHANCE,
    WRONG_LABEL,
    WRONG_LABEL_SHARE,
    PUZZLE_SHARE,
    MASKING_FINDING,
    GALLERY_RANKING,
    GALLERY_FILL_PIXELS,
    GALLERY_MASKED_TOP_INDEX,
    GALLERY_MASKED_TOP_PROBABILITY,
)
