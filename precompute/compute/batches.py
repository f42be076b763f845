"""Work in batches on the device; when its memory runs out, the batch is halved."""

from collections.abc import Callable

import torch

from precompute.cli.progress import console
from precompute.compute.shards import Arrays, merge
from precompute.errors import JobFailed


class BatchRunner:
    """Runs items through a model in batches that fit the device's memory."""

    def __init__(self, batch_size: int) -> None:
        """Begin with batch_size items; it only ever shrinks."""
        self.batch_size = batch_size

    def run(self, n_items: int, forward: Callable[[slice], Arrays]) -> Arrays:
        """Call forward on slices of n_items in order and join its arrays.

        Raises JobFailed when a single item does not fit.
        """
        parts: list[Arrays] = []
        start = 0
        while start < n_items:
            stop = min(start + self.batch_size, n_items)
            try:
                part = forward(slice(start, stop))
            except torch.OutOfMemoryError:
                part = None  # halved below: the traceback held here would keep the memory alive
            if part is None:
                self._halve()
                continue
            parts.append(part)
            start = stop
        return merge(parts)

    def _halve(self) -> None:
        if self.batch_size == 1:
            raise JobFailed("the device has no memory for a single image. Free it, or use the CPU.")
        self.batch_size //= 2
        torch.cuda.empty_cache()
        console.print(
            f"  device memory ran out: going on with batches of {self.batch_size}", style="yellow"
        )
