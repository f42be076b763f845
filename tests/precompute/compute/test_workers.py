"""The same shards here, in one process per device, and on a Ray cluster that loses a node."""

import importlib
import os
import sys
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from precompute import report
from precompute.compute import workers as executors
from precompute.compute.process import own_device
from precompute.compute.shards import compute, merge, split_rows, use_executor
from precompute.compute.workers import DevicePool, SerialExecutor
from precompute.errors import InputError, JobFailed
from precompute.job import JobContext
from precompute.settings import STUDIES, load_profile
from store.reader import open_store
from tests.regression.golden import PROFILE


def squares(shard):
    n_rows = len(shard.rows)
    return {
        "square": np.arange(shard.start, shard.stop) ** 2,
        "process": np.full(n_rows, os.getpid()),
        "device": np.full(n_rows, str(own_device())),
    }


def convolution_settings(shard):
    settings = torch.backends.cudnn
    return {"exact": np.array([not settings.allow_tf32, settings.deterministic])}


def test_two_devices_share_the_shards_and_the_rows_stay_in_order(tmp_path):
    # "cpu:0" and "cpu" are one device to torch and two names here, as cuda:0 and cuda:1 are
    with use_executor(DevicePool(["cpu:0", "cpu"])):
        merged = merge(compute(split_rows("step", 40, 5), squares, tmp_path, "key", "label"))
    np.testing.assert_array_equal(merged["square"], np.arange(40) ** 2)
    assert set(merged["device"]) == {"cpu:0", "cpu"}
    assert os.getpid() not in merged["process"]
    assert len(set(zip(merged["device"], merged["process"], strict=True))) == 2  # one each


def test_every_worker_convolves_in_float32_and_always_alike(tmp_path):
    with use_executor(DevicePool(["cpu"])):
        (arrays,) = compute(
            split_rows("step", 1, 1), convolution_settings, tmp_path, "key", "label"
        )
    assert arrays["exact"].all()


def test_after_the_block_shards_are_computed_here_again(tmp_path):
    with use_executor(DevicePool(["cpu"])):
        pass
    (arrays,) = compute(split_rows("step", 3, 5), squares, tmp_path, "key", "label")
    assert set(arrays["process"]) == {os.getpid()}


def test_a_process_that_dies_ends_the_run_and_finished_shards_are_kept(tmp_path):
    def work(shard):
        if shard.start == 20:
            os._exit(9)  # as the kernel does when memory runs out
        return {"row": np.array(shard.rows)}

    with use_executor(DevicePool(["cpu"])), pytest.raises(JobFailed, match="step-000020"):
        compute(split_rows("step", 40, 10), work, tmp_path, "key", "label")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "step-000000.part.h5",
        "step-000010.part.h5",
    ]


def test_what_a_worker_refuses_is_refused_here_in_its_own_words(tmp_path):
    def work(shard):
        raise InputError(f"{shard.name}: the picture is gone")

    with (
        use_executor(DevicePool(["cpu"])),
        pytest.raises(InputError, match="step-000000: the picture is gone"),
    ):
        compute(split_rows("step", 10, 10), work, tmp_path, "key", "label")


@dataclass
class Losing:
    """Workers that lose a node after the first finished shard of a step with several shards."""

    workers: executors.RayCluster
    lose: object  # called once
    lost_with_left: list = field(default_factory=list)  # shards not finished at that moment

    @property
    def n_slots(self):
        return self.workers.n_slots

    def map(self, work, shards):
        for number, done in enumerate(self.workers.map(work, shards)):
            yield done
            if not self.lost_with_left and len(shards) > 3:
                self.lose()
                self.lost_with_left.append(len(shards) - number - 1)

    def close(self):
        self.workers.close()


def tiny_run(folder, workers, studies=STUDIES):
    """Run the studies; return their content hashes."""
    profile = load_profile(str(PROFILE)).override("vit", n_images=16, n_seeds=1, shard_images=4)
    profile = profile.override("vae", n_train=500).override("clip", n_images=120, shard_images=30)
    context = JobContext(folder, profile.name, "test", torch.device("cpu"), folder / "data")
    with use_executor(workers):
        for study in studies:
            report.run_study(study, profile, context)
    hashes = {}
    for study in studies:
        with open_store(context.store_path(study), study) as store:
            hashes[study] = store.content_hash
    return hashes


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return tiny_run(tmp_path_factory.mktemp("alone") / "report", SerialExecutor())


@pytest.fixture
def cluster(monkeypatch):
    """A cluster of two nodes on this machine, all of it on the loopback address."""
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # Ray's word for loopback
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    cluster_utils = importlib.import_module("ray.cluster_utils")
    node = {"num_cpus": torch.get_num_threads(), "node_ip_address": "127.0.0.1"}
    made = cluster_utils.Cluster(
        initialize_head=True, head_node_args={**node, "include_dashboard": False}
    )
    second = made.add_node(**node)
    monkeypatch.setenv("RAY_ADDRESS", made.address)
    yield made, second
    made.shutdown()


def test_two_devices_find_what_one_process_finds(alone, tmp_path):
    outcome = tiny_run(tmp_path / "report", DevicePool(["cpu", "cpu"]), ("vit",))
    assert outcome["vit"] == alone["vit"]


@pytest.mark.timeout(600)  # three studies by processes that share a busy machine
def test_a_cluster_that_loses_a_node_finds_what_one_process_finds(alone, cluster, tmp_path):
    nodes, second = cluster
    workers = executors.connect()
    assert workers.n_slots == 2
    losing = Losing(workers, lambda: nodes.remove_node(second, allow_graceful=False))
    assert tiny_run(tmp_path / "report", losing) == alone
    assert losing.lost_with_left == [3]  # of 4 shards


def test_without_ray_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install -r requirements-ray\.txt"):
        executors.connect()


def test_a_cluster_that_does_not_answer_is_named_at_once(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    with pytest.raises(InputError, match=r"RAY_ADDRESS 127\.0\.0\.1:9: no answer"):
        executors.connect()
