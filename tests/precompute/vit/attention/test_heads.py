"""How heads differ: by hand, by law, against SciPy, and in models of every layout of tokens."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from precompute.vit.attention.heads import (
    attention_distance,
    divergences,
    entropies,
    head_divergences,
    measure_heads,
    patch_distances,
)
from precompute.vit.model.inference import read_gallery
from store.schema.vit import names
from tests.support.noise_probes import N_NOISE, noise_probe
from tests.support.vit_families import HEADS, LAYERS, load_twin

ENTROPY, DISTANCE, DIVERGENCE, CHANGE = range(len(names.HEAD_MEASURES))


def rows_of(seed, *shape, tokens=9):
    return np.random.default_rng(seed).dirichlet(np.full(tokens, 0.3), shape)


def test_known_entropies_and_divergences():
    even, one, other = np.full(4, 0.25), np.eye(4)[0], np.eye(4)[1]
    np.testing.assert_allclose(entropies(np.stack([even, one])), [math.log(4), 0])
    assert divergences(one, one) == 0
    assert divergences(one, other) == pytest.approx(1)
    # KL(P||M) = KL(Q||M) = 1/2 bit where two rows share one of their two tokens.
    assert divergences((one + other) / 2, (one + np.eye(4)[2]) / 2) == pytest.approx(0.5)


@given(st.integers(0, 10_000))
def test_entropy_and_divergence_equal_scipys(seed):
    first, second = rows_of(seed, 2)
    assert entropies(first) == pytest.approx(entropy(first), abs=1e-12)
    expected = jensenshannon(first, second, base=2) ** 2
    assert divergences(first, second) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 10_000))
def test_a_divergence_is_symmetric_between_0_and_1_and_ignores_the_order_of_tokens(seed):
    first, second = rows_of(seed, 2)
    order = np.random.default_rng(seed).permutation(len(first))
    between = divergences(first, second)
    assert 0 <= between <= 1
    assert divergences(second, first) == pytest.approx(between, abs=1e-12)
    assert divergences(first[order], second[order]) == pytest.approx(between, abs=1e-12)


def test_a_heads_divergence_is_its_mean_over_the_others_and_a_layers_that_over_pairs():
    rows = rows_of(0, 5, 3)  # 5 pictures, 3 heads
    between = head_divergences(rows)
    pairs = [divergences(rows[:, a], rows[:, b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    np.testing.assert_allclose(between[:, 0], (pairs[0] + pairs[1]) / 2)
    np.testing.assert_allclose(between.mean(axis=-1), np.mean(pairs, axis=0))
    assert np.isnan(head_divergences(rows[:, :1])).all()


def test_distances_are_those_between_the_middles_of_patches():
    distances = patch_distances((2, 3), (10, 4))
    assert distances.shape == (6, 6)
    np.testing.assert_allclose(np.diag(distances), 0)
    assert distances[0, 1] == 4  # across
    assert distances[0, 3] == 10  # down
    assert distances[0, 4] == pytest.approx(math.hypot(10, 4))
    np.testing.assert_array_equal(distances, distances.T)


def test_known_attention_distances():
    distances = torch.from_numpy(patch_distances((3, 4), (2, 2)))
    n = len(distances)
    own, even = torch.eye(n).double(), torch.full((n, n), 1 / n).double()
    right = own.roll(1, dims=1)[[0, 1, 2]]  # three patches look at the one to their right
    assert attention_distance(own, distances) == 0
    assert attention_distance(even, distances) == pytest.approx(float(distances.mean()))
    assert attention_distance(right, distances[:3]) == pytest.approx(2)
    half = 0.5 * own  # the rest goes to CLS, which is nowhere
    assert attention_distance(half + 0.25 * even, distances) == pytest.approx(
        float(distances.mean()) / 3
    )
    assert attention_distance(own * 0, distances).isnan()


@pytest.mark.parametrize("family", ["ViT", "ViT, not square", "DINOv2 with registers", "BEiT"])
def test_heads_are_measured_as_from_whole_attention_matrices(family, tmp_path):
    lens = noise_probe(tmp_path, family)
    result = measure_heads(lens, range(N_NOISE))
    assert result["heads"].shape == (N_NOISE, 4, LAYERS, HEADS)
    eager = load_twin(tmp_path, "eager")
    with torch.inference_mode():
        attentions = eager(pixel_values=lens.prepare(range(N_NOISE)), output_attentions=True)
    matrices = torch.stack(attentions.attentions, dim=1).double().numpy()  # (n, L, H, T, T)
    rows, prefix = matrices[..., 0, :], lens.classifier.n_prefix
    np.testing.assert_allclose(result["heads"][:, ENTROPY], entropies(rows), atol=1e-5)
    np.testing.assert_allclose(result["heads"][:, DIVERGENCE], head_divergences(rows), atol=1e-5)
    partner = (np.arange(N_NOISE) + N_NOISE // 2) % N_NOISE
    np.testing.assert_allclose(
        result["heads"][:, CHANGE], divergences(rows, rows[partner]), atol=1e-5
    )
    apart = patch_distances(lens.classifier.grid, lens.classifier.patch_size_px)
    patches = matrices[..., prefix:, prefix:]
    expected = (patches * apart).sum(axis=(-2, -1)) / patches.sum(axis=(-2, -1))
    np.testing.assert_allclose(result["heads"][:, DISTANCE], expected, atol=1e-4)


def test_the_sums_of_maps_are_those_of_every_picture(tmp_path):
    lens = noise_probe(tmp_path, "ViT", batch_size=2)
    sums = measure_heads(lens, range(N_NOISE))["map_sum"]
    assert len(sums) == 3  # batches
    maps = read_gallery(lens, range(N_NOISE), n_top=1)["cls_attention"]
    np.testing.assert_allclose(sums.sum(axis=0), maps.astype(float).sum(axis=0), atol=0.01)


def test_random_weights_of_usual_size_attend_evenly_and_their_heads_alike(tmp_path):
    lens = noise_probe(tmp_path, "ViT")
    network = lens.classifier.network
    for parameter in network.parameters():
        parameter.zero_()
    heads = measure_heads(lens, range(N_NOISE))["heads"]
    np.testing.assert_allclose(heads[:, ENTROPY], math.log(17), atol=1e-5)
    np.testing.assert_allclose(heads[:, [DIVERGENCE, CHANGE]], 0, atol=1e-9)
