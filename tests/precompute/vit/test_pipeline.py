"""How often a run decodes and prepares an image: once in each step that needs it, or less."""

import pickle
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from precompute.compute.shards import split_rows
from precompute.data.image_set import pictures_of
from precompute.job import Inputs, JobContext
from precompute.settings import load_profile
from precompute.vit import pipeline
from precompute.vit.model import inference
from precompute.vit.model.checkpoint import find_model, identify
from precompute.vit.model.preprocess import Preprocessor
from store.schema.vit.names import BLACK, OTHER_IMAGE, TOKEN_DROP, WEIGHTS
from tests.support.stand_ins import SMALL
from tests.support.vit_families import FAMILIES, save_random

N_IMAGES, SHARD, N_GALLERY = 16, 4, 6
SIZE = (32, 32)
N_BYTES = 4 * 3 * SIZE[0] * SIZE[1]  # of a prepared image
SMALLER = {"n_images": 0, "n_gallery": N_GALLERY, "shard_images": SHARD, "expected_labels": ()}
SMALLER |= {"mask_ratios": (0.2,), "fill_ratios": (0.2,), "fills": (BLACK, OTHER_IMAGE, TOKEN_DROP)}


@pytest.fixture
def counts(tmp_path, monkeypatch):
    """A function that runs the steps; how often each image was read and prepared, by step."""
    folder = tmp_path / "pictures"
    for place in (folder, tmp_path / "pictures-masks"):
        place.mkdir()
    for row in range(N_IMAGES):
        pixels = np.random.default_rng(row).integers(0, 256, (*SIZE, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{row:02}.png")
        mask = np.zeros(SIZE, np.uint8)
        mask[8:24, 8:24] = 255
        Image.fromarray(mask).save(tmp_path / "pictures-masks" / f"{row:02}.png")
    step, reads, preparations = ["labels"], Counter(), Counter()
    compute, prepare = pipeline.compute, Preprocessor.prepare

    def compute_counted(shards, *others):
        step[0] = shards[0].name.partition("-")[0]
        return compute(shards, *others)

    def prepare_counted(preprocessor, picture):
        preparations[step[0]] += 1
        return prepare(preprocessor, picture)

    monkeypatch.setattr(pipeline, "compute", compute_counted)
    monkeypatch.setattr(Preprocessor, "prepare", prepare_counted)
    images = pictures_of(str(folder))

    def read(row):
        reads[step[0], row] += 1
        return images.read(row)

    def run(family):
        save_random(FAMILIES[family], tmp_path / "vit")
        model = find_model(str(tmp_path / "vit"))
        chosen = SMALL["vit"] | SMALLER | {"model": str(tmp_path / "vit"), "images": str(folder)}
        settings = load_profile("full").override("vit", **chosen).study("vit")
        context = JobContext(tmp_path / "run", "full", "", torch.device("cpu"), tmp_path)
        inputs = Inputs(replace(images, read=read), identify(model))
        opened = pipeline.open_run(settings, inputs, context)
        whole = opened.predict()
        opened.mask(whole, opened.locate()["maps"])
        opened.reshape()
        opened.gallery()
        for weights in WEIGHTS:
            opened.heads(weights)
        return reads, preparations

    return run


@pytest.mark.parametrize("family", ["ViT", "ViT without classifier"])
def test_an_image_is_read_and_prepared_once_for_all_steps(counts, family):
    reads, preparations = counts(family)
    assert sorted(row for _, row in reads) == list(range(N_IMAGES))
    assert set(reads.values()) == {1}
    assert preparations.total() == N_IMAGES


def test_where_memory_holds_two_shards_it_is_read_and_prepared_once_in_each_step(
    counts, monkeypatch
):
    monkeypatch.setattr(inference, "CACHE_BYTES", 2 * SHARD * N_BYTES)
    reads, preparations = counts("ViT without classifier")
    assert set(reads.values()) == {1}  # partners included
    steps = ("labels", "predict", "untrained", "where", "mask", "shape")
    steps += ("trained_heads", "untrained_heads")
    n_images = dict.fromkeys(steps, N_IMAGES)
    assert preparations.keys() == n_images.keys() | {"gallery"}
    assert all(preparations[step] <= n_images.get(step, N_GALLERY) for step in preparations)


def test_work_that_travels_leaves_its_images_behind():
    prepared = inference.PreparedImages()
    image = inference.PreparedImage(torch.zeros(1, 2, 2), 2, 2)
    assert prepared.get(0, lambda row: image) is prepared.get(0, {}.__getitem__) is image
    with pytest.raises(KeyError):
        pickle.loads(pickle.dumps(prepared)).get(0, {}.__getitem__)


@pytest.mark.parametrize("n_images", [1, 3, 16, 21, 22])
def test_shards_are_computed_in_an_order_that_leaves_none_out(n_images):
    shards = split_rows("mask", n_images, 4)
    assert sorted(pipeline.beside_partners(shards), key=shards.index) == shards
