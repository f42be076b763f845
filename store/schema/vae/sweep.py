"""Datasets of the VAE study's sweep: many trainings around the study's own model.

A `point` is one setting of architecture, reconstruction term, KL weight and latents; each was
trained with several seeds. Points with the own model's term and latents form the sweep over the KL
weight, those with its term and KL weight the sweep over the number of latents.
"""

from store.schema.spec import ArraySpec, array, listed, optional
from store.schema.vae import names

ARCHITECTURE = array("sweep/architecture (point) utf8", f"{listed(names.ARCHITECTURES)}.")
TERM = array("sweep/term (point) utf8", f"Reconstruction term: {listed(names.TERMS)}.")
KL_WEIGHT = array("sweep/kl_weight (point) float32", "Weight of the KL: beta.")
LATENT_DIM = array("sweep/latent_dim (point) int32 count", "Latent dimensions.")
EPOCHS = array("sweep/epochs (point) int32 count", "Epochs of each training.")
N_TRAIN = array("sweep/n_train (point) int32 count", "Training images of each training.")
POINT_CONVENTION = array(
    "sweep/loss_convention (point) utf8",
    "JSON LossConvention of the held-out loss; a learned sigma is the last, mean over seeds.",
)
TRAIN_CONVENTION = optional(
    "sweep/train_convention (point) utf8",
    "JSON LossConvention of the training loss; a learned sigma is the last, mean over seeds, "
    "though it moved during the epoch.",
)
IMPLIED_SIGMA = array(
    "sweep/implied_sigma (point) float32 ±0.05",
    "Pixel noise, on [0, 1], of the Gaussian that the loss amounts to: sqrt(beta / 2) for a "
    "summed squared error, the learned sigma of a Gaussian term; NaN for other terms.",
)
BERNOULLI_FLOOR = array(
    "sweep/bernoulli_floor (point) float32 ±0.01 [nats per image]",
    "Mean entropy of the held-out images' grey values, which no binary cross-entropy can go below; "
    "NaN for other terms.",
)
PCA_ERROR = array(
    "sweep/pca_squared_error (point) float32 ±0.05 [per image]",
    "Held-out squared error of PCA with as many components as the point has latents.",
)
LINEAR_ERROR = array(
    "sweep/linear_squared_error (point) float32 ±0.05 [per image]",
    "Held-out squared error of the best linear VAE with the point's beta and latents, in closed "
    "form; NaN unless the term is the squared error and beta is positive.",
)
LINEAR_LOSS = array(
    "sweep/linear_loss (point) float32 ±0.05 [per image]", "Held-out loss of that linear VAE."
)
LINEAR_ACTIVE = array(
    "sweep/linear_active (point) float32 ±0.5", "Latents in use of that linear VAE."
)

INFORMATION_CEILING = optional(
    "sweep/mutual_information_ceiling_nats () float32 ±0.01 [nats]",
    "Log of the number of images that mutual information is estimated from: the estimate cannot "
    "exceed it, so that one near it says 'at least'.",
)

# metric -> (what it is, unit, largest accepted difference between two runs)
METRICS = {
    "train_loss": ("Training loss of the last epoch, in train_convention", "per image", 1.0),
    "held_out_loss": ("Held-out loss, in loss_convention", "per image", 1.0),
    "squared_error": (
        "Held-out squared error summed over pixels in [0, 1], from the posterior mean",
        "per image",
        0.5,
    ),
    "psnr_db": ("Mean over images of the peak signal-to-noise ratio", "dB", 0.3),
    "ssim": ("Mean structural similarity, window 7, data range 1", "1", 0.02),
    "kl_nats": ("KL(q(z|x) || p(z)), not weighted", "nats per image", 1.0),
    "active_by_variance": ("Latents whose posterior mean has a variance of at least 0.01", "1", 2),
    "active_by_kl": ("Latents with a mean KL of at least 0.05 nats", "1", 2),
    "mutual_information_nats": (
        "Mutual information of images and latents under q; at most the log of the images it is "
        "estimated from",
        "nats",
        0.5,
    ),
    "elbo_nats": ("Evidence lower bound on log p(x); NaN where p(x|z) is no density", "nats", 15),
    "log_likelihood_nats": (
        "Importance-weighted ELBO; NaN where p(x|z) is no density",
        "nats",
        15.0,
    ),
    "laplacian_ratio": ("Median ratio of the Laplacian's variance, copy over original", "1", 0.05),
    "high_frequency_ratio": (
        "Median ratio of energy > 0.25 cycles/px, copy to original",
        "1",
        0.05,
    ),
    "latent_drift": ("Median relative move of the latent after re-encoding", "1", 0.05),
    "latent_drift_active": ("The same over the dimensions active by their KL alone", "1", 0.05),
    "second_pass_ratio": (
        "Median of the squared error between first and second copy, over that between original "
        "and first copy",
        "1",
        0.05,
    ),
    "class_agreement": ("Share of images whose neighbours' class survives re-encoding", "1", 0.05),
    "prior_drift": ("Median relative move of a latent drawn from the prior", "1", 0.1),
    "prior_drift_active": ("The same over the dimensions active by their KL alone", "1", 0.1),
}
OPTIONAL = {"latent_drift_active", "prior_drift_active"}  # older files of this format have none


def _of_every_metric(folder: str, axis: str, times: int, about: str) -> dict[str, ArraySpec]:
    """Return a dataset for each metric: so many times its tolerance, `about` behind its meaning."""
    return {
        name: array(
            f"{folder}/{name} (point, {axis}) float32 ±{times * tolerance:g} [{unit}]",
            f"{meaning}{about}.",
            required=name not in OPTIONAL,
        )
        for name, (meaning, unit, tolerance) in METRICS.items()
    }


OF_SEEDS = ": mean over seeds (t interval over seeds, NaN for one seed)"
ESTIMATES = _of_every_metric("sweep", "estimate", 1, OF_SEEDS)
BY_SEED = _of_every_metric("sweep_seeds", "seed", 4, ", of each training")

TREND = array("trend/measure (trend) utf8", "A metric of the sweep over the KL weight.")
TREND_SPEARMAN = array(
    "trend/spearman (trend) float32 ±0.2",
    "Rank correlation of its mean over seeds with beta; squared error, the own model's latents.",
)
TREND_MONOTONE = array(
    "trend/monotone (trend) uint8 of 2 ±1",
    "1 where that mean never moves against the trend, equal neighbours allowed.",
)

BETA = array("gallery/kl_weight (beta) float32", "Beta of each model whose pictures are stored.")
BETA_POINT = array("gallery/point (beta) int32 of point", "Its point of the sweep; first seed.")

BETA_RECONSTRUCTION = array(
    "gallery/reconstruction (beta, sample | pixel_row, pixel_col) float16 ±1",
    "Each sample decoded from its posterior mean.",
)
BETA_SECOND_PASS = array(
    "gallery/second_pass (beta, sample | pixel_row, pixel_col) float16 ±1",
    "The reconstruction, encoded and decoded once more.",
)
BETA_ERROR = array("gallery/squared_error (beta, sample) float32 ±30", "Its squared error.")
BETA_LAPLACIAN_RATIO = array(
    "gallery/laplacian_ratio (beta, sample) float32 ±2", "Its Laplacian ratio."
)
