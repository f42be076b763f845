"""The two checkpoints that come with the repository are as their cards say."""

import hashlib
import math
import re
from pathlib import Path

import open_clip
import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageClassification

from precompute.checkpoints import recipes, train_clip, train_vit
from precompute.data import fashion_mnist
from precompute.data.fashion_mnist import CLASS_NAMES

EMBEDDED = Path(__file__).resolve().parents[3] / "precompute" / "embedded"
VIT, CLIP = EMBEDDED / "vit", EMBEDDED / "clip"
WEIGHTS = {"vit": VIT / "model.safetensors", "clip": CLIP / "open_clip_model.safetensors"}
LARGEST_BYTES = {"vit": 5_000_000, "clip": 8_000_000}
LOWEST_ACCURACY = {"vit": 0.88, "clip": 0.87}  # on all 10,000 test images
N_SUBSET = 2_000  # a card's figure is checked on the first test images: all take too long
STANDARD_ERRORS = 4  # 2,000 of 10,000 may differ from the whole by chance; 4 are 1 in 16,000


@pytest.fixture(scope="module")
def test_split():
    return fashion_mnist.load("test")


def figures(study):
    """Read (n_correct, n_images, sha256) from a model card."""
    card = (EMBEDDED / study / "MODEL_CARD.md").read_text(encoding="utf-8")
    n_correct, n_images = re.search(r"\(([\d,]+) of ([\d,]+) test images", card).groups()
    sha256 = re.search(r"`([0-9a-f]{64})`", card).group(1)
    return int(n_correct.replace(",", "")), int(n_images.replace(",", "")), sha256


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
    recipe = train_vit.Recipe() if study == "vit" else train_clip.Recipe()
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
    result = torch.cat([model(pixel_values=batch).logits.argmax(1) for batch in batches]).numpy()
    assert_agrees_with_card("vit", int((result == test_split.labels[:N_SUBSET]).sum()))


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
    embeddings = (
        torch.cat([model.encode_image(b, normalize=True) for b in pictures.split(500)]) @ text.T
    )
    n_correct = int((embeddings.argmax(1).numpy() == test_split.labels[:N_SUBSET]).sum())
    assert_agrees_with_card("clip", n_correct)
