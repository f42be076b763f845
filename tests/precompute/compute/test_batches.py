"""A batch that the device's memory cannot hold is halved, in every study that reads batches."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from precompute.clip.model.encode import EMBEDDING, encode_images, encode_prompts
from precompute.compute.batches import BatchRunner
from precompute.errors import JobFailed


def fitting(at_most, seen):
    """A forward pass of a device that holds so many items."""

    def forward(batch):
        if batch.stop - batch.start > at_most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        seen.append(batch.stop - batch.start)
        return {"row": np.arange(batch.start, batch.stop)}

    return forward


def test_the_batch_is_halved_until_it_fits_and_every_row_is_there_once(capsys):
    seen = []
    found = BatchRunner(16).run(21, fitting(5, seen))
    assert found["row"].tolist() == list(range(21))
    assert max(seen) == 4
    said = capsys.readouterr().err
    assert "device memory ran out: going on with batches of 8" in said
    assert "device memory ran out: going on with batches of 4" in said


def test_a_single_item_that_does_not_fit_ends_the_run():
    with pytest.raises(JobFailed, match="no memory for a single image"):
        BatchRunner(4).run(3, fitting(0, []))


class SmallClip:
    """A CLIP whose device holds three items at a time."""

    device = torch.device("cpu")
    precision = "float32"

    def __init__(self):
        self.network = SimpleNamespace(encode_image=self.embed, encode_text=self.embed)
        self.batch_preprocess = None

    def preprocess(self, picture):
        return torch.tensor([float(picture.getpixel((0, 0))), 1.0])

    def tokenize(self, prompts):
        return torch.tensor([[float(len(prompt)), 1.0] for prompt in prompts])

    def embed(self, batch):
        if len(batch) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return batch


def test_clip_halves_batches_of_images_and_of_prompts(capsys):
    images = SimpleNamespace(
        read=lambda row: Image.new("L", (1, 1), row),
        pixels=None,  # pictures of many sizes: prepared one by one
        names=[str(row) for row in range(20)],
    )
    found = encode_images(SmallClip(), images, range(5, 15), batch_size=8)[EMBEDDING]
    rows = np.arange(5, 15)
    np.testing.assert_allclose(found[:, 0] / found[:, 1], rows, rtol=1e-6)
    prompts = ["a" * (length + 1) for length in range(9)]
    texts = encode_prompts(SmallClip(), prompts, range(9), batch_size=4)[EMBEDDING]
    np.testing.assert_allclose(texts[:, 0] / texts[:, 1], np.arange(9) + 1, rtol=1e-6)
    assert capsys.readouterr().err.count("device memory ran out") == 3
