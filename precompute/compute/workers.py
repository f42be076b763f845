"""Shards on this machine: in this process, or in one process for each device."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import torch
from numpy.typing import NDArray

from precompute.compute.process import Work, pack, run_packed, settle
from precompute.compute.shard import Shard
from precompute.errors import JobFailed

Done = tuple[Shard, dict[str, NDArray]]


class ThisProcess:
    """One shard after the other, here."""

    n_slots = 1

    def map(self, work: Work, shards: Sequence[Shard]) -> Iterator[Done]:
        """Yield each shard with its arrays."""
        for shard in shards:
            yield shard, dict(work(shard))

    def close(self) -> None:
        """Nothing to close."""


class OneProcessPerDevice:
    """As many shards at a time as there are devices; each goes to the next device that is free."""

    def __init__(self, devices: Sequence[str]) -> None:
        """Start no process yet: that happens with the first shard of each device."""
        context = multiprocessing.get_context("spawn")  # CUDA does not survive a fork
        threads = torch.get_num_threads()
        self._pools = [
            ProcessPoolExecutor(1, context, initializer=settle, initargs=(device, threads))
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
