"""A batch that the device's memory cannot hold is halved."""

import numpy as np
import pytest
import torch

from precompute.compute.batches import BatchRunner
from precompute.errors import JobFailed


def fitting(at_most, result):
    """A forward pass of a device that holds so many items."""

    def forward(batch):
        if batch.stop - batch.start > at_most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        result.append(batch.stop - batch.start)
        return {"row": np.arange(batch.start, batch.stop)}

    return forward


def test_the_batch_is_halved_until_it_fits_and_every_row_is_there_once(capsys):
    items = []
    outcome = BatchRunner(16).run(21, fitting(5, items))
    assert outcome["row"].tolist() == list(range(21))
    assert max(items) == 4
    output = capsys.readouterr().err
    assert "device memory ran out: going on with batches of 8" in output
    assert "device memory ran out: going on with batches of 4" in output


def test_a_single_item_that_does_not_fit_ends_the_run():
    with pytest.raises(JobFailed, match="no memory for a single image"):
        BatchRunner(4).run(3, fitting(0, []))
