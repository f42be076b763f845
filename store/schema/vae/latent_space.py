"""Datasets of the VAE study's latent space, of its prior and of passes through the model."""

from store.schema.spec import array, listed, optional
from store.schema.vae.names import LAYOUTS, STARTS

# --- latents of the test images -------------------------------------------------------------
POSTERIOR_MEAN = array(
    "latent/posterior_mean (image, latent) float32 ±5", "Mean of q(z|x) of each test image."
)
KL_PER_DIM_NATS = array(
    "latent/kl_per_dim_nats (latent) float32 ±1 [nats]",
    "KL of each latent dimension, mean over the test set.",
)
MEAN_VARIANCE = array(
    "latent/mean_variance (latent) float32 ±1", "Variance of the posterior mean over the test set."
)
ACTIVE_BY_VARIANCE = array(
    "latent/active_by_variance (latent) uint8 of 2 ±1",
    "1 where that variance is at least 0.01 (Burda et al. 2016).",
)
ACTIVE_BY_KL = array(
    "latent/active_by_kl (latent) uint8 of 2 ±1", "1 where that KL is at least 0.05."
)
PCA_XY = array(
    "latent/pca_xy (image, xy) float32 ±10",
    "First two principal components of the posterior means.",
)
PCA_VARIANCE_SHARE = array(
    "latent/pca_variance_share (xy) float32 ±0.1", "Share of the variance on each axis."
)
SHOWN_IMAGE = array("latent/shown_image (shown) int32 of image", "Test image of each UMAP point.")
UMAP_XY = array(
    "latent/umap_xy (shown, xy) float32 ±60",
    "UMAP of the posterior means; unitless, distances between islands mean nothing.",
)
LAYOUT = array("latent/layout (layout) utf8", f"{listed(LAYOUTS)}.")
TRUSTWORTHINESS = array(
    "latent/trustworthiness (layout) float32 ±0.05",
    "Share-like measure of kept neighbours, 15 of them, on the shown images (Venna & Kaski 2001).",
)
TRAVERSAL_LATENT = array(
    "latent/traversal_latent (traversal) int32 of latent",
    "Latent dimension moved, highest KL first.",
)
TRAVERSAL_VALUE = array(
    "latent/traversal_value (step) float32", "Value given to that dimension; the rest are 0."
)
TRAVERSAL = array(
    "latent/traversal (traversal | step, pixel_row, pixel_col) float16 ±0.5",
    "Decoded pictures along each traversal, in [0, 1].",
)

# --- the prior, and the pictures nearest to its own -----------------------------------------
PRIOR_SAMPLE = array(
    "latent/prior_sample (prior_sample | pixel_row, pixel_col) float16 ±1",
    "Decoded draws from the prior N(0, I), in [0, 1].",
)
NEAREST_IMAGE = array(
    "prior/nearest_image (prior_sample, rank) int32 of image ±1e9",
    "Test images with the least squared error to each prior sample, nearest first.",
)
NEAREST_ERROR = array(
    "prior/nearest_squared_error (prior_sample, rank) float32 ±30",
    "That squared error, summed over pixels.",
)
NEAREST_PIXELS = array(
    "prior/nearest_pixels (prior_sample | rank, pixel_row, pixel_col) uint8 ±255",
    "Those test images.",
)

# --- decode, encode, decode …: `pass` 0 is the start ----------------------------------------
START = array("passes/start (start) utf8", f"Where latents start: {listed(STARTS)}.")
PASS = array("passes/pass (pass) int32 count", "How often the latent was decoded and encoded.")

LATENT_STEP = array(
    "passes/latent_step (start, pass, estimate) float32 ±0.1",
    "Mean over the latents of |z_t - z_(t-1)| / |z_(t-1)| (bootstrap over latents); NaN where it "
    "is not defined.",
)
LATENT_FROM_START = array(
    "passes/latent_from_start (start, pass, estimate) float32 ±0.1",
    "Mean over the latents of |z_t - z_0| / |z_0|; NaN where it is not defined.",
)
LATENT_STEP_ACTIVE = optional(
    "passes/latent_step_active (start, pass, estimate) float32 ±0.1",
    "latent_step over the dimensions that are active by their KL alone.",
)
LATENT_FROM_START_ACTIVE = optional(
    "passes/latent_from_start_active (start, pass, estimate) float32 ±0.1",
    "latent_from_start over the dimensions that are active by their KL alone.",
)
UNUSED_SHARE = optional(
    "passes/unused_share (start, pass, estimate) float32 ±0.1",
    "Mean share of |z_t - z_0|^2 in the dimensions not active by their KL; NaN where undefined.",
)
PICTURE_STEP = array(
    "passes/picture_step (start, pass, estimate) float32 ±2 [per image]",
    "Mean squared error between the picture of this pass and of the one before, at pass 0 of a "
    "test image the original itself; NaN where it is not defined.",
)
SECOND_PASS_RATIO = optional(
    "passes/second_pass_ratio (start, estimate) float32 ±0.1",
    "Median over pictures of the squared error between first and second copy, over that between "
    "original and first copy (bootstrap); the original of a prior sample is the picture decoded "
    "from it. NaN where there are too few passes.",
)
CLASS_KEPT = array(
    "passes/class_kept (start, pass, estimate) float32 ±0.1",
    "Share of latents whose neighbours' class is still that of pass 0 (Wilson); NaN where "
    "undefined.",
)
CLASS_SHARE = array(
    "passes/class_share (start, pass, class) float32 ±0.1",
    "Share of latents whose neighbours are of each class.",
)
CHAIN_SAMPLE = array("passes/sample (chain) int32 count", "Sample whose passes are pictured.")
CHAIN_PICTURE = array(
    "passes/picture (chain | pass, pixel_row, pixel_col) float16 ±1",
    "Its picture decoded in each pass, in [0, 1].",
)

# --- decoder, for NumPy ----------------------------------------------------------------------
# Of an MLP: sigmoid(relu(z A + a) B + b). Of the convolutional one: relu(relu(z A + a) M + m) is a
# map of 64 channels at a quarter of the side, which two transposed convolutions (4 by 4, stride 2,
# padding 1) make into the picture: relu after the first, the sigmoid after the second.
DECODER_HIDDEN_WEIGHT = array("decoder/hidden_weight (latent, hidden) float32 ±2", "A.")
DECODER_HIDDEN_BIAS = array("decoder/hidden_bias (hidden) float32 ±2", "a.")
DECODER_OUTPUT_WEIGHT = optional("decoder/output_weight (hidden, pixel) float32 ±2", "B.")
DECODER_OUTPUT_BIAS = optional("decoder/output_bias (pixel) float32 ±2", "b.")
DECODER_MAP_WEIGHT = optional("decoder/map_weight (hidden, map) float16 ±2", "M.")
DECODER_MAP_BIAS = optional("decoder/map_bias (map) float16 ±2", "m.")
DECODER_MIDDLE_WEIGHT = optional(
    "decoder/middle_weight (channel, middle, kernel_row, kernel_col) float16 ±2",
    "Weights of the first transposed convolution.",
)
DECODER_MIDDLE_BIAS = optional("decoder/middle_bias (middle) float16 ±2", "Its bias.")
DECODER_LAST_WEIGHT = optional(
    "decoder/last_weight (middle, kernel_row, kernel_col) float16 ±2",
    "Weights of the second transposed convolution.",
)
DECODER_LAST_BIAS = optional("decoder/last_bias () float32 ±2", "Its bias.")
