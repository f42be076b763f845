"""What the VAE's pages say of their numbers."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from dashboard.ui import formatting
from dashboard.vae import sweep
from dashboard.vae.explorer import sections as explorer_sections
from dashboard.vae.reconstructions import reencoding
from dashboard.vae.training import losses
from store.records import LossConvention
from store.schema.vae import latent_space
from store.schema.vae import sweep as sweep_schema

OWN = LossConvention("squared_error", (0.0, 1.0), "sum", "mean", 1.0, "latent_sample", "test")
GAUSSIAN = replace(OWN, reconstruction="gaussian", sigma=0.7071)


@dataclass(frozen=True)
class Stored:
    """A study that holds these datasets alone."""

    arrays: dict

    def read(self, spec):
        return self.arrays[spec]

    def size(self, dim):
        return len(self.arrays[latent_space.ACTIVE_BY_KL]) if dim == "latent" else None


def study(n_active, n_latents):
    """A study whose latents all vary over images, though the KL of some alone is paid for."""
    active = np.arange(n_latents) < n_active
    drift = np.array([[[0.0], [0.24]], [[0.0], [0.83]]])
    return Stored(
        {
            latent_space.ACTIVE_BY_KL: active.astype("uint8"),
            latent_space.ACTIVE_BY_VARIANCE: np.ones(n_latents, "uint8"),
            latent_space.KL_PER_DIM_NATS: active.astype(float),
            latent_space.LATENT_FROM_START: drift,
            latent_space.LATENT_FROM_START_ACTIVE: drift / 2,
            latent_space.UNUSED_SHARE: drift,
        }
    )


@pytest.mark.parametrize(
    ("n_active", "n_latents", "words"),
    [
        (8, 20, "8 of 20 latents change the picture; each has a slider."),
        (20, 20, "20 of 20 latents change the picture; the 12 of them with most KL have a slider."),
        (0, 5, "0 of 5 latents change the picture; the first 5 have a slider."),
    ],
)
def test_the_explorer_says_how_many_of_the_active_latents_have_a_slider(n_active, n_latents, words):
    assert explorer_sections.sliders_words(study(n_active, n_latents)) == words


def test_sliders_are_offered_for_the_latents_that_move_the_picture():
    assert explorer_sections.active_latents(study(3, 8)).tolist() == [0, 1, 2]


def test_the_share_of_unused_latents_is_said_where_there_are_any():
    words = reencoding.unused_words(study(8, 20))
    assert "by 0.83 of its length over all 20 latents, and by 0.41 over the 8 in use" in words
    assert "The other 12 return to near 0" in words
    assert "account for 83% of the squared move" in words
    assert reencoding.unused_words(study(20, 20)).startswith("All 20 latents are in use")
    assert reencoding.unused_words(study(0, 20)).startswith("No latent is in use")


@dataclass(frozen=True)
class Informed:
    setting: list

    def of(self, metric):
        values = {4.0: 3.1, 0.5: 6.73, 0.1: 6.9077, 0.0: 6.87}
        return np.array([[values[at]] * 3 for at in self.setting])


def test_the_points_at_the_ceiling_of_the_information_are_named():
    words = sweep.ceiling_words(Informed([0.0, 0.1, 0.5, 4.0]), float(np.log(1000)))
    assert "above 6.91 nats, the logarithm of 1,000 images" in words
    assert "At β 0, 0.1 it touches that" in words
    assert "no point comes near" in sweep.ceiling_words(Informed([0.5, 4.0]), float(np.log(1000)))


def test_a_loss_stated_otherwise_comes_with_its_weight_and_its_noise():
    stored = np.array([OWN.to_json(), GAUSSIAN.to_json(), "in other words"])
    table = losses.stated_frame(
        np.array(["own", "nats", "?"]), np.array([25.2, 563.0, 1.0]), stored
    )
    assert table["KL weight"].tolist()[:2] == [1.0, 1.0]
    assert table["σ"].tolist() == ["–", "0.7071", "–"]
    assert table["KL weight"].isna().tolist() == [False, False, True]


def test_a_gaussians_convention_names_its_noise():
    assert "gaussian of sigma 0.707 on pixels" in formatting.loss_convention(GAUSSIAN.to_json())
    assert "sigma" not in formatting.loss_convention(OWN.to_json())


@pytest.mark.parametrize(
    ("values", "monotone", "correlation", "words"),
    [
        ([3.0, 2.0, 1.0], 1, -1.0, "KL falls throughout"),
        ([3.0, 2.0, 2.0], 1, -0.9, "KL never rises"),
        ([1.0, 1.0, 2.0], 1, 0.9, "KL never falls"),
        ([1.0, 3.0, 2.0], 0, 0.5, "KL rises on the whole"),
    ],
)
def test_what_is_flat_in_parts_is_not_said_to_fall_throughout(values, monotone, correlation, words):
    study = Stored(
        {
            sweep_schema.BETA_POINT: np.arange(3),
            sweep_schema.KL_WEIGHT: np.array([0.1, 1.0, 4.0]),
            sweep_schema.ESTIMATES["kl_nats"]: np.array([[value] * 3 for value in values]),
            sweep_schema.TREND: np.array(["kl_nats"]),
            sweep_schema.TREND_SPEARMAN: np.array([correlation]),
            sweep_schema.TREND_MONOTONE: np.array([monotone]),
        }
    )
    assert f"As β grows, {words} (" in sweep.trend_words(study)
