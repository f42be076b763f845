"""Datasets of the VAE study on priors: new pictures by where their latents come from.

Each `source` gives as many pictures. Reconstructions and held-out images stand beside the
generated ones as what the decoder can reach and as real pictures. Older files have none of these.
"""

from store.schema.spec import listed, optional
from store.schema.vae.names import SOURCES

SOURCE = optional(
    "priors/source (source) utf8", f"Where the pictures come from: {listed(SOURCES)}."
)
N_PICTURES = optional("priors/n_pictures () int32 count", "Pictures of each source.")
N_REFERENCE = optional(
    "priors/n_reference () int32 count", "Training images that the Fréchet distance is to."
)
PICTURE = optional(
    "priors/picture (source, tile | pixel_row, pixel_col) uint8 ±255",
    "The first pictures of each source.",
)
NEAREST_PICTURE = optional(
    "priors/nearest_picture (source, tile | pixel_row, pixel_col) uint8 ±255",
    "The training image with the least squared error to each.",
)
NEAREST_ERROR = optional(
    "priors/nearest_squared_error (source, picture) float32 ±30",
    "Least squared error, summed over pixels, to a training image.",
)
MEAN_NEAREST_ERROR = optional(
    "priors/mean_nearest_squared_error (source, estimate) float32 ±2 [per image]",
    "Its mean (bootstrap).",
)
FRECHET_DISTANCE = optional(
    "priors/frechet_distance (source, estimate) float32 ±3",
    "Fréchet distance to training images, of the class token's features in the embedded ViT: mean "
    "over equal parts of the pictures (t interval over parts). It is biased upwards, for all "
    "sources alike. NaN where the pictures have another size than that ViT's.",
)
