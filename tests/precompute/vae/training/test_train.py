import errno
import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from precompute.errors import JobFailed
from precompute.settings import load_profile
from precompute.vae.training import train as train_module
from precompute.vae.training.train import train, training_key
from precompute.vae.training.variants import own_model
from store.errors import StoreUnwritable

SETTINGS = replace(
    load_profile("embedded").vae, hidden_dim=16, latent_dim=3, epochs=4, batch_size=32
)
OWN = own_model(SETTINGS)


def images(n, seed):
    """Images that lie near a plane, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    basis = np.random.default_rng(0).uniform(0, 1, (2, 40))
    return torch.from_numpy((rng.uniform(0, 1, (n, 2)) @ basis / 2).astype(np.float32))


TRAIN, HELD_OUT = images(300, 1), images(100, 2)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path_factory.mktemp("vae"), "digest")


def key(variant, images=TRAIN):
    return training_key(SETTINGS, variant, "digest", images)


def same(first, second):
    weights = second.model.state_dict()
    return np.array_equal(first.curves, second.curves) and all(
        torch.equal(weight, weights[name]) for name, weight in first.model.state_dict().items()
    )


def test_the_loss_falls_and_is_the_sum_of_its_terms(whole):
    assert whole.curves.shape == (4, 2, 3)
    loss, error, kl = np.moveaxis(whole.curves, -1, 0)
    assert (loss[-1] < loss[0]).all()
    np.testing.assert_allclose(loss, error + SETTINGS.kl_weight * kl, rtol=1e-5)
    assert whole.last_train_losses.mean() == pytest.approx(loss[-1, 0], rel=1e-5)


def test_a_second_training_ends_with_the_same_weights(whole, tmp_path):
    assert same(whole, train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "digest"))


@pytest.mark.parametrize("done", [1, 3])
def test_training_taken_up_after_a_kill_ends_with_the_same_weights(
    whole, tmp_path, monkeypatch, done
):
    epoch, ran = train_module._Run.epoch, []

    def killed(run):
        if len(run.curves) == done:
            raise KeyboardInterrupt
        epoch(run)

    def counted(run):
        ran.append(len(run.curves))
        epoch(run)

    monkeypatch.setattr(train_module._Run, "epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "digest")
    monkeypatch.setattr(train_module._Run, "epoch", counted)
    resumed = train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "digest")
    assert ran == list(range(done, 4))  # no epoch is run twice
    assert same(whole, resumed)


def test_a_checkpoint_of_other_images_is_not_taken_up(whole, tmp_path):
    train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "another digest")
    assert same(whole, train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "digest"))


@pytest.mark.parametrize("other", [{"kl_weight": 0.12345672}, {"n_train": 200}])
def test_a_checkpoint_of_a_variant_that_hardly_differs_is_not_taken_up(other):
    one = replace(OWN, kl_weight=0.12345671, n_train=300)
    assert replace(one, **other).name != one.name
    assert key(replace(one, **other)) != key(one)


def test_a_checkpoint_of_another_number_of_images_is_not_taken_up(tmp_path):
    """Both ask for more images than there are, and so have one name."""
    asking = replace(OWN, n_train=1000)
    train(SETTINGS, asking, TRAIN[:200], HELD_OUT, tmp_path, "digest")
    found = train(SETTINGS, asking, TRAIN, HELD_OUT, tmp_path, "digest")
    assert found.last_train_losses.shape == (300,)


def test_a_training_on_another_kind_of_device_has_another_key():
    assert key(OWN, TRAIN.to("meta")) != key(OWN)


def test_a_disk_that_refuses_a_checkpoint_is_one_line_and_leaves_no_draft(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("store.file.atomic.os.fsync", full)
    with pytest.raises(StoreUnwritable, match=r"it cannot be written \(No space left on device\)"):
        train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "digest")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_checkpoint_costs_a_training_and_says_so(whole, tmp_path, capsys):
    (tmp_path / f"{OWN.name}.pt").write_bytes(b"PK\3\4 cut short")
    assert same(whole, train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "digest"))
    assert f"{OWN.name}.pt cannot be read" in " ".join(capsys.readouterr().err.split())


def test_a_seed_of_its_own_gives_other_weights(whole, tmp_path):
    other = train(SETTINGS, replace(OWN, seed=1), TRAIN, HELD_OUT, tmp_path, "digest")
    assert not same(whole, other)


def test_a_loss_that_is_no_number_is_found_at_its_very_step(tmp_path):
    planted = TRAIN.clone()
    planted[7] = torch.nan
    order = torch.randperm(len(planted), generator=torch.Generator().manual_seed(OWN.seed))
    step = order.tolist().index(7) // SETTINGS.batch_size
    assert 0 < step < len(planted) // SETTINGS.batch_size - 1
    with pytest.raises(JobFailed, match=rf"is nan in epoch 1, step {step}\. Try"):
        train(SETTINGS, OWN, planted, HELD_OUT, tmp_path, "digest")


def test_a_held_out_loss_that_is_no_number_stops_the_training(tmp_path):
    """Else it would end in a traceback, after the last training."""
    planted = HELD_OUT.clone()
    planted[7] = torch.nan
    with pytest.raises(JobFailed, match=r"held-out loss of \S+ is nan after epoch 1\. Try a small"):
        train(SETTINGS, OWN, TRAIN, planted, tmp_path, "digest")


def test_a_loss_that_is_not_finite_stops_with_epoch_step_and_setting(tmp_path):
    wild = replace(SETTINGS, learning_rate=1e6)
    with pytest.raises(JobFailed, match=r"in epoch \d, step \d+\. Try a smaller learning_rate"):
        train(wild, OWN, TRAIN, HELD_OUT, tmp_path, "digest")
    assert not list(tmp_path.glob(".*tmp"))


def test_a_variant_trains_on_its_first_images_alone(whole, tmp_path):
    few = train(SETTINGS, replace(OWN, n_train=100), TRAIN, HELD_OUT, tmp_path, "digest")
    assert few.last_train_losses.shape == (100,)
    alone = train(SETTINGS, OWN, TRAIN[:100], HELD_OUT, tmp_path, "digest")
    assert same(few, alone)


@pytest.mark.parametrize("term", ["bernoulli", "continuous_bernoulli", "gaussian"])
def test_every_reconstruction_term_falls(term, tmp_path):
    curves = train(SETTINGS, replace(OWN, term=term), TRAIN, HELD_OUT, tmp_path, "digest").curves
    assert curves[-1, 0, 0] < curves[0, 0, 0]
