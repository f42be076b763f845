"""Labels and maps of whole pictures, with a classifier and without."""

import dataclasses

import numpy as np

from precompute.vit.model.inference import (
    edge_maps,
    predict_rows,
    read_gallery,
    with_stand_ins,
)
from tests.support.noise_probes import N_NOISE, noise_probe


def test_without_a_classifier_the_pictures_stand_in_for_labels(tmp_path):
    lens = with_stand_ins(noise_probe(tmp_path, "DINOv2"), at_once=2)
    assert lens.classifier.label_names == lens.images.names
    result = read_gallery(lens, range(N_NOISE), n_top=2)
    assert result["top_index"][:, 0].tolist() == list(range(N_NOISE))  # each is nearest to itself
    np.testing.assert_allclose(result["top_probability"][:, 0], 1, atol=1e-5)  # the cosine
    assert (result["top_probability"][:, 1] < 1).all()


def test_a_model_with_a_classifier_keeps_its_labels(tmp_path):
    lens = noise_probe(tmp_path, "ViT")
    assert with_stand_ins(lens, at_once=2) is lens


def test_heads_that_hardly_attend_to_patches_keep_their_maps(tmp_path):
    """Queries this large leave patches less attention than half precision holds."""
    lens = noise_probe(tmp_path, "ViT")
    for name, weight in lens.classifier.network.named_parameters():
        if name.endswith("query.weight") or name.endswith("q_proj.weight"):
            weight.mul_(300)
    images = dataclasses.replace(lens.images, regions=lambda row: np.ones((40, 40), np.uint8))
    predictions = predict_rows(dataclasses.replace(lens, images=images), range(N_NOISE))
    raw = read_gallery(lens, range(N_NOISE), n_top=1)["cls_attention"]
    assert (raw.max(axis=(-2, -1)) == 0).any()  # so that it can fail
    assert (predictions["head_maps"].max(axis=(-2, -1)) == 1).all()


def test_edges_lie_where_the_picture_changes_and_nowhere_else():
    picture = np.zeros((1, 8, 9, 1), np.uint8)
    picture[:, 4:] = 200  # an edge across the middle; the ninth column is beyond the last patch
    edges = edge_maps(picture, 4, 4)
    assert edges.shape == (1, 4, 4)
    assert (edges[0, [1, 2]] > 0).all()
    assert (edges[0, [0, 3]] == 0).all()
