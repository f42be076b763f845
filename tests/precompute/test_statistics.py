import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from scipy.stats import bootstrap as scipy_bootstrap

from precompute.statistics import (
    bootstrap_mean,
    bootstrap_means,
    bootstrap_shares,
    bootstrap_statistic,
    paired_test,
    share,
)


def test_wilson_gives_the_textbook_interval():
    estimate = share(8, 10)
    assert estimate.value == 0.8
    assert round(estimate.low, 3) == 0.490
    assert round(estimate.high, 3) == 0.943


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_in_range(counts):
    estimate = share(*counts)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_the_bootstrap_of_a_mean_agrees_with_scipys():
    values = np.random.default_rng(1).gamma(2, size=300)
    ours = bootstrap_mean(values, np.random.default_rng(2), 5000)
    theirs = scipy_bootstrap(
        (values,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(3)
    ).confidence_interval
    assert ours.value == pytest.approx(values.mean())
    assert ours.low == pytest.approx(theirs.low, abs=0.01)
    assert ours.high == pytest.approx(theirs.high, abs=0.01)


def test_missing_values_are_left_out_and_nothing_at_all_is_undefined():
    rng = np.random.default_rng(0)
    assert bootstrap_mean(np.array([1.0, np.nan, 3.0]), rng, 100).value == 2
    assert np.isnan(bootstrap_mean(np.array([np.nan]), rng, 100).value)


def test_shares_alike_on_all_items_have_wilsons_interval_and_others_the_bootstraps():
    values = np.column_stack([np.ones(20), np.zeros(20), np.arange(20) % 2, np.full(20, 0.5)])
    found = bootstrap_shares(values, np.random.default_rng(0), 200)
    assert found[0] == share(20, 20)
    assert found[1] == share(0, 20)
    assert found[2:] == bootstrap_means(values, np.random.default_rng(0), 200)[2:]


def test_rows_are_resampled_together():
    """Many masks of few images must not look like many images."""
    per_image = np.random.default_rng(0).random(40)
    few = bootstrap_means(per_image[:, None], np.random.default_rng(1), 2000)[0]
    repeated = np.repeat(per_image[:, None], 50, axis=1)
    many = bootstrap_means(repeated, np.random.default_rng(1), 2000)[0]
    assert many.high - many.low == pytest.approx(few.high - few.low)


def test_a_statistic_of_rows_is_bootstrapped():
    values = np.random.default_rng(0).normal(size=200)
    estimate = bootstrap_statistic(
        lambda rows: float(np.median(values[rows])), 200, np.random.default_rng(1), 500
    )
    assert estimate.low < np.median(values) < estimate.high


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80))
def test_mcnemar_is_the_binomial_test_on_the_flips(pairs):
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    test = paired_test(first, second)
    flips = test.only_first + test.only_second
    expected = binomtest(test.only_first, flips).pvalue if flips else 1.0
    assert test.p_value == pytest.approx(min(expected, 1.0))
    assert sum(test.counts()) == len(pairs)
