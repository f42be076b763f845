"""What both trainings share: pixels, losses, and a folder that is replaced whole."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor

from precompute.checkpoints import recipes
from precompute.data import fashion_mnist
from precompute.errors import JobFailed

EMBEDDED = Path(__file__).resolve().parents[3] / "precompute" / "embedded"
VIT = EMBEDDED / "vit"


@pytest.fixture(scope="module")
def test_split():
    return fashion_mnist.load("test")


def test_the_vit_processor_makes_the_pixels_of_training(test_split):
    processor = AutoImageProcessor.from_pretrained(VIT, local_files_only=True)
    pictures = [Image.fromarray(image) for image in test_split.images[:3]]
    pixels = processor(pictures, return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(pixels, recipes.normalise(test_split.images[:3]))


def test_a_folder_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path):
    out = tmp_path / "checkpoint"
    out.mkdir()
    (out / "old").write_text("old")
    with recipes.whole_folder(out) as draft:
        (draft / "new").write_text("new")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["checkpoint", "new"]


def test_a_loss_that_is_no_number_stops_with_its_place():
    with pytest.raises(JobFailed, match="loss is nan in epoch 3, step 17"):
        recipes.checked(torch.tensor(float("nan")), 3, 17)


def test_augmentation_only_mirrors_and_shifts():
    # The study hides patches, so training must not: every pixel of the middle survives.
    pixels = np.zeros((64, 28, 28), np.uint8)
    pixels[:, 4:24, 4:24] = np.random.default_rng(0).integers(1, 256, (64, 20, 20))
    before = recipes.normalise(pixels)
    after = recipes.augment(before, torch.Generator().manual_seed(0))
    assert after.shape == before.shape
    torch.testing.assert_close(
        after.flatten(1).sort().values, before.flatten(1).sort().values, rtol=0, atol=0
    )
