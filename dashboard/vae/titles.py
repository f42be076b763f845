"""The reader's words for what the VAE study stores, by the names it is stored under."""

from dashboard.ui import formatting
from store.records import LossConvention, LossLine
from store.schema.vae import names

# Metrics of the sweep, in tables.
LOSS_METRICS = {
    names.HELD_OUT_LOSS: "held-out loss",
    names.SQUARED_ERROR: "squared error",
    names.KL_NATS: "KL, nats",
    names.ACTIVE_BY_KL: "active by KL",
    names.LAPLACIAN_RATIO: "sharpness kept",
    names.LOG_LIKELIHOOD_NATS: "log p(x) bound, nats",
}
SECOND_PASS_METRICS = {
    names.SECOND_PASS_RATIO: "second-pass error ratio",
    names.CLASS_AGREEMENT: "class kept",
    names.LATENT_DRIFT: "latent drift",
    names.LATENT_DRIFT_ACTIVE: "latent drift, in use",
    names.PRIOR_DRIFT: "prior drift",
    names.PRIOR_DRIFT_ACTIVE: "prior drift, in use",
}
TREND_METRICS = {  # in a sentence on what rises or falls with the KL weight
    names.KL_NATS: "KL",
    names.ACTIVE_BY_KL: "the number of active latents",
    names.LAPLACIAN_RATIO: "sharpness",
    names.SQUARED_ERROR: "the squared error",
}
# Lines of the sweep's charts.
ACTIVE_SERIES = {
    names.ACTIVE_BY_KL: "by KL ≥ 0.05 nat",
    names.ACTIVE_BY_VARIANCE: "by variance ≥ 0.01",
}
BOUND_SERIES = {names.LOG_LIKELIHOOD_NATS: "importance-weighted", names.ELBO_NATS: "ELBO"}
SHARPNESS_SERIES = {
    names.LAPLACIAN_RATIO: "Laplacian",
    names.HIGH_FREQUENCY_RATIO: "high frequencies",
}
CURES = {names.NO_CURE: "no cure", names.WARM_UP: "warm-up", names.FREE_BITS: "free bits"}
SOURCES = {  # of pictures
    names.NORMAL: "the prior N(0, I)",
    names.LAPLACE: "a Laplacian of equal variance",
    names.AGGREGATED: "the aggregated posterior",
    names.RECONSTRUCTIONS: "reconstructions",
    names.HELD_OUT_IMAGES: "held-out images",
}
REAL_SOURCES = (names.RECONSTRUCTIONS, names.HELD_OUT_IMAGES)  # what generated ones are beside
LAYOUT_NOTES = {
    names.PCA: "PCA is a rotation: what lies across these two directions is not seen.",
    names.UMAP: "UMAP keeps neighbours, not distances: the space between islands means nothing.",
}


def loss_line(line: LossLine) -> str:
    """Return how a loss is written, such as "mean over pixels + sum over latents, β 1"."""
    return f"{line.pixels} over pixels + {line.latents} over latents, β {line.kl_weight:g}"


def read_convention(stored: str) -> LossConvention | None:
    """Return a stored loss convention; None where it is not ours."""
    try:
        return LossConvention.from_json(stored)
    except (ValueError, TypeError, KeyError):
        return None


def loss_convention(stored: str) -> str:
    """Return a stored loss convention as one sentence; one that is not ours, as it stands."""
    loss = read_convention(stored)
    if loss is None:
        return f"stored in words that this program does not know: {stored}"
    low, high = loss.pixel_range
    noise = f" of sigma {loss.sigma:.3g}" if loss.sigma else ""
    return (
        f"{formatting.titled(loss.reconstruction, {})}{noise} on pixels from {low:g} to {high:g}, "
        f"{loss.reduce_pixels} over pixels, {loss.reduce_batch} over the batch; KL weight "
        f"{loss.kl_weight:g}; decoded from the {formatting.titled(loss.latent, {})}; averaged over "
        f"{loss.averaged_over}."
    )
