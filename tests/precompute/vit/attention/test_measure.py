import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from precompute.compute.batches import BatchRunner
from precompute.data.image_set import ImageSet
from precompute.vit.attention.concentration import half_mass_share
from precompute.vit.attention.measure import locate_attention
from precompute.vit.model.checkpoint import find_model
from precompute.vit.model.classifier import load_classifier
from precompute.vit.model.inference import Lens, predict_rows, read_gallery, read_maps
from precompute.vit.model.nearest_labels import with_stand_ins
from tests.support.vit_families import FAMILIES, HEADS, LAYERS, save_random

N = 5


def lens_of(folder, family, batch_size=3):
    save_random(FAMILIES[family], folder)
    classifier = load_classifier(find_model(str(folder)), torch.device("cpu"))
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (N, 40, 40, 3), np.uint8)
    images = ImageSet(
        name="noise",
        digest="0",
        names=tuple(f"noise-{row}" for row in range(N)),
        labels=np.full(N, -1),
        class_names=(),
        read=lambda row: Image.fromarray(pixels[row]),
    )
    return Lens(classifier, images, BatchRunner(batch_size))


@pytest.mark.parametrize("family", ["ViT", "DINOv2 with registers"])
def test_every_picture_is_measured_and_the_first_are_kept_whole(family, tmp_path):
    lens = lens_of(tmp_path, family)
    found = locate_attention(lens, range(N), n_gallery=2)
    assert found["half_mass"].shape == (N, 4)
    assert found["layer_half_mass"].shape == (N, LAYERS)
    assert found["agreement"].shape == (N, 4, 4)
    assert found["sinks"].shape == (N, 5, LAYERS)
    assert found["gallery_class_specific"].shape == (2, 4, 4)
    assert found["gallery_value_weighted"].shape == (2, LAYERS, HEADS, 4, 4)
    assert found["gallery_token_norm"].shape == found["gallery_outlier"].shape
    assert found["gallery_token_norm"].shape == (2, LAYERS, 4, 4)
    again = half_mass_share(read_maps(lens, range(N))["cls_map"])
    np.testing.assert_allclose(found["layer_half_mass"][:, -1], again, atol=1e-6)
    np.testing.assert_allclose(found["half_mass"][:, 0], again, atol=1e-6)


def test_the_gallery_may_end_within_a_batch_or_before_the_rows_begin(tmp_path):
    lens = lens_of(tmp_path, "ViT", batch_size=2)
    whole = locate_attention(lens, range(N), n_gallery=3)["gallery_token_norm"]
    assert whole.shape[0] == 3
    large = dataclasses.replace(lens, runner=BatchRunner(N))
    one_batch = locate_attention(large, range(N), n_gallery=3)["gallery_token_norm"]
    np.testing.assert_allclose(one_batch, whole, rtol=1e-5)
    assert len(locate_attention(lens, range(3, N), n_gallery=0)["gallery_token_norm"]) == 0


def test_without_a_classifier_the_pictures_stand_in_for_labels(tmp_path):
    lens = with_stand_ins(lens_of(tmp_path, "DINOv2"), at_once=2)
    assert lens.classifier.label_names == lens.images.names
    seen = read_gallery(lens, range(N), n_top=2)
    assert seen["top_index"][:, 0].tolist() == list(range(N))  # each is nearest to itself
    np.testing.assert_allclose(seen["top_probability"][:, 0], 1, atol=1e-5)  # the cosine
    assert (seen["top_probability"][:, 1] < 1).all()


def test_a_model_with_a_classifier_keeps_its_labels(tmp_path):
    lens = lens_of(tmp_path, "ViT")
    assert with_stand_ins(lens, at_once=2) is lens


def test_heads_that_hardly_attend_to_patches_keep_their_maps(tmp_path):
    """Queries this large leave patches less attention than half precision holds."""
    lens = lens_of(tmp_path, "ViT")
    for name, weight in lens.classifier.network.named_parameters():
        if name.endswith("query.weight") or name.endswith("q_proj.weight"):
            weight.mul_(300)
    images = dataclasses.replace(lens.images, regions=lambda row: np.ones((40, 40), np.uint8))
    seen = predict_rows(dataclasses.replace(lens, images=images), range(N))
    raw = read_gallery(lens, range(N), n_top=1)["cls_attention"]
    assert (raw.max(axis=(-2, -1)) == 0).any()  # so that it can fail
    assert (seen["head_maps"].max(axis=(-2, -1)) == 1).all()
