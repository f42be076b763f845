"""The reader's words for what a VAE study stores: its metrics and its losses' conventions."""

from dataclasses import replace

import pytest

from dashboard.vae import titles
from store.records import LossConvention
from store.schema.vae import names, sweep

OWN = LossConvention(
    names.SQUARED_ERROR, (0.0, 1.0), "sum", "mean", 1.0, "latent_sample", names.HELD_OUT
)


@pytest.mark.parametrize(
    "words",
    [
        titles.LOSS_METRICS,
        titles.SECOND_PASS_METRICS,
        titles.TREND_METRICS,
        titles.ACTIVE_SERIES,
        titles.BOUND_SERIES,
        titles.SHARPNESS_SERIES,
    ],
)
def test_words_are_of_metrics_that_a_sweep_stores_and_tell_them_apart(words):
    assert set(words) <= set(sweep.ESTIMATES)
    assert len(set(words.values())) == len(words)


def test_a_gaussians_convention_names_its_noise():
    gaussian = replace(OWN, reconstruction=names.GAUSSIAN, sigma=0.7071)
    assert "gaussian of sigma 0.707 on pixels" in titles.loss_convention(gaussian.to_json())
    assert "sigma" not in titles.loss_convention(OWN.to_json())


@pytest.mark.parametrize("term", [*names.TERMS, names.HALF_SQUARED_ERROR])
def test_every_term_is_said_without_underscores(term):
    words = titles.loss_convention(replace(OWN, reconstruction=term).to_json())
    assert words.startswith(term.replace("_", " "))


@pytest.mark.parametrize("stored", ["", "[]", "{}", '{"kl_weight": 1}', "null"])
def test_a_loss_convention_that_is_not_ours_is_shown_as_it_stands(stored):
    assert titles.loss_convention(stored).endswith(stored)
