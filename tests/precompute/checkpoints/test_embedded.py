"""The data and the two checkpoints that come with the repository."""

import gzip
import hashlib
import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification

from precompute.checkpoints import caption_recipe, recipes, train_clip, train_vit
from precompute.data import fashion_mnist
from precompute.data.fashion_mnist import CLASS_NAMES
from precompute.errors import InputError, JobFailed

EMBEDDED = Path(__file__).resolve().parents[3] / "precompute" / "embedded"
VIT, CLIP = EMBEDDED / "vit", EMBEDDED / "clip"
WEIGHTS = {"vit": VIT / "model.safetensors", "clip": CLIP / "open_clip_model.safetensors"}
LARGEST_BYTES = {"vit": 5_000_000, "clip": 8_000_000}
LOWEST_ACCURACY = {"vit": 0.88, "clip": 0.87}  # on all 10,000 test images
N_SUBSET = 2_000  # a card's figure is checked on the first test images: all take too long
STANDARD_ERRORS = 4  # 2,000 of 10,000 may differ from the whole by chance; 4 are 1 in 16,000
TINY_VIT = train_vit.VitRecipe(
    hidden_size=16, n_layers=1, n_heads=2, mlp_size=16, coarse_epochs=1, fine_epochs=1,
    batch_size=32, n_train=64,
)  # fmt: skip
TINY_CLIP = train_clip.ClipRecipe(epochs=1, batch_size=32, n_train=64)


@pytest.fixture(scope="module")
def test_split():
    return fashion_mnist.load("test")


@pytest.fixture(scope="module")
def train_split():
    return fashion_mnist.load("train")


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


def figures(study):
    """Read (n_correct, n_images, sha256) from a model card."""
    card = (EMBEDDED / study / "MODEL_CARD.md").read_text(encoding="utf-8")
    n_correct, n_images = re.search(r"\(([\d,]+) of ([\d,]+) test images", card).groups()
    sha256 = re.search(r"`([0-9a-f]{64})`", card).group(1)
    return int(n_correct.replace(",", "")), int(n_images.replace(",", "")), sha256


# The data


@pytest.mark.parametrize(("split", "n"), [("train", 60_000), ("test", 10_000)])
def test_a_split_has_the_official_shape_and_even_classes(split, n, request):
    files = request.getfixturevalue(f"{split}_split")
    assert files.images.shape == (n, 28, 28)
    assert files.images.dtype == np.uint8
    assert files.labels.dtype == np.int64
    assert np.bincount(files.labels).tolist() == [n // 10] * 10
    assert len(files.digest) == 64


def test_first_test_image_is_the_known_ankle_boot(test_split):
    assert CLASS_NAMES[test_split.labels[0]] == "ankle boot"


def copy_test_files(folder):
    for file in (EMBEDDED / "fashion-mnist").glob("t10k-*.gz"):
        shutil.copy(file, folder)
    return folder / "t10k-labels-idx1-ubyte.gz"


def test_a_flipped_byte_is_refused(tmp_path):
    file = copy_test_files(tmp_path)
    content = bytearray(gzip.decompress(file.read_bytes()))
    content[-1] ^= 1
    file.write_bytes(gzip.compress(bytes(content)))
    with pytest.raises(InputError, match=r"labels-idx1-ubyte\.gz: sha256 is .*, expected 0402a96d"):
        fashion_mnist.load("test", tmp_path)


def test_a_cut_file_is_refused(tmp_path):
    file = copy_test_files(tmp_path)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot be unpacked"):
        fashion_mnist.load("test", tmp_path)


def test_a_missing_file_is_named_with_the_next_step(tmp_path):
    with pytest.raises(InputError, match=r"t10k-images-idx3-ubyte\.gz: not found\. Restore it"):
        fashion_mnist.load("test", tmp_path)


# Captions


def test_thresholds_are_the_thirds_of_the_training_images(train_split):
    measured = caption_recipe.measure(train_split.images)
    for name in ("brightness", "area", "texture", "aspect"):
        thirds = np.quantile(getattr(measured, name), [1 / 3, 2 / 3])
        np.testing.assert_allclose(
            getattr(caption_recipe, f"{name.upper()}_THIRDS"), thirds, rtol=1e-3
        )


def test_attributes_of_a_drawn_picture_are_known():
    picture = np.zeros((1, 28, 28), np.uint8)
    picture[0, 4:24, 10:15] = 51  # 20 high, 5 wide, a fifth of full brightness
    measured = caption_recipe.measure(picture)
    assert measured.brightness[0] == pytest.approx(0.2)
    assert measured.area[0] == pytest.approx(100 / 784)
    assert measured.aspect[0] == pytest.approx(4)
    assert measured.texture[0] == pytest.approx(0.2 * 10 / 100)  # two edges of 5 pixels


def test_same_seed_writes_the_same_hundreds_of_captions(test_split):
    thirds = caption_recipe.describe(test_split.images)

    def write(seed):
        return caption_recipe.write(
            thirds, test_split.labels, np.random.default_rng(seed), 0.5
        ).texts

    assert write(0) == write(0)
    assert write(0) != write(1)
    assert len(set(write(0))) >= 200


def test_every_caption_holds_for_its_own_picture_and_only_for_its_class(test_split):
    thirds, labels = caption_recipe.describe(test_split.images[:500]), test_split.labels[:500]
    written = caption_recipe.write(thirds, labels, np.random.default_rng(0), 0.5)
    true = caption_recipe.holds(written, thirds, labels)
    assert true.diagonal().all()
    assert not true[labels[:, None] != labels[None, :]].any()


# The checkpoints


@pytest.mark.parametrize("study", ["vit", "clip"])
def test_a_checkpoint_is_small_and_its_card_is_about_it(study):
    content = WEIGHTS[study].read_bytes()
    assert len(content) <= LARGEST_BYTES[study]
    n_correct, n_images, sha256 = figures(study)
    assert hashlib.sha256(content).hexdigest() == sha256
    assert n_images == 10_000
    assert n_correct / n_images >= LOWEST_ACCURACY[study]


@pytest.mark.parametrize("study", ["vit", "clip"])
def test_a_card_names_the_recipe_in_the_code(study):
    recipe = train_vit.VitRecipe() if study == "vit" else train_clip.ClipRecipe()
    card = (EMBEDDED / study / "MODEL_CARD.md").read_text(encoding="utf-8")
    for name, value in vars(recipe).items():
        assert f"- `{name}`: {value}\n" in card


def assert_agrees_with_card(study, n_correct):
    card_correct, card_images, _ = figures(study)
    accuracy = card_correct / card_images
    chance = math.sqrt(accuracy * (1 - accuracy) / N_SUBSET)
    assert abs(n_correct / N_SUBSET - accuracy) < STANDARD_ERRORS * chance


@torch.inference_mode()
def test_transformers_loads_the_vit_and_it_is_as_good_as_its_card(test_split):
    model = AutoModelForImageClassification.from_pretrained(VIT, local_files_only=True).eval()
    assert tuple(model.config.id2label.values()) == CLASS_NAMES
    assert model.config.image_size // model.config.patch_size == 14
    batches = recipes.normalise(test_split.images[:N_SUBSET]).split(250)
    found = torch.cat([model(pixel_values=batch).logits.argmax(1) for batch in batches]).numpy()
    assert_agrees_with_card("vit", int((found == test_split.labels[:N_SUBSET]).sum()))


def test_the_vit_processor_makes_the_pixels_of_training(test_split):
    processor = AutoImageProcessor.from_pretrained(VIT, local_files_only=True)
    pictures = [Image.fromarray(image) for image in test_split.images[:3]]
    pixels = processor(pictures, return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(pixels, recipes.normalise(test_split.images[:3]))


@torch.inference_mode()
def test_open_clip_loads_the_clip_and_it_is_as_good_as_its_card(test_split):
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{CLIP}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{CLIP}")
    model.eval()
    assert next(model.parameters()).dtype == torch.float32
    pictures = recipes.normalise(test_split.images[:N_SUBSET]).expand(-1, 3, -1, -1)
    image = preprocess(Image.fromarray(test_split.images[0]))
    torch.testing.assert_close(image, pictures[0])
    prompts = tokenizer([train_clip.PROMPT.format(name) for name in CLASS_NAMES])
    text = model.encode_text(prompts, normalize=True)
    found = torch.cat([model.encode_image(b, normalize=True) for b in pictures.split(500)]) @ text.T
    n_correct = int((found.argmax(1).numpy() == test_split.labels[:N_SUBSET]).sum())
    assert_agrees_with_card("clip", n_correct)


# Training


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
