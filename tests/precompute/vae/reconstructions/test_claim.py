"""What is said of the loss, of blur and of encoding again, and when it holds."""

from dataclasses import replace

import numpy as np
import pytest

from precompute.statistics import Estimate
from precompute.vae.latent_space.measure import projected_agrees
from precompute.vae.reconstructions.claim import (
    PROJECTED,
    SHUFFLED,
    UNTRAINED,
    LossEvidence,
    blur_claim,
    loss_claim,
    reencode_claim,
)

EVEN = np.array([True, False] * 100)


def losses(first=40.9, last=23.9, **other):
    train = Estimate(last, last - 0.1, last + 0.1)
    images = LossEvidence(
        first_train=first,
        train=train,
        by_seed=(last - 0.1, last, last + 0.1),
        first_epochs=(),
        held_out=last + 1,
        n_train=60_000,
        mean_image_error=68.0,
        vae_error=14.6,
        pca_in_use_error=19.1,
        pca_error=15.2,
        n_active=8,
        n_active_by_kl=9,
        sigma=0.71,
        latent_dim=20,
        epochs=10,
        kl_weight=1.0,
        images="FashionMNIST",
    )
    return replace(images, **other)


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        (38.0, 23.9, "supported"),
        (45.0, 23.5, "supported"),  # within the next seed's reach, 0.5
        (40.9, 24.5, "refuted"),
        (40.9, 23.3, "refuted"),
        (23.8, 23.9, "refuted"),  # it rose
    ],
)
def test_the_loss_must_fall_to_where_one_more_training_would_end(first, last, verdict):
    claim = loss_claim(losses(first, last))
    assert claim.verdict == verdict
    assert claim.value == pytest.approx(last)
    assert f"end between {last - 0.4968:.2f} and {last + 0.4968:.2f}" in claim.finding
    assert "amounts to pixel noise of 0.71, at which the others carry nothing" in claim.finding
    assert claim.control_name.startswith("held-out squared error")  # the value is of training


def test_two_trainings_do_not_tell_how_far_trainings_differ():
    claim = loss_claim(losses(by_seed=(23.8, 23.9)))
    assert claim.verdict == "undecided"
    assert "takes 3 of them to tell: `--set vae.n_seeds=3`" in claim.finding


def test_the_finding_names_the_batch_and_rate_whose_first_epoch_is_the_originals():
    first_epochs = ((128, 0.001, 38.0), (200, 0.001, 41.5), (256, 0.001, 45.4))
    finding = loss_claim(losses(first_epochs=first_epochs)).finding
    assert "40.9 in the first epoch is nearest to 41.5, of batches of 200 at a learning" in finding


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"epochs": 2}, "not judged by 2 epochs at β = 1."),
        ({"kl_weight": 0.1}, "not judged by 10 epochs at β = 0.1."),
        ({"images": "STL10"}, "not judged by 10 epochs of other images at β = 1."),
    ],
)
def test_the_originals_figures_are_not_judged_by_a_run_of_another_setting(other, why):
    claim = loss_claim(losses(**other))
    assert claim.verdict == "undecided"
    assert why in claim.finding


def test_the_loss_is_named_with_its_weight_where_that_is_not_one():
    assert "+ KL, per" in loss_claim(losses()).unit
    assert "+ β·KL, per" in loss_claim(losses(kl_weight=0.1)).unit


@pytest.mark.parametrize("other", [{"n_active": 20, "n_active_by_kl": 20}, {"kl_weight": 0.0}])
def test_nothing_is_hidden_where_every_latent_is_in_use_or_none_has_a_price(other):
    finding = loss_claim(losses(**other)).finding
    assert "of 20 latents are active" in finding
    assert "carry nothing" not in finding
    assert "noise" not in finding


def blur(detail, ratio=None):
    n = len(detail)
    return blur_claim(detail, detail if ratio is None else ratio, np.full(n, 0.1), np.full(n, 2.0))


@pytest.mark.parametrize(("ratio", "verdict"), [(0.2, "supported"), (1.3, "refuted")])
def test_blur_is_judged_against_sharpened_originals(ratio, verdict):
    claim = blur(np.full(64, ratio))
    assert claim.verdict == verdict
    assert claim.control == 0
    assert claim.n == 64


def test_a_blur_of_half_of_the_images_is_undecided():
    assert blur(np.array([0.5, 1.5] * 30)).verdict == "undecided"


def test_a_loss_of_contrast_alone_is_no_blur_and_is_said_apart():
    claim = blur(np.full(64, 1.0), ratio=np.full(64, 0.25))
    assert claim.verdict == "refuted"
    assert claim.value == 0
    assert "falls in 100%, to 0.25 in the median." in claim.finding


def test_flat_pictures_are_left_out_of_the_blur_claim():
    assert blur(np.array([0.2] * 10 + [np.nan] * 3)).n == 10
    nothing = blur(np.full(5, np.nan))
    assert (nothing.verdict, nothing.n) == ("undecided", 0)
    assert "no sharpness" in nothing.finding


@pytest.mark.parametrize(
    ("agrees", "projected", "verdict"),
    [
        (np.ones(200, bool), EVEN, "supported"),
        (np.zeros(200, bool), EVEN, "refuted"),
        (EVEN, EVEN, "undecided"),
        (EVEN, np.ones(200, bool), "refuted"),  # what never learned passes better
    ],
)
def test_reencoding_must_beat_what_never_learned(agrees, projected, verdict):
    controls = {SHUFFLED: np.arange(200) % 10 == 0, PROJECTED: projected, UNTRAINED: EVEN}
    claim = reencode_claim(agrees, controls, np.full(200, 0.3), np.full(200, 0.1))
    assert claim.verdict == verdict
    assert claim.control == max(0.5, projected.mean())
    assert "latents shuffled among images 10%" in claim.finding
    assert "changes a picture by 0.10 of what the first changed" in claim.finding


def test_a_random_projection_passes_the_round_trip():
    rng = np.random.default_rng(0)
    images, labels = rng.random((200, 49), np.float32), np.arange(200) % 4
    assert projected_agrees(images, labels, 5, 5, seed=0).mean() > 0.95
