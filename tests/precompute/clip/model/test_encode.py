"""Embeddings are the same however pictures are prepared, and too large a batch is halved."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image

from precompute.clip.inputs.images import join
from precompute.clip.model.encode import EMBEDDING, NORM, encode_images, encode_prompts
from precompute.clip.model.towers import find_model, load_model
from precompute.data.registry import load_images
from precompute.settings import load_profile
from tests.support.stand_ins import write_stl10

CPU = torch.device("cpu")


def test_embeddings_are_the_same_either_way(tmp_path):
    write_stl10(tmp_path, n_train=2, n_test=2)
    model = load_model(find_model(load_profile("embedded").study("clip")), CPU)
    parts = [load_images("STL10", part, tmp_path / "") for part in ("train", "test")]
    images = join(*parts)
    assert np.array_equal(images.pixels(range(15, 25))[7], np.asarray(images.read(22)))
    ours = encode_images(model, images, range(40), 16)["embedding"]
    one_by_one = encode_images(model, replace(images, pixels=None), range(40), 16)["embedding"]
    assert (ours * one_by_one).sum(axis=1).min() > 0.9999


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
    arrays = encode_images(SmallClip(), images, range(5, 15), batch_size=8)
    embeddings, rows = arrays[EMBEDDING], np.arange(5, 15)
    np.testing.assert_allclose(arrays[NORM], np.hypot(rows, 1), rtol=1e-6)
    np.testing.assert_allclose(embeddings[:, 0] / embeddings[:, 1], rows, rtol=1e-6)
    prompts = ["a" * (length + 1) for length in range(9)]
    texts = encode_prompts(SmallClip(), prompts, range(9), batch_size=4)[EMBEDDING]
    np.testing.assert_allclose(texts[:, 0] / texts[:, 1], np.arange(9) + 1, rtol=1e-6)
    assert capsys.readouterr().err.count("device memory ran out") == 3
