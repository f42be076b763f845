"""Both trainings, on models and images small enough to run here."""

import json

import open_clip
import pytest
import torch
from transformers import AutoModelForImageClassification

from precompute.checkpoints import train_clip, train_vit
from precompute.data import fashion_mnist

TINY_VIT = train_vit.Recipe(
    hidden_size=16, n_layers=1, n_heads=2, mlp_size=16, coarse_epochs=1, fine_epochs=1,
    batch_size=32, n_train=64,
)  # fmt: skip
TINY_CLIP = train_clip.Recipe(epochs=1, batch_size=32, n_train=64)


@pytest.fixture(scope="module")
def test_split():
    return fashion_mnist.load("test")


@pytest.fixture
def small_test_split(test_split, monkeypatch):
    """Let a tiny training run be judged on 100 images instead of 10,000."""
    load = fashion_mnist.load

    def load_few(split):
        files = test_split if split == "test" else load(split)
        n = 100 if split == "test" else len(files.images)
        return fashion_mnist.FashionMnist(files.images[:n], files.labels[:n], files.digest)

    monkeypatch.setattr(fashion_mnist, "load", load_few)


def silent(step, total, message):
    pass


@pytest.mark.usefixtures("small_test_split")
def test_a_tiny_vit_trains_and_saves_the_same_weights_twice(tmp_path):
    steps = []
    first = train_vit.train(
        TINY_VIT, tmp_path / "a", torch.device("cpu"), lambda *step: steps.append(step)
    )
    second = train_vit.train(TINY_VIT, tmp_path / "b", torch.device("cpu"), silent)
    assert [step[:2] for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert first.sha256 == second.sha256
    AutoModelForImageClassification.from_pretrained(tmp_path / "a", local_files_only=True)


@pytest.mark.usefixtures("small_test_split")
def test_a_tiny_clip_trains_and_loads(tmp_path):
    summary = train_clip.train(TINY_CLIP, tmp_path / "clip", torch.device("cpu"), silent)
    assert summary.n_images == 100
    open_clip.create_model_and_transforms(f"local-dir:{tmp_path / 'clip'}")
    config = json.loads((tmp_path / "clip" / "open_clip_config.json").read_text())
    assert config["model_cfg"] == train_clip.MODEL


@pytest.mark.usefixtures("small_test_split")
@pytest.mark.parametrize(
    ("module", "recipe"), [(train_vit, TINY_VIT), (train_clip, TINY_CLIP)], ids=["vit", "clip"]
)
def test_an_interrupted_run_leaves_the_old_checkpoint(module, recipe, tmp_path):
    out = tmp_path / "checkpoint"
    out.mkdir()
    (out / "old").write_text("whole")

    def interrupt(step, total, message):
        if step == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        module.train(recipe, out, torch.device("cpu"), interrupt)
    assert [path.name for path in tmp_path.rglob("*")] == ["checkpoint", "old"]
