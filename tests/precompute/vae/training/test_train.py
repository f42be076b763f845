"""A training: taken up after a kill, recorded on a GPU, and stopped where its loss is no number."""

import errno
import os
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch

from precompute.errors import JobFailed
from precompute.settings import load_profile
from precompute.vae.settings import own_model
from precompute.vae.training import train as train_module
from precompute.vae.training.train import UNRECORDED, RecordedStep, _Run, train, training_key
from store.errors import StoreUnwritable
from store.schema.vae.names import CURES, FREE_BITS, WARM_UP
from tests.support.pretend_gpu import GPU, pretend_gpu

SETTINGS = replace(
    load_profile("embedded").study("vae"),
    architecture="mlp",
    hidden_dim=16,
    latent_dim=3,
    epochs=4,
    batch_size=32,
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


def same_training(first, second):
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
    assert same_training(whole, train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "digest"))


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
    assert same_training(whole, resumed)


def test_a_checkpoint_of_other_images_is_not_taken_up(whole, tmp_path):
    train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "another digest")
    assert same_training(whole, train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "digest"))


@pytest.mark.parametrize("other", [{"kl_weight": 0.12345672}, {"n_train": 200}])
def test_a_checkpoint_of_a_variant_that_hardly_differs_is_not_taken_up(other):
    one = replace(OWN, kl_weight=0.12345671, n_train=300)
    assert replace(one, **other).name != one.name
    assert key(replace(one, **other)) != key(one)


def test_a_checkpoint_of_another_number_of_images_is_not_taken_up(tmp_path):
    """Both ask for more images than there are, and so have one name."""
    asking = replace(OWN, n_train=1000)
    train(SETTINGS, asking, TRAIN[:200], HELD_OUT, tmp_path, "digest")
    result = train(SETTINGS, asking, TRAIN, HELD_OUT, tmp_path, "digest")
    assert result.last_train_losses.shape == (300,)


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
    assert same_training(whole, train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path, "digest"))
    assert f"{OWN.name}.pt cannot be read" in " ".join(capsys.readouterr().err.split())


def test_a_seed_of_its_own_gives_other_weights(whole, tmp_path):
    other = train(SETTINGS, replace(OWN, seed=1), TRAIN, HELD_OUT, tmp_path, "digest")
    assert not same_training(whole, other)


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
    assert same_training(few, alone)


@pytest.mark.parametrize("term", ["bernoulli", "continuous_bernoulli", "gaussian"])
def test_every_reconstruction_term_falls(term, tmp_path):
    curves = train(SETTINGS, replace(OWN, term=term), TRAIN, HELD_OUT, tmp_path, "digest").curves
    assert curves[-1, 0, 0] < curves[0, 0, 0]


def test_warm_up_ends_with_the_whole_weight_and_begins_with_none(tmp_path):
    run = _Run(SETTINGS, replace(OWN, kl_weight=3.0, cure=WARM_UP), TRAIN, HELD_OUT)
    weights = []
    for _ in range(SETTINGS.epochs):
        weights += run._kl_weights(10).tolist()
        run.curves.append([])
    assert weights[0] == 0
    assert np.ptp(np.diff(weights[:20])) < 1e-6  # it grows by the same amount for half the steps
    assert set(weights[20:]) == {3.0}


def test_free_bits_leave_each_latent_what_it_may_use_at_a_weight_that_else_leaves_nothing(tmp_path):
    heavy = replace(OWN, kl_weight=1000.0, epochs=30)
    plain, free = (
        train(SETTINGS, replace(heavy, cure=cure), TRAIN, HELD_OUT, tmp_path, "digest")
        for cure in (heavy.cure, FREE_BITS)
    )
    assert plain.kl_by_latent[-1].max() < 0.01
    assert free.kl_by_latent[-1].min() > 0.1
    loss, error, kl = np.moveaxis(free.curves[-1], -1, 0)
    np.testing.assert_allclose(loss, error + 1000 * kl, rtol=1e-5)  # stated in full all the same


def test_a_training_holds_the_kl_of_each_latent_and_generations_of_every_epoch(whole):
    assert whole.generations.shape == (4, 8, 40)
    np.testing.assert_allclose(whole.kl_by_latent.sum(axis=1), whole.curves[:, 1, 2], rtol=1e-5)


def test_steps_of_adam_do_not_depend_on_a_losss_scale(monkeypatch, tmp_path):
    """So that a mean over pixels is trained as a sum, with the KL weight that it amounts to."""
    summed = train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path / "sum", "digest")

    def scaled(run, images, noise):
        error, kl = terms(run, images, noise)
        return error / 40, kl / 40

    terms = _Run._terms
    monkeypatch.setattr(_Run, "_terms", scaled)
    averaged = train(SETTINGS, OWN, TRAIN, HELD_OUT, tmp_path / "mean", "digest")
    np.testing.assert_allclose(averaged.curves * 40, summed.curves, rtol=1e-3)


RECORDED_SETTINGS = replace(SETTINGS, epochs=10)
RECORDED_OWN = own_model(RECORDED_SETTINGS)
VARIANTS = [replace(RECORDED_OWN, term=term) for term in RECORDED_SETTINGS.sweep_terms]
VARIANTS += [replace(RECORDED_OWN, architecture="convolutional")]
VARIANTS += [replace(RECORDED_OWN, cure=cure) for cure in CURES]
N_IMAGES = 300  # nine batches of 32, and one of 12
DEVICES = ["pretend", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.fixture(params=DEVICES)
def gpu(request):
    """The GPU of this machine, where there is one, and a pretended one."""
    pretended = request.param == "pretend"
    with pretend_gpu() if pretended else nullcontext():
        yield GPU if pretended else torch.device("cuda")


def run_on(device, variant=RECORDED_OWN):
    pixels = np.random.default_rng(0).uniform(0, 1, (N_IMAGES, 64)).astype(np.float32)
    images = torch.from_numpy(pixels).to(device)
    run = _Run(RECORDED_SETTINGS, variant, images, images[:10])
    run.recorded = None
    return run


def state(run):
    """All that an epoch changes."""
    moments = [value for one in run.optimiser.state.values() for value in one.values()]
    tensors = [*run.model.state_dict().values(), *moments, run.losses]
    return [tensor.detach().cpu() for tensor in tensors], run.curves


def same(first, second):
    (tensors, curves), (others, other_curves) = state(first), state(second)
    return curves == other_curves and all(map(torch.equal, tensors, others))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.name)
def test_two_recorded_epochs_end_as_two_launched_ones(gpu, variant):
    launched, recorded, calls = run_on(gpu, variant), run_on(gpu, variant), []

    def counted(rows, noise, kl_weight):
        calls.append(len(rows))
        return recorded.step(rows, noise, kl_weight)

    recorded.recorded = RecordedStep(counted, gpu)
    for _ in range(2):
        launched.epoch()
        recorded.epoch()
    assert same(launched, recorded)
    assert calls == [32] * (UNRECORDED + 1) + [12, 12]  # the one more is the recording


def test_a_training_taken_up_between_epochs_ends_alike(gpu, tmp_path):
    whole, first, second = (run_on(gpu) for _ in range(3))
    for run in (whole, first, second):
        run.recorded = RecordedStep(run.step, gpu)
    whole.epoch()
    whole.epoch()
    first.epoch()
    first.save(tmp_path / "run.pt", "key")
    second.restore(tmp_path / "run.pt", "key")
    second.epoch()
    assert same(whole, second)


def test_a_step_that_waits_for_the_gpu_is_not_recorded_and_that_is_said(gpu, capsys):
    launched, waiting = run_on(gpu), run_on(gpu)

    def waits(rows, noise, kl_weight):
        loss = waiting.step(rows, noise, kl_weight)
        float(loss)
        return loss

    waiting.recorded = RecordedStep(waits, gpu)
    launched.epoch()
    waiting.epoch()
    assert same(launched, waiting)
    assert "this GPU cannot record a training step" in " ".join(capsys.readouterr().err.split())


def test_what_a_step_reads_beside_its_inputs_is_frozen_in_the_recording(gpu):
    """Such a step is wrong, so the comparison above would see it."""
    launched, recorded, noises = run_on(gpu), run_on(gpu), []
    step = RecordedStep(lambda rows, weight: recorded.step(rows, noises[-1], weight), gpu)

    def beside(rows, noise, kl_weight):
        noises.append(noise)
        return step(rows, kl_weight)

    recorded.recorded = beside
    launched.epoch()
    recorded.epoch()
    assert not same(launched, recorded)
