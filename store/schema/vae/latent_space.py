"""Datasets of the VAE study's latent space, of its prior and of passes through the model."""

from store.schema.spec import TEXT, ArraySpec

PICTURE = ("pixel_row", "pixel_col")

# --- latents of the test images -------------------------------------------------------------
POSTERIOR_MEAN = ArraySpec(
    "latent/posterior_mean",
    ("image", "latent"),
    "float32",
    "Mean of q(z|x) of each test image.",
    tolerance=5.0,
)
KL_PER_DIM_NATS = ArraySpec(
    "latent/kl_per_dim_nats",
    ("latent",),
    "float32",
    "KL of each latent dimension, mean over the test set.",
    "nats",
    tolerance=1.0,
)
MEAN_VARIANCE = ArraySpec(
    "latent/mean_variance",
    ("latent",),
    "float32",
    "Variance of the posterior mean over the test set.",
    tolerance=1.0,
)
ACTIVE_BY_VARIANCE = ArraySpec(
    "latent/active_by_variance",
    ("latent",),
    "uint8",
    "1 where that variance is at least 0.01 (Burda et al. 2016).",
    tolerance=1,
)
ACTIVE_BY_KL = ArraySpec(
    "latent/active_by_kl", ("latent",), "uint8", "1 where that KL is at least 0.05.", tolerance=1
)
PCA_XY = ArraySpec(
    "latent/pca_xy",
    ("image", "xy"),
    "float32",
    "First two principal components of the posterior means.",
    tolerance=10.0,
)
PCA_VARIANCE_SHARE = ArraySpec(
    "latent/pca_variance_share",
    ("xy",),
    "float32",
    "Share of variance on each of the two.",
    tolerance=0.1,
)
SHOWN_IMAGE = ArraySpec(
    "latent/shown_image", ("shown",), "int32", "Test image of each point of the UMAP layout."
)
UMAP_XY = ArraySpec(
    "latent/umap_xy",
    ("shown", "xy"),
    "float32",
    "UMAP of the posterior means; unitless, distances between islands mean nothing.",
    tolerance=60.0,
)
LAYOUT = ArraySpec("latent/layout", ("layout",), TEXT, "pca, umap.")
TRUSTWORTHINESS = ArraySpec(
    "latent/trustworthiness",
    ("layout",),
    "float32",
    "Share-like measure of kept neighbours, 15 of them, on the shown images (Venna & Kaski 2001).",
    tolerance=0.05,
)
TRAVERSAL_LATENT = ArraySpec(
    "latent/traversal_latent", ("traversal",), "int32", "Latent dimension moved, highest KL first."
)
TRAVERSAL_VALUE = ArraySpec(
    "latent/traversal_value", ("step",), "float32", "Value given to that dimension; the rest are 0."
)
TRAVERSAL = ArraySpec(
    "latent/traversal",
    ("traversal", "step", *PICTURE),
    "float16",
    "Decoded pictures along each traversal, in [0, 1].",
    tolerance=0.5,
    view_axes=1,
)

# --- the prior, and the pictures nearest to its own -----------------------------------------
PRIOR_SAMPLE = ArraySpec(
    "latent/prior_sample",
    ("prior_sample", *PICTURE),
    "float16",
    "Decoded draws from the prior N(0, I), in [0, 1].",
    tolerance=1.0,
    view_axes=1,
)
NEAREST_IMAGE = ArraySpec(
    "prior/nearest_image",
    ("prior_sample", "rank"),
    "int32",
    "Test images with the least squared error to each prior sample, nearest first.",
    tolerance=1e9,
)
NEAREST_ERROR = ArraySpec(
    "prior/nearest_squared_error",
    ("prior_sample", "rank"),
    "float32",
    "That squared error, summed over pixels.",
    tolerance=30.0,
)
NEAREST_PIXELS = ArraySpec(
    "prior/nearest_pixels",
    ("prior_sample", "rank", *PICTURE),
    "uint8",
    "Those test images.",
    tolerance=255,
    view_axes=1,
)

# --- decode, encode, decode …: `pass` 0 is the start ----------------------------------------
START = ArraySpec(
    "passes/start", ("start",), TEXT, "Where latents start: test images, prior samples."
)
PASS = ArraySpec("passes/pass", ("pass",), "int32", "How often the latent was decoded and encoded.")


def _passes(
    field: str, about: str, unit: str = "1", tolerance: float = 0.1, *, required: bool = True
) -> ArraySpec:
    about = f"{about}: value, low and high over the latents; NaN where it is not defined."
    dims = ("start", "pass", "estimate")
    path = f"passes/{field}"
    return ArraySpec(path, dims, "float32", about, unit, tolerance=tolerance, required=required)


LATENT_STEP = _passes("latent_step", "Mean of |z_t - z_(t-1)| / |z_(t-1)|")
LATENT_FROM_START = _passes("latent_from_start", "Mean of |z_t - z_0| / |z_0|")
LATENT_STEP_ACTIVE = _passes(
    "latent_step_active",
    "Mean of |z_t - z_(t-1)| / |z_(t-1)| over the dimensions that are active by their KL alone",
    required=False,
)
LATENT_FROM_START_ACTIVE = _passes(
    "latent_from_start_active",
    "Mean of |z_t - z_0| / |z_0| over the dimensions that are active by their KL alone",
    required=False,
)
UNUSED_SHARE = _passes(
    "unused_share",
    "Mean share of |z_t - z_0|^2 that lies in the dimensions that are not active by their KL",
    required=False,
)
PICTURE_STEP = _passes(
    "picture_step",
    "Mean squared error between the picture of this pass and of the one before, the original "
    "itself being the picture before pass 0 of a test image",
    "per image",
    tolerance=2.0,
)
SECOND_PASS_RATIO = ArraySpec(
    "passes/second_pass_ratio",
    ("start", "estimate"),
    "float32",
    "Median over pictures of the squared error between first and second copy, over that between "
    "original and first copy, low and high (bootstrap); the original of a prior sample is the "
    "picture decoded from it. NaN where there are too few passes.",
    tolerance=0.1,
    required=False,
)
CLASS_KEPT = _passes("class_kept", "Share whose neighbours' class is still that of pass 0")
CLASS_SHARE = ArraySpec(
    "passes/class_share",
    ("start", "pass", "class"),
    "float32",
    "Share of latents whose neighbours are of each class.",
    tolerance=0.1,
)
CHAIN_SAMPLE = ArraySpec("passes/sample", ("chain",), "int32", "Sample whose passes are pictured.")
CHAIN_PICTURE = ArraySpec(
    "passes/picture",
    ("chain", "pass", *PICTURE),
    "float16",
    "Its picture decoded in each pass, in [0, 1].",
    tolerance=1.0,
    view_axes=1,
)

# --- decoder, for NumPy: sigmoid(relu(z A + a) B + b) ----------------------------------------
DECODER_HIDDEN_WEIGHT = ArraySpec(
    "decoder/hidden_weight", ("latent", "hidden"), "float32", "A.", tolerance=2.0
)
DECODER_HIDDEN_BIAS = ArraySpec("decoder/hidden_bias", ("hidden",), "float32", "a.", tolerance=2.0)
DECODER_OUTPUT_WEIGHT = ArraySpec(
    "decoder/output_weight", ("hidden", "pixel"), "float32", "B.", tolerance=2.0
)
DECODER_OUTPUT_BIAS = ArraySpec("decoder/output_bias", ("pixel",), "float32", "b.", tolerance=2.0)

ARRAYS = (
    POSTERIOR_MEAN,
    KL_PER_DIM_NATS,
    MEAN_VARIANCE,
    ACTIVE_BY_VARIANCE,
    ACTIVE_BY_KL,
    PCA_XY,
    PCA_VARIANCE_SHARE,
    SHOWN_IMAGE,
    UMAP_XY,
    LAYOUT,
    TRUSTWORTHINESS,
    TRAVERSAL_LATENT,
    TRAVERSAL_VALUE,
    TRAVERSAL,
    PRIOR_SAMPLE,
    NEAREST_IMAGE,
    NEAREST_ERROR,
    NEAREST_PIXELS,
    START,
    PASS,
    LATENT_STEP,
    LATENT_FROM_START,
    LATENT_STEP_ACTIVE,
    LATENT_FROM_START_ACTIVE,
    UNUSED_SHARE,
    PICTURE_STEP,
    SECOND_PASS_RATIO,
    CLASS_KEPT,
    CLASS_SHARE,
    CHAIN_SAMPLE,
    CHAIN_PICTURE,
    DECODER_HIDDEN_WEIGHT,
    DECODER_HIDDEN_BIAS,
    DECODER_OUTPUT_WEIGHT,
    DECODER_OUTPUT_BIAS,
)
