import numpy as np
import torch
from PIL import Image
from transformers import ViTImageProcessor

from precompute.datasets import ImageSet
from precompute.settings import load_profile
from precompute.vit.attention import forward_readout
from precompute.vit.batches import BatchRunner
from precompute.vit.checkpoint import find_model
from precompute.vit.masking import TOKEN_DROP, MaskPlan, predict_masked
from precompute.vit.model import load_classifier
from precompute.vit.predict import Lens, predict_rows
from tests.precompute.vit.models import make_twins

ARMS, FILLS, COUNTS, SEEDS = ("centre_block", "scattered"), ("black", "grey", TOKEN_DROP), (2, 7), 2


def make_lens(folder):
    make_twins(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (6, 32, 32, 3), np.uint8)
    images = ImageSet(
        name="noise",
        digest="0" * 64,
        names=tuple(f"{row}.png" for row in range(6)),
        labels=np.zeros(6, np.int64),
        class_names=("noise",),
        read=lambda row: Image.fromarray(pixels[row]),
        skipped=(),
    )
    classifier = load_classifier(find_model(str(folder)), torch.device("cpu"))
    return Lens(classifier, images, BatchRunner(5)), pixels


def make_plan():
    profile = load_profile("embedded").override("vit", arms=ARMS, fills=FILLS, n_seeds=SEEDS)
    return MaskPlan(profile.vit, np.array(COUNTS, np.int32), np.arange(6))


def test_every_cell_is_what_the_model_says_of_that_masked_picture(tmp_path):
    lens, pixels = make_lens(tmp_path)
    plan, rows = make_plan(), range(1, 5)
    whole = predict_rows(lens, rows)["predicted"]
    found = predict_masked(lens, plan, rows, whole, n_gallery=1)
    assert found["predicted"].shape == (4, SEEDS, len(ARMS), len(COUNTS), len(FILLS))
    rankings = plan.rankings(rows, lens.classifier.grid)
    for cell in np.ndindex(found["predicted"].shape):
        image, seed, arm, ratio, fill = cell
        hidden = rankings[image, seed, arm] < COUNTS[ratio]
        logits = _logits(lens, pixels[rows[image]], hidden, FILLS[fill])
        probability = logits.softmax(-1)
        assert found["predicted"][cell] == int(probability.argmax())
        assert abs(found["probability"][cell] - float(probability[whole[image]])) < 1e-3


def test_the_gallery_holds_the_first_seed_of_the_first_rows(tmp_path):
    lens, _ = make_lens(tmp_path)
    rows, plan = range(4), make_plan()
    found = predict_masked(lens, plan, rows, predict_rows(lens, rows)["predicted"], n_gallery=2)
    np.testing.assert_array_equal(
        found["gallery_top_index"][..., 0], found["predicted"][:2, 0].astype(int)
    )
    np.testing.assert_array_equal(
        found["gallery_ranking"], plan.rankings(rows, lens.classifier.grid)[:2, 0]
    )


def _logits(lens, picture, hidden, fill):
    """Mask by hand: draw on the picture itself, or drop the tokens."""
    classifier = lens.classifier
    if fill == TOKEN_DROP:
        keep = torch.from_numpy(np.concatenate([[True], ~hidden.ravel()]))[None]
        values = classifier.preprocessor.prepare(Image.fromarray(picture))[None]
        return forward_readout(classifier.network, values, keep)[0]
    drawn = picture.astype(np.float32)
    drawn[np.kron(hidden, np.ones((8, 8), bool))] = {"black": 0, "grey": 127.5}[fill]
    values = torch.from_numpy((drawn / 255 - 0.5) / 0.5).movedim(-1, 0)[None]
    return forward_readout(classifier.network, values, None)[0]
