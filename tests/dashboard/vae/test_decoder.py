"""The stored decoder in NumPy, against torch; and the explorer's page as a reader moves it."""

import numpy as np
import torch

from dashboard.vae.explorer.decoder import Decoder
from precompute.vae.latent_space.summary import decoder_arrays
from precompute.vae.model.networks import MlpVae
from store.schema.vae import latent_space


def test_the_stored_decoder_equals_torchs():
    torch.manual_seed(0)
    model = MlpVae(n_pixels=16, hidden_dim=8, latent_dim=3)
    arrays = decoder_arrays(model)
    decoder = Decoder(
        arrays[latent_space.DECODER_HIDDEN_WEIGHT],
        arrays[latent_space.DECODER_HIDDEN_BIAS],
        arrays[latent_space.DECODER_OUTPUT_WEIGHT],
        arrays[latent_space.DECODER_OUTPUT_BIAS],
    )
    latent = np.array([0.5, -2.0, 1.0], np.float32)
    theirs = model.decode(torch.from_numpy(latent)[None]).detach().numpy().reshape(4, 4)
    np.testing.assert_allclose(decoder.picture(latent), theirs, atol=1e-6)


def test_a_latent_far_out_gives_a_picture_within_range_and_no_warning():
    rng = np.random.default_rng(0)
    decoder = Decoder(*(rng.normal(0, 9, s).astype("f4") for s in ((2, 8), 8, (8, 9), 9)))
    picture = decoder.picture(np.array([400.0, -400.0], np.float32))
    assert picture.shape == (3, 3)
    assert 0 <= picture.min() <= picture.max() <= 1
