"""Shards on a Ray cluster. Ray is an optional extra: it is imported here, and only when asked for.

The driver sends the work once and each shard's range; the arrays come back and the driver alone
writes them, so no file system need be shared for results. Every node needs this repository and the
run's inputs under the same paths as the driver.
"""

import importlib
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import torch
from numpy.typing import NDArray

from precompute.compute.process import Work, pack, run_packed, settle
from precompute.compute.shard import Shard
from precompute.compute.workers import Done
from precompute.errors import InputError, JobFailed

ROOT = Path(__file__).resolve().parents[2]
AHEAD = 2  # shards handed out per slot: the next one waits where the last is computed
CONNECT_SECONDS = 5.0
TRIES_AGAIN = 5  # how often a shard is computed again whose node or process died
PASSED_ON = ("HF_HOME", "HF_HUB_OFFLINE", "TOKENIZERS_PARALLELISM")


def connect() -> "RayCluster":
    """Join the cluster at RAY_ADDRESS, or start one on this machine where none is named.

    Raises InputError when Ray is not installed or the cluster cannot be reached.
    """
    # Ray hides the GPUs from tasks that ask for none; that is its future default, said so at once.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise InputError(
            "--engine ray needs Ray: .venv/bin/python -m pip install -r requirements-ray.txt"
        ) from None
    _refuse_unreachable(os.environ.get("RAY_ADDRESS", ""))
    env = {"PYTHONPATH": str(ROOT)} | {k: os.environ[k] for k in PASSED_ON if k in os.environ}
    try:
        ray.init(runtime_env={"env_vars": env}, log_to_driver=False, logging_level="error")
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"Ray: {reason}. Start it with `ray start --head`.") from None
    return RayCluster(ray)


def _refuse_unreachable(address: str) -> None:
    """Refuse an address that nobody answers at: Ray itself would try for minutes."""
    place = urlsplit(address if "//" in address else f"//{address}")
    if place.hostname is None or place.port is None:
        return  # empty or "auto": Ray finds a cluster on this machine, or starts one
    try:
        socket.create_connection((place.hostname, place.port), CONNECT_SECONDS).close()
    except OSError as error:
        raise InputError(
            f"RAY_ADDRESS {address}: no answer ({error.strerror or error}). "
            f"Start the cluster with `ray start --head`, or unset RAY_ADDRESS."
        ) from None


class RayCluster:
    """As many shards at a time as the cluster has GPUs, or where it has none, CPUs for."""

    def __init__(self, ray: Any) -> None:
        """Count the cluster's slots; one slot is one GPU, or the driver's number of CPU threads."""
        self._ray, self._threads = ray, torch.get_num_threads()
        resources = ray.cluster_resources()
        gpus = int(resources.get("GPU", 0))
        cpus = min(self._threads, int(max(node["Resources"].get("CPU", 1) for node in ray.nodes())))
        self._needs = {"num_gpus": 1} if gpus else {"num_cpus": cpus}
        self.n_slots = max(1, gpus or int(resources.get("CPU", 1)) // cpus)

    def map(self, work: Work, shards: Sequence[Shard]) -> Iterator[Done]:
        """Yield shards with their arrays as they are finished, in any order.

        A shard whose node dies is computed on another. Raises JobFailed when none is left for it.
        """
        ray = self._ray
        task = ray.remote(max_retries=TRIES_AGAIN, **self._needs)(_compute)
        packed, waiting = ray.put(pack(work)), list(reversed(shards))
        under_way: dict[Any, Shard] = {}
        while waiting or under_way:
            while waiting and len(under_way) < AHEAD * self.n_slots:
                shard = waiting.pop()
                under_way[task.remote(packed, shard, self._threads)] = shard
            (done, *_), _ = ray.wait(list(under_way))
            shard = under_way.pop(done)
            yield shard, self._fetch(done, shard)

    def _fetch(self, done: Any, shard: Shard) -> dict[str, NDArray]:
        """Return a task's arrays, or raise here what it raised there."""
        errors = self._ray.exceptions
        try:
            return dict(self._ray.get(done))
        except errors.RayTaskError as error:
            raise error.cause or error from None
        except errors.RayError as error:
            raise JobFailed(
                f"{shard.name} was lost {TRIES_AGAIN} times: {str(error).splitlines()[0]}. "
                f"Finished shards are kept: the same command goes on from there."
            ) from None

    def close(self) -> None:
        """Leave the cluster; one that this run started ends with it."""
        self._ray.shutdown()


def _compute(packed: bytes, shard: Shard, threads: int) -> dict[str, NDArray]:
    """Compute one shard in a Ray worker, on its GPU where it was given one."""
    settle("cuda" if torch.cuda.is_available() else "cpu", threads)
    return run_packed(packed, shard)
