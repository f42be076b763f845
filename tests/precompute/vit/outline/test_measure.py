import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from precompute.data.object_masks import region_shares
from precompute.vit.outline.measure import (
    centred_gaussian,
    contrasts,
    head_test,
    outline_test,
    region_enrichment,
    shift_contrasts,
    shift_p_value,
)

OUTLINE, INTERIOR, BACKGROUND = 0, 1, 2
CODES = (OUTLINE, INTERIOR, BACKGROUND)


def ring_map(size=32):
    """A square object with a border around it, as codes of each pixel."""
    regions = np.full((size, size), BACKGROUND, np.uint8)
    quarter = size // 4
    regions[quarter:-quarter, quarter:-quarter] = OUTLINE
    inner = quarter + size // 8
    regions[inner:-inner, inner:-inner] = INTERIOR
    return regions


RING = region_shares(ring_map(), CODES, 8, 8)


def random_map(seed):
    return np.random.default_rng(seed).gamma(1.0, size=(8, 8))


def test_shares_count_pixels_and_sum_to_one():
    regions = np.array([[0, 0, 2, 2], [1, 0, 2, 2]], np.uint8)
    shares = region_shares(regions, CODES, 1, 2)
    np.testing.assert_allclose(shares[0, 0], [0.75, 0.25, 0])
    np.testing.assert_allclose(shares[0, 1], [0, 0, 1])


def test_pixels_beyond_the_last_whole_patch_are_cut():
    regions = np.zeros((5, 5), np.uint8)
    regions[4], regions[:, 4] = 1, 1
    np.testing.assert_allclose(region_shares(regions, CODES, 2, 2)[..., OUTLINE], 1)


@given(st.integers(0, 10_000))
def test_the_area_weighted_mean_of_enrichment_is_one(seed):
    enrichment = region_enrichment(random_map(seed), RING)
    assert enrichment @ RING.mean(axis=(0, 1)) == pytest.approx(1)


def test_even_attention_enriches_nothing():
    np.testing.assert_allclose(region_enrichment(np.ones((8, 8)), RING), 1)


def test_attention_on_the_outline_alone_has_one_over_its_area():
    attention = (RING[..., OUTLINE] == 1).astype(float)
    enrichment = region_enrichment(attention, RING)
    assert enrichment[OUTLINE] == pytest.approx(1 / RING[..., OUTLINE].mean())
    assert enrichment[[INTERIOR, BACKGROUND]].tolist() == [0, 0]


@given(st.integers(0, 10_000))
def test_contrasts_equal_rolling_the_map_by_hand(seed):
    attention = random_map(seed)
    by_hand = [
        region_enrichment(np.roll(attention, (down, right), (0, 1)), RING)
        for down in range(8)
        for right in range(8)
    ]
    expected = [values[OUTLINE] - values[INTERIOR] for values in by_hand]
    np.testing.assert_allclose(shift_contrasts(attention, RING), expected, atol=1e-12)


@given(st.integers(0, 10_000))
def test_all_shifts_together_prefer_nothing(seed):
    assert shift_contrasts(random_map(seed), RING).sum() == pytest.approx(0, abs=1e-9)


def test_the_p_value_of_the_best_shift_is_one_over_the_shifts():
    assert shift_p_value(shift_contrasts(RING[..., OUTLINE] + 0.01, RING)) == 1 / 64
    assert shift_p_value(shift_contrasts(np.ones((8, 8)), RING)) == 1


def test_p_values_of_random_maps_are_uniform():
    p_values = np.array([shift_p_value(shift_contrasts(random_map(s), RING)) for s in range(600)])
    assert np.mean(p_values <= 0.05) == pytest.approx(0.05, abs=0.03)
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.05)


def test_images_without_a_region_of_one_patch_are_left_out_and_counted():
    small = region_shares(np.where(ring_map() == INTERIOR, OUTLINE, ring_map()), CODES, 8, 8)
    maps = np.stack([random_map(seed) for seed in range(3)])
    untrained = np.stack([random_map(seed) for seed in range(3, 6)])
    edges = np.stack([random_map(seed) for seed in range(6, 9)])
    measured = outline_test(maps, untrained, edges, np.stack([RING, small, RING]))
    assert measured.rows.tolist() == [0, 2]
    assert measured.n_left_out == 1
    own, shifted, other, random, gaussian, of_edges = measured.contrasts.T
    assert of_edges[1] == pytest.approx(own_contrast(edges[2]))
    assert other[0] == pytest.approx(own_contrast(maps[2]))
    assert random.tolist() == pytest.approx(
        [own_contrast(untrained[0]), own_contrast(untrained[2])]
    )
    np.testing.assert_allclose(gaussian, own_contrast(centred_gaussian(8, 8)))
    np.testing.assert_allclose(shifted, -own / 63, atol=1e-12)


def own_contrast(attention):
    enrichment = region_enrichment(attention, RING)
    return enrichment[OUTLINE] - enrichment[INTERIOR]


def test_contrasts_of_many_maps_equal_enrichment_one_by_one():
    maps = np.stack([[random_map(3 * image + head) for head in range(3)] for image in range(2)])
    measured = contrasts(maps, np.stack([RING, RING]))
    expected = [[own_contrast(one) for one in image] for image in maps]
    np.testing.assert_allclose(measured, expected)


def test_a_gaussian_is_largest_in_the_middle_and_even_on_both_sides():
    gaussian = centred_gaussian(6, 10)
    np.testing.assert_array_equal(gaussian, gaussian[::-1, ::-1])
    assert gaussian[2:4, 4:6].min() == gaussian.max()
    assert gaussian[0, 0] == gaussian.min()


def heads_and_regions(n_images, planted, seed=0):
    """Random maps of 2 layers x 3 heads; the planted head lies on each image's own outline."""
    rng = np.random.default_rng(seed)
    shares = np.stack([np.roll(RING, rng.integers(8, size=2), (0, 1)) for _ in range(n_images)])
    maps = rng.gamma(1.0, size=(n_images, 2, 3, 8, 8))
    if planted:
        maps[:, 1, 2] += 4 * shares[..., OUTLINE]
    return maps, shares


def test_a_planted_head_is_found_and_holds_on_the_other_half():
    measured = head_test(*heads_and_regions(60, planted=True))
    assert measured.best == (1, 2)
    assert measured.q_values[1, 2] < 0.001
    assert measured.held_out.shape == (30,)
    assert measured.held_out.mean() > 0.3


def test_heads_without_a_link_are_rarely_called_one():
    called = sum(
        (head_test(*heads_and_regions(40, planted=False, seed=seed)).q_values < 0.05).any()
        for seed in range(40)
    )
    assert called <= 5


def test_an_empty_map_costs_its_head_one_image_and_the_others_nothing():
    maps, shares = heads_and_regions(60, planted=True)
    whole = head_test(maps, shares)
    maps[0, 0, 0] = 0
    measured = head_test(maps, shares)
    assert measured.best == (1, 2)
    assert np.isfinite(measured.q_values).all()
    np.testing.assert_array_equal(measured.held_out, whole.held_out)
    assert np.isnan(measured.gains[:, 0, 0]).sum() == 2  # its own, and where it is another's


def test_a_head_that_is_always_empty_or_even_is_not_tested_and_the_others_are():
    maps, shares = heads_and_regions(60, planted=True)
    maps[:, 0, 0], maps[:, 0, 1] = 0, 1
    measured = head_test(maps, shares)
    assert measured.best == (1, 2)
    assert np.isnan(measured.q_values).tolist() == [[True, True, False], [False, False, False]]
    assert measured.q_values[1, 2] < 0.001


def test_an_image_whose_own_map_is_empty_is_left_out():
    maps = np.stack([random_map(seed) for seed in range(3)])
    maps[1] = 0
    even = np.ones((3, 8, 8))
    measured = outline_test(maps, even, even, np.stack([RING, RING, RING]))
    assert (measured.rows.tolist(), measured.n_left_out) == ([0, 2], 1)
    assert np.isfinite(measured.contrasts).all()


def test_q_values_are_benjamini_and_yekutielis():
    maps, shares = heads_and_regions(30, planted=True)
    p_values = stats.ttest_1samp(head_test(maps, shares).gains, 0, alternative="greater")[1].ravel()
    order = np.argsort(p_values)[::-1]
    ranks, harmonic = np.arange(6, 0, -1), (1 / np.arange(1, 7)).sum()
    expected = np.minimum(np.minimum.accumulate(p_values[order] * 6 * harmonic / ranks), 1)
    np.testing.assert_allclose(head_test(maps, shares).q_values.ravel()[order], expected)
