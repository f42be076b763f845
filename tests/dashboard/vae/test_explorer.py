"""The explorer: the decoder in NumPy beside torch, which latents have a slider, what it moves."""

import numpy as np
import pytest
import torch

from dashboard.vae.explorer import Layer, MlpDecoder, active_latents, read_decoder, sliders_words
from precompute.vae.latent_space.summary import decoder_arrays
from precompute.vae.model.networks import ConvolutionalVae, MlpVae
from store.reader import open_store
from store.schema.vae import latent_space
from tests.support import report_states
from tests.support.opened_pages import image_urls
from tests.support.stored_arrays import vae_study


class Stored:
    """A store's arrays, read as a page reads a study's."""

    def __init__(self, arrays):
        self.arrays = arrays

    def has(self, spec):
        return spec in self.arrays

    def read(self, spec):
        return self.arrays[spec].astype(spec.dtype)


@pytest.mark.parametrize("size", [{"n_pixels": 16, "hidden_dim": 8}, {"n_pixels": 64}])
def test_the_stored_decoder_equals_torchs(size):
    torch.manual_seed(0)
    model = (MlpVae if "hidden_dim" in size else ConvolutionalVae)(**size, latent_dim=3)
    decode = read_decoder(Stored(decoder_arrays(model)))
    latent = np.array([0.5, -2.0, 1.0], np.float32)
    theirs = model.decode(torch.from_numpy(latent)[None]).detach().numpy()
    side = round(size["n_pixels"] ** 0.5)
    # The convolutional one's weights are stored in half precision.
    np.testing.assert_allclose(decode(latent), theirs.reshape(side, side), atol=1e-4)


def test_a_latent_far_out_gives_a_picture_within_range_and_no_warning():
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 9, size).astype("f4") for size in ((2, 8), 8, (8, 9), 9)]
    picture = MlpDecoder(Layer(*weights[:2]), Layer(*weights[2:]))(np.array([400.0, -400.0]))
    assert picture.shape == (3, 3)
    assert 0 <= picture.min() <= picture.max() <= 1


@pytest.mark.parametrize(
    ("n_active", "n_latents", "words"),
    [
        (8, 20, "8 of 20 latents change the picture; each has a slider."),
        (20, 20, "20 of 20 latents change the picture; the 12 of them with most KL have a slider."),
        (0, 5, "0 of 5 latents change the picture; the first 5 have a slider."),
    ],
)
def test_the_explorer_says_how_many_of_the_active_latents_have_a_slider(n_active, n_latents, words):
    assert sliders_words(vae_study(n_active, n_latents)) == words


def test_sliders_are_offered_for_the_latents_that_move_the_picture():
    assert active_latents(vae_study(3, 8)).tolist() == [0, 1, 2]


def test_moving_a_latent_changes_its_value_and_the_picture_alone(open_page):
    app = open_page("explorer", report_states.committed)
    share, first = app.slider[:2]
    assert share.label == "Way from start to end"
    before, urls = app.dataframe[0].value, image_urls(app)
    first.set_value(1.5)
    app.run()
    assert not app.exception
    changed = {about for about, url in image_urls(app).items() if urls[about] != url}
    assert changed == {"Decoded now"}
    after = app.dataframe[0].value
    moved = after["now"] - before["now"]
    assert moved.iloc[0] == pytest.approx(1.5)
    assert moved.iloc[1:].abs().max() == 0
    app.slider[0].set_value(1.0)
    app.slider[1].set_value(0.0)
    app.run()
    at_end = app.dataframe[0].value
    assert at_end["now"].tolist() == pytest.approx(at_end["end"].tolist(), abs=1e-5)


def test_sliders_come_by_kl_where_one_column_stands_below_the_other(page_of):
    app = page_of("explorer", report_states.committed)
    with open_store(report_states.COMMITTED / "vae.h5", "vae") as store:
        kl = store.read(latent_space.KL_PER_DIM_NATS)
    latents = [int(slider.label.split()[2]) for slider in app.slider if "latent" in slider.label]
    assert len(latents) > 2
    assert (np.diff(kl[latents]) <= 0).all()
