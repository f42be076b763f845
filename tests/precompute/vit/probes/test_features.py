"""What probes read: as transformers' own hidden states have it, and under the study's masks."""

import numpy as np
import pytest
import torch

from precompute.vit.masking.masks import hidden_patches, mask_rng, patch_ranking
from precompute.vit.probes.features import judge_rows, pooled, read_features, view_masks
from precompute.vit.probes.linear import LinearProbes
from store.schema.vit import names
from tests.support.noise_probes import N_NOISE, noise_probe
from tests.support.vit_families import FAMILIES, LAYERS, load_twin

WIDTH = 16  # hidden_size of every family


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_both_poolings_at_every_depth(family, tmp_path):
    lens = noise_probe(tmp_path, family)
    read = read_features(lens, {"own": lens.classifier}, range(N_NOISE))["own"]
    assert read.shape == (N_NOISE, LAYERS + 1, len(names.POOLINGS), WIDTH)
    assert read.dtype == np.float32
    np.testing.assert_allclose(np.ptp(read[:, 0, 0], axis=0), 0, atol=1e-5)  # CLS: same embedding
    assert np.ptp(read[:, -1, 0], axis=0).max() > 1e-3
    assert np.ptp(read[:, 0, 1], axis=0).max() > 1e-3


@pytest.mark.parametrize("family", ["ViT", "DINOv2 with registers", "DeiT"])
def test_they_are_those_of_transformers_hidden_states(family, tmp_path):
    lens = noise_probe(tmp_path, family)
    pixel_values = lens.prepare(range(N_NOISE))
    with torch.inference_mode():
        read = pooled(lens.classifier, pixel_values)
        states = load_twin(tmp_path, "eager")(pixel_values, output_hidden_states=True).hidden_states
    for depth in range(LAYERS):  # the last may have gone through the norm there
        tokens = states[depth]
        torch.testing.assert_close(read[:, depth, 0], tokens[:, 0], atol=1e-4, rtol=1e-4)
        mean = tokens[:, lens.classifier.n_prefix :].mean(dim=1)
        torch.testing.assert_close(read[:, depth, 1], mean, atol=1e-4, rtol=1e-4)


def test_views_hide_what_the_masking_study_hides_first():
    rows, seed = np.array([7, 3]), 5
    masks = view_masks((4, 6), rows, 12, seed)
    assert list(masks) == list(names.VIEWS)
    assert not masks[names.WHOLE].any()
    for arm in names.PROBE_ARMS:
        assert masks[arm].sum(axis=(1, 2)).tolist() == [12, 12]
        own = patch_ranking(arm, np.zeros((4, 6)), mask_rng(seed, 3, 0, arm))
        np.testing.assert_array_equal(masks[arm][1], hidden_patches(own, 12))
    assert masks[names.CENTRE_BLOCK][0, 1:3, 2:4].all()


def test_a_masked_picture_is_black_where_hidden_and_probes_name_its_class(tmp_path):
    lens = noise_probe(tmp_path, "ViT", batch_size=2)
    masks = view_masks(lens.classifier.grid, np.arange(N_NOISE), 8, seed=0)
    rng = np.random.default_rng(0)
    shape = (LAYERS + 1, len(names.POOLINGS), 3)
    probes = LinearProbes(rng.normal(size=(*shape, WIDTH)), rng.normal(size=shape))
    networks, fitted = {"own": lens.classifier}, {"own": probes}
    judged = judge_rows(lens, networks, fitted, masks, range(1, N_NOISE))["predicted"]
    assert judged.shape == (N_NOISE - 1, 1, len(names.VIEWS), LAYERS + 1, len(names.POOLINGS))
    black = lens.classifier.preprocessor.normalised(0.0)
    for place, view in enumerate(names.VIEWS):
        pixels = lens.prepare(range(1, N_NOISE)).clone()
        hidden = np.kron(masks[view][1:], np.ones((8, 8))).astype(bool)
        pixels[torch.from_numpy(hidden)[:, None].expand_as(pixels)] = float(black[0])
        with torch.inference_mode():
            expected = probes.predict(pooled(lens.classifier, pixels).numpy())
        np.testing.assert_array_equal(judged[:, 0, place], expected)
