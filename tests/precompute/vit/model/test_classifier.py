import json

import numpy as np
import pytest
import torch
import transformers as tf
from PIL import Image

from precompute.errors import InputError
from precompute.vit.model.checkpoint import find_model, identify
from precompute.vit.model.classifier import load_classifier
from tests.support.stand_ins import GRID, LABELS, save_vit
from tests.support.vit_families import NARROW, Family, make_twins, save_random

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path):
    save_vit(tmp_path / "vit")
    return tmp_path / "vit"


def test_a_folder_tells_its_labels_grid_and_patch_size(folder):
    classifier = load_classifier(find_model(str(folder)), CPU)
    assert classifier.label_names == LABELS
    assert (classifier.grid, classifier.patch_size_px) == ((GRID, GRID), (4, 4))
    assert classifier.n_prefix == 1


def test_preparing_and_undoing_it_gives_the_pixels_back(folder):
    preprocessor = load_classifier(find_model(str(folder)), CPU).preprocessor
    pixels = np.random.default_rng(0).integers(0, 256, (56, 56, 3), np.uint8)
    prepared = preprocessor.prepare(Image.fromarray(pixels))
    np.testing.assert_array_equal(preprocessor.pixels(prepared), pixels)
    torch.testing.assert_close(preprocessor.prepared(pixels), prepared)
    assert float(preprocessor.normalised(127.5).abs().max()) < 1e-6  # the mean is 0.5
    assert preprocessor.normalised(0).flatten().tolist() == [-1, -1, -1]


def test_region_maps_are_resized_without_making_new_codes(folder):
    preprocessor = load_classifier(find_model(str(folder)), CPU).preprocessor
    regions = np.random.default_rng(0).integers(1, 4, (90, 70)).astype(np.uint8)
    assert set(preprocessor.region_map(regions).ravel()) == {1, 2, 3}


def test_another_weight_is_another_digest(folder):
    first = identify(find_model(str(folder))).digest
    assert identify(find_model(str(folder))).digest == first
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert identify(find_model(str(folder))).digest != first


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("config.json", {"layer_norm_eps": 1e-3}),
        ("preprocessor_config.json", {"image_mean": [0.4, 0.4, 0.4]}),
    ],
)
def test_another_setting_of_the_model_or_its_preprocessing_is_another_digest(folder, name, changed):
    first = identify(find_model(str(folder))).digest
    settings = json.loads((folder / name).read_text()) | changed
    (folder / name).write_text(json.dumps(settings))
    assert identify(find_model(str(folder))).digest != first


@pytest.mark.parametrize("needed", ["config.json", "preprocessor_config.json"])
def test_a_folder_that_lacks_a_file_is_refused_by_its_name(folder, needed):
    (folder / needed).unlink()
    with pytest.raises(InputError, match=f"{needed} is missing"):
        find_model(str(folder))


def test_a_folder_without_weights_is_refused(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"model\.safetensors is missing"):
        find_model(str(folder))


def test_damaged_weights_are_refused_in_one_line(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])
    with pytest.raises(InputError, match="vit: cannot be loaded") as caught:
        load_classifier(find_model(str(folder)), CPU)
    assert "\n" not in str(caught.value)


def test_weights_that_would_be_drawn_at_random_are_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    config["num_hidden_layers"] += 1
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="weights are missing, first vit"):
        load_classifier(find_model(str(folder)), CPU)


def test_a_size_of_broken_patches_is_refused_before_any_work(tmp_path):
    make_twins(tmp_path)
    tf.ViTImageProcessor(size={"height": 40, "width": 44}).save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"no whole number of \(8, 8\) patches"):
        load_classifier(find_model(str(tmp_path)), CPU)


REFUSED = {
    "detection tokens behind the patches": (
        lambda: tf.YolosModel(
            tf.YolosConfig(**NARROW | {"image_size": [32, 32]}, num_detection_tokens=4)
        ),
        "its first patch is token 1, expected 5",
    ),
    "an attention of its own": (
        lambda: tf.Data2VecVisionForImageClassification(
            tf.Data2VecVisionConfig(**NARROW, num_labels=5)
        ),
        "cannot be loaded",
    ),
    "an output without features": (
        lambda: tf.ViTMAEModel(tf.ViTMAEConfig(**NARROW)),
        "its CLS attention cannot be read",
    ),
    "patches alone": (
        lambda: tf.SiglipVisionModel(tf.SiglipVisionConfig(**NARROW)),
        "16 tokens for a .4, 4. grid, so it has no CLS token",
    ),
}


@pytest.mark.parametrize("family", REFUSED)
def test_a_family_that_cannot_be_read_is_refused_in_one_line(tmp_path, family):
    make, message = REFUSED[family]
    save_random(Family(make), tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        load_classifier(find_model(str(tmp_path)), CPU)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.json", '{"model_type": "vi'),
        ("config.json", '{"model_type": "nope", "patch_size": 4}'),
        ("config.json", "[]"),
        ("preprocessor_config.json", '{"do_resize": tru'),
        ("preprocessor_config.json", "[]"),
        ("preprocessor_config.json", '{"image_processor_type": "Nope"}'),
        ("preprocessor_config.json", '{"image_mean": "grey"}'),
    ],
)
def test_settings_that_cannot_be_read_are_refused_in_one_line(folder, name, text):
    (folder / name).write_text(text)
    with pytest.raises(InputError, match=f"vit: {name} ") as caught:
        identify(find_model(str(folder)))
    assert "\n" not in str(caught.value)
