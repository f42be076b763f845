"""Datasets of the VAE study's sweep: many trainings around the study's own model.

A `point` is one setting of architecture, reconstruction term, KL weight and latents; each was
trained with several seeds. Points with the own model's term and latents form the sweep over the KL
weight, those with its term and KL weight the sweep over the number of latents.
"""

from store.schema.spec import TEXT, ArraySpec

PICTURE = ("pixel_row", "pixel_col")


def _of_point(
    field: str,
    dtype: str,
    about: str,
    unit: str = "1",
    tolerance: float = 0.0,
    *,
    required: bool = True,
) -> ArraySpec:
    path = f"sweep/{field}"
    return ArraySpec(path, ("point",), dtype, about, unit, tolerance=tolerance, required=required)


ARCHITECTURE = _of_point("architecture", TEXT, "mlp or convolutional.")
TERM = _of_point(
    "term", TEXT, "Reconstruction term: squared_error, bernoulli, continuous_bernoulli, gaussian."
)
KL_WEIGHT = _of_point("kl_weight", "float32", "Weight of the KL: beta.")
LATENT_DIM = _of_point("latent_dim", "int32", "Latent dimensions.")
EPOCHS = _of_point("epochs", "int32", "Epochs of each training.")
N_TRAIN = _of_point("n_train", "int32", "Training images of each training.")
POINT_CONVENTION = _of_point(
    "loss_convention",
    TEXT,
    "JSON LossConvention of the held-out loss; a learned sigma is the last, mean over seeds.",
)
TRAIN_CONVENTION = _of_point(
    "train_convention",
    TEXT,
    "JSON LossConvention of the training loss; a learned sigma is the last, mean over seeds, "
    "though it moved during the epoch.",
    required=False,
)
IMPLIED_SIGMA = _of_point(
    "implied_sigma",
    "float32",
    "Pixel noise, on [0, 1], of the Gaussian that the loss amounts to: sqrt(beta / 2) for a summed "
    "squared error, the learned sigma of a Gaussian term; NaN for other terms.",
    tolerance=0.05,
)
BERNOULLI_FLOOR = _of_point(
    "bernoulli_floor",
    "float32",
    "Mean entropy of the held-out images' grey values, which no binary cross-entropy can go below; "
    "NaN for other terms.",
    "nats per image",
    tolerance=0.01,
)
PCA_ERROR = _of_point(
    "pca_squared_error",
    "float32",
    "Held-out squared error of PCA with as many components as the point has latents.",
    "per image",
    tolerance=0.05,
)
LINEAR_ERROR = _of_point(
    "linear_squared_error",
    "float32",
    "Held-out squared error of the best linear VAE with the point's beta and latents, in closed "
    "form; NaN unless the term is the squared error and beta is positive.",
    "per image",
    tolerance=0.05,
)
LINEAR_LOSS = _of_point(
    "linear_loss", "float32", "Held-out loss of that linear VAE.", "per image", tolerance=0.05
)
LINEAR_ACTIVE = _of_point(
    "linear_active", "float32", "Latents in use of that linear VAE.", tolerance=0.5
)

INFORMATION_CEILING = ArraySpec(
    "sweep/mutual_information_ceiling_nats",
    (),
    "float32",
    "Log of the number of images that mutual information is estimated from: the estimate cannot "
    "exceed it, so that one near it says 'at least'.",
    "nats",
    tolerance=0.01,
    required=False,
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
    "elbo_nats": ("Evidence lower bound on log p(x); NaN where p(x|z) is no density", "nats", 15.0),
    "log_likelihood_nats": (
        "Importance-weighted lower bound on log p(x); NaN where p(x|z) is no density",
        "nats",
        15.0,
    ),
    "laplacian_ratio": ("Median ratio of the Laplacian's variance, copy over original", "1", 0.05),
    "high_frequency_ratio": (
        "Median ratio of energy above 0.25 cycles/px, copy over original",
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
ESTIMATES = {
    name: ArraySpec(
        f"sweep/{name}",
        ("point", "estimate"),
        "float32",
        f"{about}: mean over seeds, low and high (t interval over seeds, NaN for one seed).",
        unit,
        tolerance=tolerance,
        required=name not in OPTIONAL,
    )
    for name, (about, unit, tolerance) in METRICS.items()
}
BY_SEED = {
    name: ArraySpec(
        f"sweep_seeds/{name}",
        ("point", "seed"),
        "float32",
        f"{about}, of each training.",
        unit,
        tolerance=4 * tolerance,
        required=name not in OPTIONAL,
    )
    for name, (about, unit, tolerance) in METRICS.items()
}

TREND = ArraySpec("trend/measure", ("trend",), TEXT, "A metric of the sweep over the KL weight.")
TREND_SPEARMAN = ArraySpec(
    "trend/spearman",
    ("trend",),
    "float32",
    "Rank correlation of its mean over seeds with beta; squared error, the own model's latents.",
    tolerance=0.2,
)
TREND_MONOTONE = ArraySpec(
    "trend/monotone",
    ("trend",),
    "uint8",
    "1 where that mean never moves against the trend, equal neighbours allowed.",
    tolerance=1,
)

BETA = ArraySpec(
    "gallery/kl_weight", ("beta",), "float32", "Beta of each model whose pictures are stored."
)
BETA_POINT = ArraySpec("gallery/point", ("beta",), "int32", "Its point of the sweep; first seed.")


def _pictures(field: str, about: str) -> ArraySpec:
    return ArraySpec(
        f"gallery/{field}",
        ("beta", "sample", *PICTURE),
        "float16",
        about,
        tolerance=1.0,
        view_axes=2,
    )


BETA_RECONSTRUCTION = _pictures("reconstruction", "Each sample decoded from its posterior mean.")
BETA_SECOND_PASS = _pictures("second_pass", "The reconstruction, encoded and decoded once more.")
BETA_ERROR = ArraySpec(
    "gallery/squared_error", ("beta", "sample"), "float32", "Its squared error.", tolerance=30.0
)
BETA_LAPLACIAN_RATIO = ArraySpec(
    "gallery/laplacian_ratio", ("beta", "sample"), "float32", "Its Laplacian ratio.", tolerance=2.0
)

ARRAYS = (
    ARCHITECTURE,
    TERM,
    KL_WEIGHT,
    LATENT_DIM,
    EPOCHS,
    N_TRAIN,
    POINT_CONVENTION,
    TRAIN_CONVENTION,
    IMPLIED_SIGMA,
    BERNOULLI_FLOOR,
    PCA_ERROR,
    LINEAR_ERROR,
    LINEAR_LOSS,
    LINEAR_ACTIVE,
    INFORMATION_CEILING,
    *ESTIMATES.values(),
    *BY_SEED.values(),
    TREND,
    TREND_SPEARMAN,
    TREND_MONOTONE,
    BETA,
    BETA_POINT,
    BETA_RECONSTRUCTION,
    BETA_SECOND_PASS,
    BETA_ERROR,
    BETA_LAPLACIAN_RATIO,
)
