"""Datasets of the VAE study: training curves, reconstructions, blur, re-encoding, latents.

The `image` axis is the whole test set; `sample` is the few test images stored as pictures.
"""

from store.schema.common import COMMON
from store.schema.spec import TEXT, ArraySpec, StudySpec

PICTURE = ("pixel_row", "pixel_col")

# --- training -------------------------------------------------------------------------------
SPLIT = ArraySpec("training/split", ("split",), TEXT, "Which images: train, held_out.")
LOSS_CONVENTION = ArraySpec(
    "training/loss_convention",
    ("split",),
    TEXT,
    "JSON LossConvention of each curve: reconstruction term, pixel range, reductions, KL weight, "
    "latent used, what the figure is averaged over.",
)


def _curve(field: str, about: str) -> ArraySpec:
    return ArraySpec(
        f"training/{field}", ("epoch", "split"), "float32", about, "per image", tolerance=0.5
    )


LOSS = _curve("loss", "Reconstruction term plus weighted KL, in the stated convention.")
RECONSTRUCTION_TERM = _curve("reconstruction", "The reconstruction term alone.")
KL_NATS = _curve("kl_nats", "KL(q(z|x) || p(z)), in nats, not weighted.")

BASELINE_NAME = ArraySpec(
    "baselines/name", ("baseline",), TEXT, "VAE (posterior mean), PCA-20, mean image."
)
BASELINE_ERROR = ArraySpec(
    "baselines/squared_error",
    ("baseline", "estimate"),
    "float32",
    "Held-out squared error summed over pixels in [0, 1]: mean, low and high (bootstrap).",
    "per image",
    tolerance=0.5,
)

# --- sample images --------------------------------------------------------------------------
SAMPLE_IMAGE = ArraySpec("samples/image", ("sample",), "int32", "Row in the test set.")
SAMPLE_PIXELS = ArraySpec(
    "samples/pixels", ("sample", *PICTURE), "uint8", "The original image.", view_axes=1
)
SAMPLE_RECONSTRUCTION = ArraySpec(
    "samples/reconstruction",
    ("sample", *PICTURE),
    "float16",
    "Decoded posterior mean, in [0, 1].",
    tolerance=0.1,
    view_axes=1,
)
SAMPLE_SECOND_PASS = ArraySpec(
    "samples/second_pass",
    ("sample", *PICTURE),
    "float16",
    "The reconstruction, encoded and decoded once more, in [0, 1].",
    tolerance=0.1,
    view_axes=1,
)

# --- per test image -------------------------------------------------------------------------
LABEL = ArraySpec("test/label", ("image",), "int32", "True label index.")


def _per_image(field: str, about: str, tolerance: float) -> ArraySpec:
    return ArraySpec(f"test/{field}", ("image",), "float32", about, tolerance=tolerance)


SQUARED_ERROR = _per_image(
    "squared_error", "Squared error summed over pixels, posterior mean; pixels in [0, 1].", 20.0
)
PCA_SQUARED_ERROR = _per_image(
    "pca_squared_error", "The same error of a PCA with as many components as latents.", 0.05
)
LAPLACIAN_RATIO = _per_image(
    "laplacian_ratio",
    "Variance of the Laplacian: reconstruction over original; < 1 is blurrier.",
    0.5,
)
LAPLACIAN_RATIO_BLURRED = _per_image(
    "laplacian_ratio_blurred", "The same ratio for a Gaussian-blurred original (control).", 0.01
)
LAPLACIAN_RATIO_SHARPENED = _per_image(
    "laplacian_ratio_sharpened", "The same ratio for a sharpened original (control).", 0.05
)
LATENT_DRIFT = _per_image(
    "latent_drift", "|mu' - mu| / |mu| after decoding mu and encoding again.", 0.3
)
SECOND_PASS_RATIO = _per_image(
    "second_pass_ratio", "Second-pass squared error over first-pass squared error.", 0.3
)
CLASS_AGREES = ArraySpec(
    "test/class_agrees",
    ("image",),
    "uint8",
    "1 where the nearest-neighbour class of mu' equals that of mu.",
    tolerance=1,
)

# --- latent space ---------------------------------------------------------------------------
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
    "Variance of the posterior mean over the test set; active at >= 0.01 (Burda et al. 2016).",
    tolerance=1.0,
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
PRIOR_SAMPLE = ArraySpec(
    "latent/prior_sample",
    ("prior_sample", *PICTURE),
    "float16",
    "Decoded draws from the prior N(0, I), in [0, 1].",
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

STUDY = StudySpec(
    "vae",
    (
        *COMMON,
        SPLIT,
        LOSS_CONVENTION,
        LOSS,
        RECONSTRUCTION_TERM,
        KL_NATS,
        BASELINE_NAME,
        BASELINE_ERROR,
        SAMPLE_IMAGE,
        SAMPLE_PIXELS,
        SAMPLE_RECONSTRUCTION,
        SAMPLE_SECOND_PASS,
        LABEL,
        SQUARED_ERROR,
        PCA_SQUARED_ERROR,
        LAPLACIAN_RATIO,
        LAPLACIAN_RATIO_BLURRED,
        LAPLACIAN_RATIO_SHARPENED,
        LATENT_DRIFT,
        SECOND_PASS_RATIO,
        CLASS_AGREES,
        POSTERIOR_MEAN,
        KL_PER_DIM_NATS,
        MEAN_VARIANCE,
        PCA_XY,
        PCA_VARIANCE_SHARE,
        TRAVERSAL_LATENT,
        TRAVERSAL_VALUE,
        TRAVERSAL,
        PRIOR_SAMPLE,
        DECODER_HIDDEN_WEIGHT,
        DECODER_HIDDEN_BIAS,
        DECODER_OUTPUT_WEIGHT,
        DECODER_OUTPUT_BIAS,
    ),
)
