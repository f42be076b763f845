"""Where attention lies, how far it is concentrated, and its sinks: by hand, by law, in models."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from precompute.compute.batches import BatchRunner
from precompute.vit.attention.measure import (
    half_mass_share,
    locate_attention,
    outlier_patches,
    rank_agreement,
    sink_measures,
)
from precompute.vit.model.inference import (
    read_maps,
)
from store.schema.vit.names import SINK_MEASURES
from tests.support.noise_probes import N_NOISE, noise_probe
from tests.support.vit_families import HEADS, LAYERS


@pytest.mark.parametrize("family", ["ViT", "DINOv2 with registers"])
def test_every_picture_is_measured_and_the_first_are_kept_whole(family, tmp_path):
    lens = noise_probe(tmp_path, family)
    result = locate_attention(lens, range(N_NOISE), n_gallery=2)
    assert result["half_mass"].shape == (N_NOISE, 4)
    assert result["layer_half_mass"].shape == (N_NOISE, LAYERS)
    assert result["agreement"].shape == (N_NOISE, 4, 4)
    assert result["sinks"].shape == (N_NOISE, 5, LAYERS)
    assert result["gallery_class_specific"].shape == (2, 4, 4)
    assert result["gallery_value_weighted"].shape == (2, LAYERS, HEADS, 4, 4)
    assert result["gallery_token_norm"].shape == result["gallery_outlier"].shape
    assert result["gallery_token_norm"].shape == (2, LAYERS, 4, 4)
    again = half_mass_share(read_maps(lens, range(N_NOISE))["cls_map"])
    np.testing.assert_allclose(result["layer_half_mass"][:, -1], again, atol=1e-6)
    np.testing.assert_allclose(result["half_mass"][:, 0], again, atol=1e-6)


def test_the_gallery_may_end_within_a_batch_or_before_the_rows_begin(tmp_path):
    lens = noise_probe(tmp_path, "ViT", batch_size=2)
    whole = locate_attention(lens, range(N_NOISE), n_gallery=3)["gallery_token_norm"]
    assert whole.shape[0] == 3
    large = dataclasses.replace(lens, runner=BatchRunner(N_NOISE))
    one_batch = locate_attention(large, range(N_NOISE), n_gallery=3)["gallery_token_norm"]
    np.testing.assert_allclose(one_batch, whole, rtol=1e-5)
    assert len(locate_attention(lens, range(3, N_NOISE), n_gallery=0)["gallery_token_norm"]) == 0


def random_maps(seed, n=3):
    return np.random.default_rng(seed).gamma(0.5, size=(n, 4, 5))


def test_known_maps():
    assert half_mass_share(np.ones((7, 7))) == pytest.approx(0.5)
    one = np.zeros((4, 5))
    one[2, 3] = 1
    assert half_mass_share(one) == pytest.approx(0.5 / 20)
    two = one.copy()
    two[0, 0] = 1
    assert half_mass_share(two) == pytest.approx(1 / 20)


def test_a_map_of_nothing_has_no_half():
    assert np.isnan(half_mass_share(np.zeros((2, 3, 3)))).all()


@given(st.integers(0, 10_000))
def test_concentration_ignores_place_and_scale_and_never_exceeds_even(seed):
    maps = random_maps(seed)
    shares = half_mass_share(maps)
    shuffled = np.random.default_rng(seed).permuted(maps.reshape(3, -1), axis=1).reshape(maps.shape)
    np.testing.assert_allclose(half_mass_share(7 * shuffled), shares, rtol=1e-9)
    assert ((shares > 0) & (shares <= 0.5 + 1e-12)).all()


@given(st.integers(0, 10_000))
def test_the_patches_of_the_share_hold_half(seed):
    (values,) = np.sort(random_maps(seed, n=1).reshape(1, -1), axis=-1)[:, ::-1]
    needed = half_mass_share(values.reshape(4, 5)) * values.size
    whole = int(needed)
    held = values[:whole].sum() + (needed - whole) * values[whole]
    assert held == pytest.approx(values.sum() / 2)


def test_agreement_equals_scipys_rank_correlation():
    maps = np.round(random_maps(4), 1)  # with ties
    expected = spearmanr(maps.reshape(3, -1), axis=1).statistic
    np.testing.assert_allclose(rank_agreement(maps), expected, atol=1e-12)


def test_an_even_map_agrees_with_nothing():
    maps = np.stack([np.ones((4, 5)), random_maps(0)[0]])
    agreement = rank_agreement(maps)
    assert np.isnan(agreement[0]).all()
    assert agreement[1, 1] == pytest.approx(1)


N_PREFIX, PATCHES = 3, 12


def measured(rows, outliers):
    result = sink_measures(rows, outliers, N_PREFIX)
    return dict(zip(SINK_MEASURES, np.moveaxis(result, 1, 0), strict=True))


def rows_of(seed, n=2, layers=3):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(N_PREFIX + PATCHES), (n, layers))


def test_a_token_over_twice_the_median_is_an_outlier():
    norms = np.ones((2, PATCHES))
    norms[0, 3], norms[0, 4], norms[1] = 2.01, 2.0, 7.0
    assert np.argwhere(outlier_patches(norms)).tolist() == [[0, 3]]


def test_outliers_do_not_depend_on_the_unit_of_length():
    norms = np.random.default_rng(0).gamma(1.0, size=(5, PATCHES))
    np.testing.assert_array_equal(outlier_patches(norms), outlier_patches(1000 * norms))


@given(st.integers(0, 10_000))
def test_attention_to_outliers_cls_prefix_and_the_rest_adds_up_to_one(seed):
    rows = rows_of(seed)
    outliers = np.random.default_rng(seed).random((2, 3, PATCHES)) < 0.3
    result = measured(rows, outliers)
    rest = (rows[..., N_PREFIX:] * ~outliers).sum(axis=-1)
    told = result["outlier_attention"] + result["cls_attention"] + result["prefix_attention"]
    np.testing.assert_allclose(told + rest, 1, atol=1e-6)


def test_even_attention_gives_outliers_their_share_of_the_patches():
    rows = np.full((1, 1, N_PREFIX + PATCHES), 1 / (N_PREFIX + PATCHES))
    outliers = np.arange(PATCHES)[None, None] < 3
    result = measured(rows, outliers)
    to_patches = PATCHES / (N_PREFIX + PATCHES)
    assert result["outlier_share"].item() == pytest.approx(3 / 12)
    assert result["outlier_attention"].item() == pytest.approx(to_patches * 3 / 12)


def test_the_most_attended_patch_is_looked_up_among_the_patches_alone():
    rows = np.zeros((1, 1, N_PREFIX + PATCHES))
    rows[..., 0], rows[..., N_PREFIX + 5] = 0.9, 0.1  # CLS itself is no patch
    outliers = np.arange(PATCHES)[None, None] == 5
    assert measured(rows, outliers)["top_is_outlier"].item() == 1
    assert measured(rows, ~outliers)["top_is_outlier"].item() == 0
