"""What each version of a picture keeps, by law and on pictures small enough to do by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from precompute.vit.shape.versions import (
    FLAT,
    VERSION_ROWS,
    edges,
    fit_area,
    shuffled,
    silhouette,
    texture,
)
from store.schema.vit import names

SIZE, PATCH = (28, 28), (2, 2)


def blob(seed, size=SIZE):
    """A connected object somewhere in the frame, at least a patch and never all of it."""
    rng = np.random.default_rng(seed)
    down, across = np.indices(size)
    centre = rng.uniform(0.3, 0.7, 2) * size
    radius = rng.uniform(0.12, 0.35, 2) * size
    return ((down - centre[0]) / radius[0]) ** 2 + ((across - centre[1]) / radius[1]) ** 2 < 1


def picture(seed, channels=3, size=SIZE):
    return np.random.default_rng(seed).integers(0, 256, (*size, channels), np.uint8)


def rows(pixels):
    """Pixels (n, C), sorted: the same for two pictures of the same pixels in another order."""
    return sorted(map(tuple, pixels.tolist()))


def test_every_version_has_a_row():
    assert tuple(VERSION_ROWS) == names.VERSIONS
    assert {one for of_cue in names.CUES.values() for one in of_cue} < set(names.VERSIONS)


@pytest.mark.parametrize("name", names.VERSIONS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("size", "patch"), [((28, 28), (2, 2)), ((24, 40), (8, 8))])
def test_a_version_is_a_picture_like_the_one_that_it_was_made_from(name, channels, size, patch):
    pixels, mask = picture(0, channels, size), blob(1, size)
    before = pixels.copy()
    made = VERSION_ROWS[name].make(pixels, mask, patch, np.random.default_rng(2))
    assert (made.shape, made.dtype) == (pixels.shape, np.uint8)
    np.testing.assert_array_equal(pixels, before)


@given(st.integers(0, 1_000))
def test_a_silhouette_tells_the_mask_and_nothing_else(seed):
    mask = blob(seed)
    first, second = silhouette(picture(0), mask), silhouette(picture(1), mask)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first[..., 0] == FLAT, mask)
    assert set(np.unique(first)) == {0, FLAT}


def test_edges_are_brightest_at_the_outline_and_black_inside_a_flat_object():
    mask = np.zeros(SIZE, bool)
    mask[8:20, 6:22] = True
    for brightness in (0, 90, 255):  # a black object has an outline too
        lines = edges(np.full((*SIZE, 3), brightness, np.uint8), mask, PATCH)[..., 0]
        assert lines.max() == 255
        assert set(np.argwhere(lines == 255)[:, 0]) <= {*range(7, 21)}
        assert lines[7:9, 10:18].min() > 200  # the upper edge lies between rows 7 and 8
        assert lines[12:16, 10:18].max() == 0
        assert lines[:3].max() == 0


def test_edges_do_not_depend_on_what_lies_around_the_object():
    mask = blob(3)
    one, other = picture(0), picture(0)
    other[~mask] = 255 - other[~mask]
    np.testing.assert_array_equal(edges(one, mask, PATCH), edges(other, mask, PATCH))


def test_detail_finer_than_a_patch_draws_hardly_a_line():
    mask = np.zeros((64, 64), bool)
    mask[8:56, 8:56] = True
    weave = ((np.indices((64, 64)).sum(axis=0) % 2) * 255).astype(np.uint8)[..., None]
    step = np.where(np.arange(64)[None, :, None] < 32, 0, 255).astype(np.uint8)
    fine = edges(weave, mask, (4, 4))[24:40, 24:40]
    coarse = edges(np.broadcast_to(step, (64, 64, 1)), mask, (4, 4))[24:40, 24:40]
    assert fine.max() < 5
    assert coarse.max() > 100


@given(st.integers(0, 1_000), st.sampled_from([(2, 2), (4, 4), (3, 5)]))
def test_shuffling_keeps_every_pixel_of_the_object_and_all_around_it(seed, block):
    pixels, mask = picture(seed), blob(seed)
    made = shuffled(pixels, mask, block, np.random.default_rng(seed))
    np.testing.assert_array_equal(made[~mask], pixels[~mask])
    assert rows(made[mask]) == rows(pixels[mask])
    assert (made[mask] != pixels[mask]).any()


def test_shuffled_blocks_stay_whole():
    mask = np.zeros((12, 12), bool)
    mask[2:10, 4:12] = True  # sixteen blocks of 2 x 2 on the grid
    pixels = np.arange(144, dtype=np.uint8).reshape(12, 12, 1)
    made = shuffled(pixels, mask, (2, 2), np.random.default_rng(0))[2:10, 4:12, 0]
    blocks = made.reshape(4, 2, 4, 2).swapaxes(1, 2).reshape(16, 4).astype(int)
    np.testing.assert_array_equal(blocks - blocks[:, :1], [[0, 1, 12, 13]] * 16)
    assert sorted(blocks[:, 0]) == sorted(
        pixels[2:10:2, 4:12:2, 0].ravel().tolist()
    )  # each block once


@given(st.integers(0, 1_000))
def test_a_frame_of_texture_holds_pixels_of_the_object_alone(seed):
    mask = blob(seed)
    pixels = np.where(mask[..., None], picture(seed) // 2, 255).astype(np.uint8)
    made = texture(pixels, mask, PATCH, np.random.default_rng(seed))
    assert made.max() < 128
    assert set(map(tuple, made.reshape(-1, 3).tolist())) <= set(map(tuple, pixels[mask].tolist()))


def test_an_object_too_thin_for_a_block_gives_as_much_of_itself_as_one_holds():
    mask = np.zeros(SIZE, bool)
    mask[10:12] = True  # two rows: blocks of 4 x 4 hold half of themselves
    pixels = np.where(mask[..., None], 200, 0).astype(np.uint8)
    made = texture(pixels, mask, (4, 4), np.random.default_rng(0))
    assert (made == 200).mean() == pytest.approx(0.5)


def test_blocks_that_do_not_fill_the_frame_are_cut_at_its_rim():
    made = texture(
        picture(0, size=(10, 7)), np.ones((10, 7), bool), (4, 4), np.random.default_rng()
    )
    assert made.shape == (10, 7, 3)


@pytest.mark.parametrize("name", names.CUES[names.TEXTURE_ALONE])
def test_texture_keeps_no_trace_of_where_the_object_lay(name):
    counts = np.zeros(SIZE)
    mask = blob(5)
    pixels = (np.where(mask, 100, 0) + picture(0, 1)[..., 0] // 3)[..., None].astype(np.uint8)
    for seed in range(200):
        made = VERSION_ROWS[name].make(pixels, mask, PATCH, np.random.default_rng(seed))
        counts += made[..., 0]
    inside, outside = counts[mask].mean(), counts[~mask].mean()
    assert inside == pytest.approx(outside, rel=0.02)


def test_removing_object_and_background_leaves_two_parts_that_add_up():
    pixels, mask, rng = picture(0), blob(1), np.random.default_rng(0)
    without = [
        VERSION_ROWS[name].make(pixels, mask, PATCH, rng).astype(int)
        for name in (names.BACKGROUND_REMOVED, names.OBJECT_REMOVED)
    ]
    np.testing.assert_array_equal(sum(without), pixels)
    assert without[0][~mask].max() == without[1][mask].max() == 0


@given(st.integers(0, 1_000), st.integers(4, 700))
def test_a_fitted_mask_has_exactly_the_area(seed, n_pixels):
    mask = blob(seed)
    fitted = fit_area(mask, n_pixels, np.random.default_rng(seed))
    assert fitted.sum() == n_pixels
    nested = fitted <= mask if n_pixels <= mask.sum() else mask <= fitted
    assert nested.all()


def test_a_mask_of_the_right_area_stays_as_it_is():
    mask = blob(7)
    fitted = fit_area(mask, int(mask.sum()), np.random.default_rng(0))
    np.testing.assert_array_equal(fitted, mask)
