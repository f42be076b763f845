"""The names that the VAE study stores, each spelled once.

The tuples give the order in which a study measures and stores them. A store may hold fewer, so a
reader looks a name's row up in the store and never counts on its position here.
"""

# --- models: reconstruction terms and architectures --------------------------------------------
SQUARED_ERROR, BERNOULLI = "squared_error", "bernoulli"
CONTINUOUS_BERNOULLI, GAUSSIAN = "continuous_bernoulli", "gaussian"
TERMS = (SQUARED_ERROR, BERNOULLI, CONTINUOUS_BERNOULLI, GAUSSIAN)
HALF_SQUARED_ERROR = "half_squared_error"  # a way to state a loss, trained by no model
MLP, CONVOLUTIONAL = "mlp", "convolutional"
ARCHITECTURES = (MLP, CONVOLUTIONAL)

# --- training ----------------------------------------------------------------------------------
TRAIN, HELD_OUT = "train", "held_out"
SPLITS = (TRAIN, HELD_OUT)

# --- collapse: what is done against it ---------------------------------------------------------
NO_CURE, WARM_UP, FREE_BITS = "none", "warm_up", "free_bits"
CURES = (NO_CURE, WARM_UP, FREE_BITS)

# --- reconstructions: what the model's error is compared with ----------------------------------
OWN_MODEL, LINEAR_VAE, MEAN_IMAGE = "VAE", "linear VAE", "mean image"


def pca_baseline(n_components: int) -> str:
    """Return the name of a PCA with so many components."""
    return f"PCA-{n_components}"


# --- latent space ------------------------------------------------------------------------------
PCA, UMAP = "pca", "umap"
LAYOUTS = (PCA, UMAP)
TEST_IMAGES, PRIOR_SAMPLES = "test images", "prior samples"
STARTS = (TEST_IMAGES, PRIOR_SAMPLES)  # of repeated passes

# --- priors: where the latents of new pictures come from, and what they are judged beside --------
NORMAL, LAPLACE, AGGREGATED = "normal", "laplace", "aggregated_posterior"
GENERATED = (NORMAL, LAPLACE, AGGREGATED)
RECONSTRUCTIONS, HELD_OUT_IMAGES = "reconstructions", "held_out_images"
SOURCES = (*GENERATED, RECONSTRUCTIONS, HELD_OUT_IMAGES)

# --- sweep: what is measured of every training -------------------------------------------------
TRAIN_LOSS, HELD_OUT_LOSS = "train_loss", "held_out_loss"
PSNR_DB, SSIM = "psnr_db", "ssim"
KL_NATS = "kl_nats"
ACTIVE_BY_VARIANCE, ACTIVE_BY_KL = "active_by_variance", "active_by_kl"
MUTUAL_INFORMATION_NATS = "mutual_information_nats"
ELBO_NATS, LOG_LIKELIHOOD_NATS = "elbo_nats", "log_likelihood_nats"
LAPLACIAN_RATIO, HIGH_FREQUENCY_RATIO = "laplacian_ratio", "high_frequency_ratio"
LATENT_DRIFT, LATENT_DRIFT_ACTIVE = "latent_drift", "latent_drift_active"
SECOND_PASS_RATIO, CLASS_AGREEMENT = "second_pass_ratio", "class_agreement"
PRIOR_DRIFT, PRIOR_DRIFT_ACTIVE = "prior_drift", "prior_drift_active"

# --- claims ------------------------------------------------------------------------------------
LOSS_CLAIM, BLUR_CLAIM, REENCODE_CLAIM = "vae-loss", "vae-blur", "vae-reencode"
CLAIMS = (LOSS_CLAIM, BLUR_CLAIM, REENCODE_CLAIM)
