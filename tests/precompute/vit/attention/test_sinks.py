import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from precompute.vit.attention.sinks import outlier_patches, sink_measures
from store.schema.vit.names import SINK_MEASURES

N_PREFIX, PATCHES = 3, 12


def measured(rows, outliers):
    found = sink_measures(rows, outliers, N_PREFIX)
    return dict(zip(SINK_MEASURES, np.moveaxis(found, 1, 0), strict=True))


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
    found = measured(rows, outliers)
    rest = (rows[..., N_PREFIX:] * ~outliers).sum(axis=-1)
    told = found["outlier_attention"] + found["cls_attention"] + found["prefix_attention"]
    np.testing.assert_allclose(told + rest, 1, atol=1e-6)


def test_even_attention_gives_outliers_their_share_of_the_patches():
    rows = np.full((1, 1, N_PREFIX + PATCHES), 1 / (N_PREFIX + PATCHES))
    outliers = np.arange(PATCHES)[None, None] < 3
    found = measured(rows, outliers)
    to_patches = PATCHES / (N_PREFIX + PATCHES)
    assert found["outlier_share"].item() == pytest.approx(3 / 12)
    assert found["outlier_attention"].item() == pytest.approx(to_patches * 3 / 12)


def test_the_most_attended_patch_is_looked_up_among_the_patches_alone():
    rows = np.zeros((1, 1, N_PREFIX + PATCHES))
    rows[..., 0], rows[..., N_PREFIX + 5] = 0.9, 0.1  # CLS itself is no patch
    outliers = np.arange(PATCHES)[None, None] == 5
    assert measured(rows, outliers)["top_is_outlier"].item() == 1
    assert measured(rows, ~outliers)["top_is_outlier"].item() == 0
