"""Datasets of the VAE study's own model: training curves, reconstructions, blur, re-encoding."""

from store.schema.spec import ArraySpec, array, listed, optional
from store.schema.vae.names import SPLITS

# --- training -------------------------------------------------------------------------------
SPLIT = array("training/split (split) utf8", f"Which images: {listed(SPLITS)}.")
LOSS_CONVENTION = array(
    "training/loss_convention (split) utf8",
    "JSON LossConvention of each curve: reconstruction term, pixel range, reductions, KL weight, "
    "latent used, what the figure is averaged over.",
)

LOSS = array(
    "training/loss (epoch, split) float32 ±0.5 [per image]",
    "Reconstruction term plus weighted KL, in the stated convention.",
)
RECONSTRUCTION_TERM = array(
    "training/reconstruction (epoch, split) float32 ±0.5 [per image]",
    "The reconstruction term alone.",
)
KL_NATS = array(
    "training/kl_nats (epoch, split) float32 ±0.5 [per image]",
    "KL(q(z|x) || p(z)), in nats, not weighted.",
)

IMPLIED_SIGMA = array(
    "training/implied_sigma () float32",
    "Pixel noise, on [0, 1], that the loss amounts to: sqrt(beta / 2).",
)
# Older files of this format have none of the four.
LAST_BY_SEED = optional(
    "training/last_train_loss (own_seed) float32 ±0.5 [per image]",
    "Training loss of the last epoch of each training of the own model, one per seed.",
)
FIRST_EPOCH_BATCH = optional(
    "training/first_epoch_batch_size (first_epoch) int32 count", "Images a step of a training."
)
FIRST_EPOCH_RATE = optional(
    "training/first_epoch_learning_rate (first_epoch) float32", "Its learning rate, of Adam."
)
FIRST_EPOCH_LOSS = optional(
    "training/first_epoch_loss (first_epoch) float32 ±1 [per image]",
    "Its training loss in the first epoch.",
)
STATEMENT = array("conventions/name (statement) utf8", "Ways to state the last held-out loss.")
STATED_CONVENTION = array("conventions/convention (statement) utf8", "JSON LossConvention of each.")
STATED_LOSS = array(
    "conventions/loss (statement) float64 ±2 [per image]",
    "The same loss in that convention, converted exactly.",
)

BASELINE_NAME = array("baselines/name (baseline) utf8", "VAE, PCA-20, linear VAE, mean image.")
BASELINE_ERROR = array(
    "baselines/squared_error (baseline, estimate) float32 ±0.5 [per image]",
    "Mean held-out squared error summed over pixels in [0, 1] (bootstrap).",
)

# --- sample images --------------------------------------------------------------------------
SAMPLE_IMAGE = array("samples/image (sample) int32 of image", "Row in the test set.")
SAMPLE_PIXELS = array("samples/pixels (sample | pixel_row, pixel_col) uint8", "The original image.")
SAMPLE_RECONSTRUCTION = array(
    "samples/reconstruction (sample | pixel_row, pixel_col) float16 ±0.1",
    "Decoded posterior mean, in [0, 1].",
)
SAMPLE_SECOND_PASS = array(
    "samples/second_pass (sample | pixel_row, pixel_col) float16 ±0.1",
    "The reconstruction, encoded and decoded once more, in [0, 1].",
)

# --- per test image -------------------------------------------------------------------------
LABEL = array("test/label (image) int32 of class", "True label index.")


def _blurred(ratio: str, *, required: bool = True) -> ArraySpec:
    about = "The same measure for a Gaussian-blurred original (control)."
    return array(f"test/{ratio}_blurred (image) float32 ±0.01", about, required=required)


def _sharpened(ratio: str, *, required: bool = True) -> ArraySpec:
    about = "The same measure for a sharpened original (control)."
    return array(f"test/{ratio}_sharpened (image) float32 ±0.05", about, required=required)


SQUARED_ERROR = array(
    "test/squared_error (image) float32 ±20",
    "Squared error summed over pixels, posterior mean; pixels in [0, 1].",
)
PCA_SQUARED_ERROR = array(
    "test/pca_squared_error (image) float32 ±0.05",
    "The same error of a PCA with as many components as latents.",
)
LAPLACIAN_RATIO = array(
    "test/laplacian_ratio (image) float32 ±0.5",
    "Variance of the Laplacian: reconstruction over original; < 1 is blurrier.",
)
LAPLACIAN_RATIO_BLURRED = _blurred("laplacian_ratio")
LAPLACIAN_RATIO_SHARPENED = _sharpened("laplacian_ratio")
# Older files of this format have none of these six.
MATCHED_RATIO = optional(
    "test/laplacian_ratio_matched (image) float32 ±0.5",
    "The Laplacian ratio over the ratio of the pixels' variances: at one contrast; NaN where flat.",
)
MATCHED_RATIO_BLURRED = _blurred("laplacian_ratio_matched", required=False)
MATCHED_RATIO_SHARPENED = _sharpened("laplacian_ratio_matched", required=False)
DETAIL = optional(
    "test/detail (image) float32 ±0.3",
    "Slope of the copy's Laplacian on the original's, over the slope of the pixels: the share of "
    "fine detail kept, which neither grain nor faintness changes; NaN where flat or misplaced.",
)
DETAIL_BLURRED = _blurred("detail", required=False)
DETAIL_SHARPENED = _sharpened("detail", required=False)
HIGH_FREQUENCY_RATIO = array(
    "test/high_frequency_ratio (image) float32 ±1",
    "Energy above 0.25 cycles per pixel: reconstruction over original.",
)
HIGH_FREQUENCY_RATIO_BLURRED = _blurred("high_frequency_ratio")
HIGH_FREQUENCY_RATIO_SHARPENED = _sharpened("high_frequency_ratio")
PSNR = array("test/psnr_db (image) float32 ±3", "Peak signal-to-noise ratio, data range 1, in dB.")
PSNR_BLURRED = _blurred("psnr_db")
SSIM = array("test/ssim (image) float32 ±0.2", "Structural similarity, window 7, data range 1.")
SSIM_BLURRED = _blurred("ssim")
LATENT_DRIFT = array(
    "test/latent_drift (image) float32 ±0.3",
    "|mu' - mu| / |mu| after decoding mu and encoding again.",
)
SECOND_PASS_RATIO = array(
    "test/second_pass_ratio (image) float32 ±0.3",
    "Squared error between first and second copy, over that between original and first copy.",
)
CLASS_AGREES = array(
    "test/class_agrees (image) uint8 of 2 ±1",
    "1 where the nearest-neighbour class of mu' equals that of mu.",
)

# --- worst, best, and each class ------------------------------------------------------------
EXTREME_IMAGE = array(
    "extremes/image (extreme) int32 of image ±1e9", "Row in the test set; worst first."
)
EXTREME_IS_WORST = array(
    "extremes/is_worst (extreme) uint8 of 2", "1 for the largest squared errors, 0 for the least."
)
EXTREME_PIXELS = array(
    "extremes/pixels (extreme | pixel_row, pixel_col) uint8 ±255", "The original image."
)
EXTREME_RECONSTRUCTION = array(
    "extremes/reconstruction (extreme | pixel_row, pixel_col) float16 ±1",
    "Decoded posterior mean, in [0, 1].",
)
CLASS_ERROR = array(
    "classes/squared_error (class, estimate) float32 ±1 [per image]",
    "Mean held-out squared error of each class (bootstrap over its images).",
)
