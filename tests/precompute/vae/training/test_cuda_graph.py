"""A recorded step trains as the step itself does, and what cannot be recorded is said."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch

from precompute.settings import load_profile
from precompute.vae.training.cuda_graph import WARM_UP, RecordedStep
from precompute.vae.training.train import _Run
from precompute.vae.training.variants import own_model
from tests.support.pretend_gpu import GPU, pretend_gpu

SETTINGS = replace(load_profile("embedded").vae, hidden_dim=16, latent_dim=3, batch_size=32)
OWN = own_model(SETTINGS)
VARIANTS = [replace(OWN, term=term) for term in SETTINGS.sweep_terms]
VARIANTS += [replace(OWN, architecture="convolutional")]
N_IMAGES, N_FULL = 300, 9  # nine batches of 32, and one of 12
DEVICES = ["pretend", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.fixture(params=DEVICES)
def gpu(request):
    """The GPU of this machine, where there is one, and a pretended one."""
    pretended = request.param == "pretend"
    with pretend_gpu() if pretended else nullcontext():
        yield GPU if pretended else torch.device("cuda")


def run_on(device, variant=OWN):
    pixels = np.random.default_rng(0).uniform(0, 1, (N_IMAGES, 64)).astype(np.float32)
    images = torch.from_numpy(pixels).to(device)
    run = _Run(SETTINGS, variant, images, images[:10])
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


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: f"{one.architecture}-{one.term}")
def test_two_recorded_epochs_end_as_two_launched_ones(gpu, variant):
    launched, recorded, calls = run_on(gpu, variant), run_on(gpu, variant), []

    def counted(rows, noise):
        calls.append(len(rows))
        return recorded.step(rows, noise)

    recorded.recorded = RecordedStep(counted, gpu)
    for _ in range(2):
        launched.epoch()
        recorded.epoch()
    assert same(launched, recorded)
    assert calls == [32] * (WARM_UP + 1) + [12, 12]  # the one more is the recording


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

    def waits(rows, noise):
        loss = waiting.step(rows, noise)
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
    step = RecordedStep(lambda rows: recorded.step(rows, noises[-1]), gpu)

    def beside(rows, noise):
        noises.append(noise)
        return step(rows)

    recorded.recorded = beside
    launched.epoch()
    recorded.epoch()
    assert not same(launched, recorded)
