"""Datasets of the VAE study, a module per part.

The `image` axis is the whole test set; `sample` is the few test images stored as pictures.
"""

from store.schema.common import COMMON
from store.schema.spec import StudySpec, arrays_in
from store.schema.vae import collapse, latent_space, priors, reconstructions, sweep

STUDY = StudySpec("vae", COMMON + arrays_in(reconstructions, latent_space, sweep, collapse, priors))
