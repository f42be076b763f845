"""Datasets of the VAE study on posterior collapse: loss lines, cures, and what theory predicts.

A `collapse_run` is a loss line with a cure, or with none, trained with several seeds; what is
stored by epoch is of the first one. Older files of this format have none of these datasets.
"""

from store.schema.spec import ArraySpec, listed, optional
from store.schema.vae import names

PIXELS = optional(
    "collapse/reduce_pixels (collapse_run) utf8", "How the squared error is reduced: sum, mean."
)
LATENTS = optional("collapse/reduce_latents (collapse_run) utf8", "How the KL is: sum, mean.")
KL_WEIGHT = optional("collapse/kl_weight (collapse_run) float32", "Weight that the line writes.")
EFFECTIVE_BETA = optional(
    "collapse/effective_beta (collapse_run) float32",
    "Weight of the KL where both terms are sums, which the line amounts to and which was trained.",
)
CURE = optional(
    "collapse/cure (collapse_run) utf8", f"What is done against it: {listed(names.CURES)}."
)
N_TRAIN = optional("collapse/n_train () int32 count", "Training images of each training.")
VARIANCE = optional(
    "collapse/pca_variance (component) float32 ±0.05",
    "Variance of the training images along their principal directions, pixels in [0, 1].",
)
LINEAR_ACTIVE = optional(
    "collapse/linear_active (collapse_run) int32 count ±0.5",
    "Latents that the best linear VAE uses: directions whose variance exceeds effective_beta / 2.",
)

# --- by epoch, of the first seed ------------------------------------------------------------------
LOSS = optional(
    "collapse/loss (collapse_run, collapse_epoch, split) float32 ±2000 [per image]",
    "Squared error plus effective_beta times the KL, both summed.",
)
RECONSTRUCTION = optional(
    "collapse/squared_error (collapse_run, collapse_epoch, split) float32 ±5 [per image]",
    "The squared error alone, of a picture decoded from a sample.",
)
KL_NATS = optional(
    "collapse/kl_nats (collapse_run, collapse_epoch, split) float32 ±2 [per image]",
    "KL(q(z|x) || p(z)), in nats, not weighted.",
)
KL_BY_LATENT = optional(
    "collapse/kl_by_latent (collapse_run | collapse_epoch, latent) float32 ±1 [nats]",
    "KL of each latent, mean over the held-out images.",
)
GENERATION = optional(
    "collapse/generation (collapse_run | collapse_epoch, draw, pixel_row, pixel_col) uint8 ±255",
    "Pictures decoded from the same draws of the prior N(0, I) after each epoch.",
)

# --- at the end, of every seed --------------------------------------------------------------------
# outcome -> (what it is, unit, largest accepted difference between two runs)
_OUTCOMES = {
    "active": ("Latents with a held-out KL of at least 0.05 nats", "1", 2),
    "final_squared_error": ("Held-out squared error, from a sample", "per image", 1),
    "elbo_nats": (
        "Evidence lower bound of the held-out images, with sigma^2 = effective_beta / 2",
        "nats per image",
        20,
    ),
}
OUTCOMES: dict[str, tuple[ArraySpec, ArraySpec]] = {
    name: (
        optional(
            f"collapse/{name} (collapse_run, estimate) float32 ±{tolerance} [{unit}]",
            f"{about}: mean over seeds (t interval over seeds, NaN for one seed).",
        ),
        optional(
            f"collapse_seeds/{name} (collapse_run, collapse_seed) float32 "
            f"±{4 * tolerance} [{unit}]",
            f"{about}, of each training.",
        ),
    )
    for name, (about, unit, tolerance) in _OUTCOMES.items()
}
ACTIVE, FINAL_ERROR, ELBO = (estimate for estimate, _ in OUTCOMES.values())
BY_SEED = {name: each for name, (_, each) in OUTCOMES.items()}
