import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from scipy.stats import bootstrap as scipy_bootstrap

from precompute.statistics import (
    PairedTest,
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


def intervals_of(*columns):
    return bootstrap_shares(np.column_stack(columns), np.random.default_rng(0), 2000)


def test_shares_of_all_or_nothing_have_wilsons_interval_and_others_the_bootstraps():
    halves, rising = np.full(20, 0.5), np.linspace(0.2, 0.8, 20)
    result = intervals_of(np.ones(20), np.zeros(20), np.arange(20) % 2, halves, rising)
    assert result[:3] == [share(20, 20), share(0, 20), share(10, 20)]
    others = np.column_stack([halves, rising])
    for one, other in zip(
        result[3:], bootstrap_means(others, np.random.default_rng(0), 2000), strict=True
    ):
        assert one.row() == pytest.approx(other.row())


@pytest.mark.parametrize("n_items", [25, 30, 34, 62])
def test_one_success_fewer_never_raises_an_end_of_the_interval(n_items):
    """The bootstrap's low is .900 for 29 of 30, and Wilson's .886 for 30 of 30."""
    result = intervals_of(*(np.arange(n_items) >= lost for lost in range(n_items + 1)))
    assert (np.diff([one.low for one in result]) <= 0).all()
    assert (np.diff([one.high for one in result]) <= 0).all()


def test_one_mask_of_five_that_differs_makes_nothing_more_certain():
    """62 images without a puzzle may hide 5.8%; a puzzle under one of their masks no fewer."""
    alike, differs = np.zeros(62), np.eye(62)[0] / 5
    none, one = intervals_of(alike, differs)
    assert one.high >= none.high
    all_, fewer = intervals_of(1 - alike, 1 - differs)
    assert fewer.low <= all_.low


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


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((36, 12, 2, 0), 0.0569, 0.3404),  # Newcombe 1998, method 10
        ((1, 1, 7, 12), -0.507, -0.026),  # Fagerland, Lydersen & Laake 2017, chapter 8
    ],
)
def test_a_paired_difference_has_the_published_interval(counts, low, high):
    difference = PairedTest(*counts, p_value=1.0).difference
    n = sum(counts)
    assert difference.value == pytest.approx((counts[1] - counts[2]) / n)
    digits = 10 ** -len(str(low).partition(".")[2])
    assert (difference.low, difference.high) == pytest.approx((low, high), abs=digits / 2)


@given(st.tuples(*[st.integers(0, 60)] * 4).filter(lambda counts: sum(counts) > 0))
def test_a_paired_difference_lies_in_its_interval_and_turns_with_the_order(counts):
    both, first, second, neither = counts
    one = PairedTest(both, first, second, neither, 1.0).difference
    other = PairedTest(both, second, first, neither, 1.0).difference
    assert -1 - 1e-9 <= one.low <= one.value <= one.high <= 1 + 1e-9
    assert (-one.high, -one.low) == pytest.approx((other.low, other.high), abs=1e-9)


def test_a_paired_difference_agrees_with_the_bootstrap_on_many_items():
    test = PairedTest(1400, 180, 120, 300, 1.0)
    apart = np.repeat([0.0, 1.0, -1.0, 0.0], test.counts())
    drawn = bootstrap_mean(apart, np.random.default_rng(0), 4000)
    assert test.difference.row() == pytest.approx(drawn.row(), abs=0.002)
