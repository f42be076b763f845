"""A batch on the device gives what open_clip's own preprocessing gives picture by picture."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from precompute.clip.inputs.images import join
from precompute.clip.model.batch_preprocess import batch_preprocess
from precompute.clip.model.encode import encode_images
from precompute.clip.model.towers import find_model, load_model
from precompute.data.image_set import ImageSet, load_images
from precompute.settings import load_profile
from tests.support.pretend_gpu import pretend_gpu
from tests.support.stand_ins import write_stl10

CPU = torch.device("cpu")
OPENAI = {"size": (224, 224), "mode": "RGB", "mean": (0.48, 0.45, 0.4), "std": (0.26, 0.25, 0.27)}
OPENAI |= {"interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0}


@pytest.mark.parametrize("shape", [(96, 96, 3), (300, 240, 3), (97, 131, 1)])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("machine", [nullcontext, pretend_gpu])
def test_a_batch_equals_open_clips_own_transform(shape, interpolation, machine):
    settings = OPENAI | {"interpolation": interpolation}
    pixels = np.random.default_rng(0).integers(0, 256, (2, *shape), np.uint8)
    theirs = image_transform_v2(PreprocessCfg(**settings), is_train=False)
    expected = torch.stack([theirs(Image.fromarray(one.squeeze())) for one in pixels])
    with machine() as gpu:
        ours = batch_preprocess(settings)(pixels, gpu or CPU).cpu()
    assert ours.shape == expected.shape
    grey_level = 1 / 255 / 0.25
    off = (ours - expected).abs()
    assert off.max() < 2.5 * grey_level  # each of two passes may round to either side
    assert off.mean() < 0.05 * grey_level


@pytest.mark.parametrize(
    "change", [{"resize_mode": "squash"}, {"interpolation": "nearest"}, {"size": (224, 200)}]
)
def test_preprocessing_of_another_kind_is_left_to_open_clip(change):
    assert batch_preprocess(OPENAI | change) is None


def test_embeddings_are_the_same_either_way(tmp_path):
    write_stl10(tmp_path, n_train=2, n_test=2)
    model = load_model(find_model(load_profile("embedded").clip), CPU)
    parts = [load_images("STL10", part, tmp_path / "") for part in ("train", "test")]
    images = join(*parts)
    assert np.array_equal(images.pixels(range(15, 25))[7], np.asarray(images.read(22)))
    ours = encode_images(model, images, range(40), 16)["embedding"]
    one_by_one = encode_images(model, replace(images, pixels=None), range(40), 16)["embedding"]
    assert (ours * one_by_one).sum(axis=1).min() > 0.9999


def test_taking_rows_takes_their_pixels():
    images: ImageSet = load_images("FashionMNIST", "test", None).take(np.array([5, 900, 7]))
    assert np.array_equal(images.pixels(range(1, 3))[0, :, :, 0], np.asarray(images.read(1)))
