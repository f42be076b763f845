"""Every study on a pretend GPU finds what it finds on the CPU, and the GPU has a GPU's rules."""

import pytest
import torch

from precompute.compute.process import configure_process
from precompute.job import JobContext
from precompute.report import run_study
from precompute.settings import STUDIES, load_profile
from store.inspect.diff import diff
from tests.regression.golden import GOLDENS, PROFILE
from tests.support.pretend_gpu import pretend_gpu


@pytest.fixture
def gpu():
    with pretend_gpu() as device:
        yield device


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_on_a_gpu_finds_what_the_cpu_found(gpu, study, tmp_path):
    threads = torch.get_num_threads()
    folder = tmp_path / "run-tiny"
    folder.mkdir()
    context = JobContext(folder, "tiny", "a test", gpu, tmp_path / "data")
    try:
        run_study(study, load_profile(str(PROFILE)), context)
    finally:
        configure_process("cpu", threads)
    differences = [
        str(d)
        for d in diff(folder / f"{study}.h5", GOLDENS / f"{study}.h5")
        # A sentence quotes numbers, which may differ as far as their own tolerance lets them.
        if not d.is_note and "/finding" not in str(d)
    ]
    assert differences == []


def test_tensors_of_two_devices_do_not_meet(gpu):
    there = torch.ones(2, device=gpu)
    with pytest.raises(RuntimeError, match="on the same device"):
        there + torch.ones(2)
    with pytest.raises(RuntimeError, match="not supported"):
        there.numpy()
    assert (there + torch.ones(()) + torch.ones(2).to(gpu)).tolist() == [3, 3]


def test_a_generator_belongs_to_its_device(gpu):
    here, there = torch.Generator().manual_seed(0), torch.Generator(gpu).manual_seed(0)
    with pytest.raises(RuntimeError, match="generator"):
        torch.empty(2, device=gpu).normal_(generator=here)
    with pytest.raises(RuntimeError, match="generator"):
        torch.empty(2).normal_(generator=there)


def test_a_recording_computes_nothing_until_it_is_replayed(gpu):
    counter, graph = torch.zeros(2, device=gpu), torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        doubled = counter.add_(1) * 2
    assert counter.tolist() == [0, 0]
    assert doubled.isnan().all()
    for count in (1, 2):
        graph.replay()
        assert (counter.tolist(), doubled.tolist()) == ([count] * 2, [2 * count] * 2)


def test_a_recording_neither_waits_nor_copies_between_devices(gpu):
    one = torch.ones(2, device=gpu)
    for refused in (
        lambda: one.sum().item(),
        lambda: one.cpu(),
        lambda: torch.tensor(1.0, device=gpu),
        lambda: one[one > 0],
    ):
        with (
            pytest.raises(RuntimeError, match="not permitted"),
            torch.cuda.graph(torch.cuda.CUDAGraph()),
        ):
            refused()
