"""Datasets of the VAE study's own model: training curves, reconstructions, blur, re-encoding.

Those of the latent space and of the sweep are in `vae_latent` and `vae_sweep`.

The `image` axis is the whole test set; `sample` is the few test images stored as pictures.
"""

from store.schema.common import COMMON
from store.schema.spec import TEXT, ArraySpec, StudySpec
from store.schema.vae import latent_space, sweep

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

STATEMENT = ArraySpec(
    "conventions/name", ("statement",), TEXT, "Ways to state the last held-out loss."
)
STATED_CONVENTION = ArraySpec(
    "conventions/convention", ("statement",), TEXT, "JSON LossConvention of each."
)
STATED_LOSS = ArraySpec(
    "conventions/loss",
    ("statement",),
    "float64",
    "The same loss in that convention, converted exactly.",
    "per image",
    tolerance=2.0,
)
IMPLIED_SIGMA = ArraySpec(
    "training/implied_sigma",
    (),
    "float32",
    "Pixel noise, on [0, 1], that the loss amounts to: sqrt(beta / 2).",
)

BASELINE_NAME = ArraySpec(
    "baselines/name", ("baseline",), TEXT, "VAE, PCA-20, linear VAE, mean image."
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


def _per_image(field: str, about: str, tolerance: float, required: bool = True) -> ArraySpec:
    return ArraySpec(
        f"test/{field}", ("image",), "float32", about, tolerance=tolerance, required=required
    )


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
# Older files of this format have none of the three.
MATCHED_RATIO = _per_image(
    "laplacian_ratio_matched",
    "The Laplacian ratio over the ratio of the pixels' variances: at one contrast; NaN where flat.",
    0.5,
    required=False,
)
MATCHED_RATIO_BLURRED = _per_image(
    "laplacian_ratio_matched_blurred",
    "The same for a Gaussian-blurred original (control).",
    0.01,
    required=False,
)
MATCHED_RATIO_SHARPENED = _per_image(
    "laplacian_ratio_matched_sharpened",
    "The same for a sharpened original (control).",
    0.05,
    required=False,
)
HIGH_FREQUENCY_RATIO = _per_image(
    "high_frequency_ratio",
    "Energy above 0.25 cycles per pixel: reconstruction over original.",
    1.0,
)
HIGH_FREQUENCY_RATIO_BLURRED = _per_image(
    "high_frequency_ratio_blurred", "The same for a Gaussian-blurred original (control).", 0.01
)
HIGH_FREQUENCY_RATIO_SHARPENED = _per_image(
    "high_frequency_ratio_sharpened", "The same for a sharpened original (control).", 0.05
)
PSNR = _per_image("psnr_db", "Peak signal-to-noise ratio, data range 1, in dB.", 3.0)
PSNR_BLURRED = _per_image("psnr_db_blurred", "The same for a Gaussian-blurred original.", 0.01)
SSIM = _per_image("ssim", "Structural similarity, window 7, data range 1.", 0.2)
SSIM_BLURRED = _per_image("ssim_blurred", "The same for a Gaussian-blurred original.", 0.01)
LATENT_DRIFT = _per_image(
    "latent_drift", "|mu' - mu| / |mu| after decoding mu and encoding again.", 0.3
)
SECOND_PASS_RATIO = _per_image(
    "second_pass_ratio",
    "Squared error between first and second copy, over that between original and first copy.",
    0.3,
)
CLASS_AGREES = ArraySpec(
    "test/class_agrees",
    ("image",),
    "uint8",
    "1 where the nearest-neighbour class of mu' equals that of mu.",
    tolerance=1,
)

# --- worst, best, and each class ------------------------------------------------------------
EXTREME_IMAGE = ArraySpec(
    "extremes/image", ("extreme",), "int32", "Row in the test set; worst first.", tolerance=1e9
)
EXTREME_IS_WORST = ArraySpec(
    "extremes/is_worst", ("extreme",), "uint8", "1 for the largest squared errors, 0 for the least."
)
EXTREME_PIXELS = ArraySpec(
    "extremes/pixels",
    ("extreme", *PICTURE),
    "uint8",
    "The original image.",
    tolerance=255,
    view_axes=1,
)
EXTREME_RECONSTRUCTION = ArraySpec(
    "extremes/reconstruction",
    ("extreme", *PICTURE),
    "float16",
    "Decoded posterior mean, in [0, 1].",
    tolerance=1.0,
    view_axes=1,
)
CLASS_ERROR = ArraySpec(
    "classes/squared_error",
    ("class", "estimate"),
    "float32",
    "Mean held-out squared error of each class, low and high (bootstrap over its images).",
    "per image",
    tolerance=1.0,
)

STUDY = StudySpec(
    "vae",
    (
        *COMMON,
        SPLIT,
        LOSS_CONVENTION,
        LOSS,
        RECONSTRUCTION_TERM,
        KL_NATS,
        IMPLIED_SIGMA,
        STATEMENT,
        STATED_CONVENTION,
        STATED_LOSS,
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
        MATCHED_RATIO,
        MATCHED_RATIO_BLURRED,
        MATCHED_RATIO_SHARPENED,
        HIGH_FREQUENCY_RATIO,
        HIGH_FREQUENCY_RATIO_BLURRED,
        HIGH_FREQUENCY_RATIO_SHARPENED,
        PSNR,
        PSNR_BLURRED,
        SSIM,
        SSIM_BLURRED,
        LATENT_DRIFT,
        SECOND_PASS_RATIO,
        CLASS_AGREES,
        EXTREME_IMAGE,
        EXTREME_IS_WORST,
        EXTREME_PIXELS,
        EXTREME_RECONSTRUCTION,
        CLASS_ERROR,
        *latent_space.ARRAYS,
        *sweep.ARRAYS,
    ),
)
