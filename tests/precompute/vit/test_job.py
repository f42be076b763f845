"""The ViT study from a folder of pictures to its store, on a model of few patches."""

import numpy as np
import pytest
import torch
import transformers as tf
from PIL import Image

from precompute import report
from precompute.job import JobContext
from precompute.settings import load_profile
from store.reader import open_store
from store.schema.vit import masking
from tests.support.stand_ins import SMALL
from tests.support.vit_families import NARROW, Family, save_random

SIDE = 7  # patches across, as a model of 32-pixel patches has at 224
N_IMAGES = 8


def small_vit():
    config = tf.ViTConfig(**NARROW | {"image_size": 8 * SIDE, "num_hidden_layers": 1}, num_labels=4)
    return tf.ViTForImageClassification(config)


@pytest.fixture
def run(tmp_path):
    """A run of the full profile's masks on a 7 x 7 grid, and where it writes."""
    save_random(Family(small_vit, size=(8 * SIDE, 8 * SIDE)), tmp_path / "vit")
    (tmp_path / "pictures").mkdir()
    for row in range(N_IMAGES):
        pixels = np.random.default_rng(row).integers(0, 256, (56, 56, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{row}.png")
    folders = {"model": str(tmp_path / "vit"), "images": str(tmp_path / "pictures")}
    changed = SMALL["vit"] | folders | {"expected_labels": []}
    profile = load_profile("full").override("vit", **changed)
    context = JobContext(tmp_path / "run", "full", "", torch.device("cpu"), tmp_path)
    return lambda: report.run_study("vit", profile, context), context.store_path("vit")


def test_a_grid_of_few_patches_runs_on_the_ratios_that_it_can_tell_apart(run, capsys):
    study, path = run
    study()
    split = " ".join(capsys.readouterr().err.split())
    assert "left out of mask_ratios, as a smaller one hides as many: 0.02" in split
    with open_store(path, "vit") as store:
        assert store.read(masking.N_MASKED).tolist() == [1, 2, 5, 10, 17, 25, 34, 44]
        assert 0.02 in store.provenance.settings["mask_ratios"]  # as asked for
        assert store.size("top") == 4  # all labels that the model has, fewer than n_top
    study()
    assert "nothing to do" in capsys.readouterr().err
