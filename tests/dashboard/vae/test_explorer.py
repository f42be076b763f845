"""The explorer: the decoder in NumPy beside torch, which latents have a slider, what it moves."""

import json

import numpy as np
import pytest
import torch

from dashboard.export.elements import PageDrawer
from dashboard.navigation import PAGES
from dashboard.vae import live_decoder
from dashboard.vae.explorer import (
    Layer,
    MlpDecoder,
    active_latents,
    read_decoder,
    sliders_of,
    sliders_words,
)
from precompute.vae.latent_space.summary import decoder_arrays
from precompute.vae.model.networks import ConvolutionalVae, MlpVae
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


def test_moving_a_latent_changes_its_value_and_the_picture_alone(page_of):
    before = page_of("explorer", report_states.committed)
    first = before.dataframe[0].value["latent"].iloc[0]
    after = page_of("explorer", report_states.committed, **{f"latent{first}": "1.5"})
    urls = image_urls(before)
    assert {about for about, url in image_urls(after).items() if urls[about] != url} == {
        "Decoded now"
    }
    moved = after.dataframe[0].value["now"] - before.dataframe[0].value["now"]
    assert moved.iloc[0] == pytest.approx(1.5)
    assert moved.iloc[1:].abs().max() == 0


def test_the_whole_way_leads_to_the_end(page_of):
    values = page_of("explorer", report_states.committed, share="1").dataframe[0].value
    assert values["now"].tolist() == pytest.approx(values["end"].tolist(), abs=1e-5)


@pytest.mark.parametrize("value", ["nan", "inf", "4.5", "-9", "x", ""])
def test_a_move_that_no_slider_makes_is_none(value, page_of):
    values = page_of("explorer", report_states.committed, latent0=value, latent4=value)
    assert not values.exception
    table = values.dataframe[0].value
    assert table["now"].tolist() == table["start"].tolist()


def test_sliders_come_by_kl_where_one_column_stands_below_the_other():
    study = vae_study(3, 8)
    study.arrays[latent_space.KL_PER_DIM_NATS] = np.array([2.0, 9, 4, 0, 0, 0, 0, 0])
    along, *others = sliders_of(study)
    assert along.label == "Way from start to end"
    assert [slider.label for slider in others] == [
        "Move latent 1 by",
        "Move latent 2 by",
        "Move latent 0 by",
    ]


def test_the_browser_is_given_the_decoders_weights_in_half_precision():
    weights = live_decoder.packed("one", [(np.array([[1.0, -0.5]]), np.array([0.25, 3]))])
    line, values = weights.split(b"\n", 1)
    assert json.loads(line) == {"report": "one", "sizes": [2, 2]}
    assert np.frombuffer(values, "<f2").tolist() == [1.0, -0.5, 0.25, 3.0]


def test_a_file_holds_the_pictures_that_numpy_decodes_and_misses_nothing(page_of):
    page = page_of("explorer", report_states.committed, share="0.5")
    drawer = PageDrawer(PAGES["explorer"])
    html = drawer.html(page.main)
    assert not drawer.not_drawn
    for about in ("Start: 1 ·", "Decoded now", "End: 2 ·", "Pictures decoded on the straight way"):
        assert f'alt="{about}' in html
