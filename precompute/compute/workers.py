"""Where shards are computed: in this process, in one for each device here, or on a Ray cluster."""

import importlib
import multiprocessing
import os
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import torch
from numpy.typing import NDArray

from precompute.cli.progress import console
from precompute.compute.process import Shard, Work, configure_process, pack, run_packed
from precompute.errors import InputError, JobFailed

Done = tuple[Shard, dict[str, NDArray]]
ROOT = Path(__file__).resolve().parents[2]
AHEAD = 2  # shards handed out per slot: the next one waits where the last is computed
CONNECT_SECONDS = 5.0
TRIES_AGAIN = 5  # how often a shard is computed again whose node or process died
PASSED_ON = ("HF_HOME", "HF_HUB_OFFLINE", "TOKENIZERS_PARALLELISM")


class SerialExecutor:
    """One shard after the other, here."""

    n_slots = 1

    def map(self, work: Work, shards: Sequence[Shard]) -> Iterator[Done]:
        """Yield each shard with its arrays."""
        for shard in shards:
            yield shard, dict(work(shard))

    def close(self) -> None:
        """Nothing to close."""


class DevicePool:
    """As many shards at a time as there are devices; each goes to the next device that is free."""

    def __init__(self, devices: Sequence[str]) -> None:
        """Start no process yet: that happens with the first shard of each device."""
        context = multiprocessing.get_context("spawn")  # CUDA does not survive a fork
        threads = torch.get_num_threads()
        self._pools = [
            ProcessPoolExecutor(
                1, context, initializer=configure_process, initargs=(device, threads)
            )
            for device in devices
        ]
        self.n_slots = len(self._pools)

    def map(self, work: Work, shards: Sequence[Shard]) -> Iterator[Done]:
        """Yield shards with their arrays as they are finished, in any order.

        Raises JobFailed when a process dies, as one does that the system kills for its memory.
        """
        packed, waiting = pack(work), iter(shards)
        under_way: dict[Future, tuple[Shard, ProcessPoolExecutor]] = {}

        def feed(pool: ProcessPoolExecutor) -> None:
            shard = next(waiting, None)
            if shard is not None:
                under_way[pool.submit(run_packed, packed, shard)] = shard, pool

        for pool in self._pools:
            feed(pool)
        while under_way:
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                shard, pool = under_way.pop(future)
                try:
                    arrays = future.result()
                except BrokenProcessPool:
                    raise JobFailed(
                        f"the process that computed {shard.name} died; was there memory for it? "
                        f"Finished shards are kept: the same command goes on from there."
                    ) from None
                feed(pool)
                yield shard, arrays

    def close(self) -> None:
        """End the processes."""
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)


def connect() -> "RayCluster":
    """Join the cluster at RAY_ADDRESS, or start one on this machine where none is named.

    Ray is an optional extra: it is imported here, and only when asked for.

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
    """As many shards at a time as the cluster has GPUs, or where it has none, CPUs for.

    The driver sends the work once and each shard's range; the arrays come back and the driver alone
    writes them, so no file system need be shared for results. Every node needs this repository and
    the run's inputs under the same paths as the driver.
    """

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
    configure_process("cuda" if torch.cuda.is_available() else "cpu", threads)
    return run_packed(packed, shard)


Executor = SerialExecutor | DevicePool | RayCluster


def choose_device(name: str) -> torch.device:
    """Return the device asked for, or CUDA where there is one."""
    try:
        device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"device {name!r} cannot be used: {reason}. Try --device cpu.") from None
    return device


def choose_workers(engine: str, device: str) -> Executor:
    """Return what computes shards: a cluster, every GPU here, or this process alone."""
    if engine == "ray":
        workers = connect()
        console.print(f"Engine ray: {workers.n_slots} shards at a time.", highlight=False)
        return workers
    if engine != "local":
        raise InputError(f"--engine {engine!r}: no such engine. Known: local, ray.")
    n_gpus = torch.cuda.device_count()
    if device or n_gpus < 2:
        return SerialExecutor()
    console.print(f"Engine local: one process on each of {n_gpus} GPUs.", highlight=False)
    return DevicePool([f"cuda:{number}" for number in range(n_gpus)])
