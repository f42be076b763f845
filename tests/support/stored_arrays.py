"""Studies that hold a few datasets alone, for tests of what is said of them."""

from dataclasses import dataclass

import numpy as np

from store.schema.vae import latent_space, names


@dataclass(frozen=True)
class StoredArrays:
    """A study that holds these datasets alone."""

    arrays: dict

    def read(self, spec):
        return self.arrays[spec]

    def row(self, spec, name):
        return self.arrays[spec].tolist().index(name)

    def size(self, dim):
        return len(self.arrays[latent_space.ACTIVE_BY_KL]) if dim == "latent" else None


def vae_study(n_active, n_latents):
    """A study whose latents all vary over images, though the KL of some alone is paid for."""
    active = np.arange(n_latents) < n_active
    drift = np.array([[[0.0], [0.24]], [[0.0], [0.83]]])
    return StoredArrays(
        {
            latent_space.ACTIVE_BY_KL: active.astype("uint8"),
            latent_space.ACTIVE_BY_VARIANCE: np.ones(n_latents, "uint8"),
            latent_space.KL_PER_DIM_NATS: active.astype(float),
            latent_space.LATENT_FROM_START: drift,
            latent_space.LATENT_FROM_START_ACTIVE: drift / 2,
            latent_space.UNUSED_SHARE: drift,
            latent_space.START: np.array(names.STARTS),
        }
    )
