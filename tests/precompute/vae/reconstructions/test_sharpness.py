import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.filters import laplace
from skimage.metrics import peak_signal_noise_ratio

from precompute.vae.reconstructions.sharpness import (
    blurred,
    detail_kept,
    high_frequency_energy,
    high_frequency_ratio,
    laplacian_ratio,
    laplacian_variance,
    matched_laplacian_ratio,
    psnr_db,
    sharpened,
    ssim,
)


def noise(seed, n=3):
    return np.random.default_rng(seed).uniform(0.2, 0.8, (n, 16, 16)).astype(np.float32)


def test_it_equals_scikit_images_laplacian_up_to_sign():
    images = noise(0)
    inner = np.s_[1:-1, 1:-1]  # the two treat the border differently
    for image in images:
        framed = np.pad(image, 1, mode="edge")
        theirs = laplace(framed.astype(np.float64))[inner]
        assert laplacian_variance(image[None])[0] == pytest.approx(theirs.var(), rel=1e-5)


def test_one_bright_pixel_gives_the_known_number():
    image = np.zeros((1, 10, 10), np.float32)
    image[0, 5, 5] = 1
    assert laplacian_variance(image)[0] == pytest.approx((16 + 4 * 1) / 100)  # its mean is 0


@given(st.integers(0, 1000))
def test_blurring_lowers_and_sharpening_raises_it(seed):
    images = noise(seed)
    for ratio in (laplacian_ratio, high_frequency_ratio):
        assert (ratio(blurred(images), images) < 1).all()
        assert (ratio(sharpened(images), images) > 1).all()


@given(st.integers(0, 1000), st.floats(-0.1, 0.1))
def test_brightness_does_not_change_it_and_contrast_scales_it_by_the_square(seed, offset):
    images = noise(seed)
    np.testing.assert_allclose(
        laplacian_variance(images + np.float32(offset)), laplacian_variance(images), rtol=1e-3
    )
    np.testing.assert_allclose(
        laplacian_variance(images * 0.5), 0.25 * laplacian_variance(images), rtol=1e-4
    )


def test_a_flat_original_has_no_ratio():
    flat = np.full((1, 16, 16), 0.5, np.float32)
    assert np.isnan(laplacian_ratio(noise(1, n=1), flat)).all()
    for pair in ((noise(1, n=1), flat), (flat, noise(1, n=1)), (flat + 1e-6, noise(1, n=1))):
        assert np.isnan(matched_laplacian_ratio(*pair)).all()


@given(st.integers(0, 1000), st.floats(0.05, 1), st.floats(-0.2, 0.2))
def test_at_one_contrast_a_greyer_copy_is_as_sharp_and_a_blurred_one_is_not(seed, contrast, offset):
    images = noise(seed)
    greyer = (images * contrast + offset).astype(np.float32)
    np.testing.assert_allclose(matched_laplacian_ratio(greyer, images), 1, rtol=1e-3)
    assert (matched_laplacian_ratio(blurred(images), images) < 1).all()
    assert (matched_laplacian_ratio(sharpened(images), images) > 1).all()


@pytest.mark.parametrize(("cycles", "counts"), [(2, False), (6, True)])
def test_a_wave_has_its_energy_where_its_frequency_is(cycles, counts):
    """16 pixels: 2 cycles are 0.125 per pixel, 6 are 0.375; a wave's energy is 16 * 16 / 2."""
    wave = np.cos(2 * np.pi * cycles * np.arange(16) / 16)
    energy = high_frequency_energy(np.tile(wave, (16, 1))[None])[0]
    assert energy == pytest.approx(128 if counts else 0, abs=1e-9)


def test_nearness_is_scikit_images_and_one_where_nothing_changed():
    images, others = noise(0), noise(9)
    theirs = [
        peak_signal_noise_ratio(*pair, data_range=1) for pair in zip(images, others, strict=True)
    ]
    np.testing.assert_allclose(psnr_db(images, others), theirs, rtol=1e-5)
    assert np.isnan(psnr_db(images, images)).all()
    np.testing.assert_allclose(ssim(images, images), 1, atol=1e-6)
    assert (ssim(images, others) < 0.5).all()


def scene(n=40, side=28):
    """Pictures with edges at several scales, in [0, 1]."""
    rng = np.random.default_rng(0)
    noise = ndimage.gaussian_filter(rng.normal(size=(n, side, side)), 1.5, axes=(1, 2))
    return ((noise > 0) * 0.6 + 0.2 + 0.05 * rng.normal(size=noise.shape)).clip(0, 1)


def grainy(images, amount):
    return images + amount * np.random.default_rng(1).normal(size=images.shape)


@pytest.mark.parametrize(
    ("change", "low", "high"),
    [
        (lambda x: x, 0.999, 1.001),
        (lambda x: 0.5 * x, 0.999, 1.001),  # fainter
        (lambda x: 0.8 * x + 0.1, 0.999, 1.001),
        (lambda x: grainy(x, 0.1), 0.9, 1.1),
        (blurred, 0.0, 0.5),
        (lambda x: grainy(blurred(x), 0.1), 0.0, 0.5),  # and grainy
        (lambda x: x + 0.5 * (x - blurred(x)), 1.05, 3.0),
    ],
)
def test_detail_kept_is_fooled_by_neither_grain_nor_contrast(change, low, high):
    originals = scene()
    detail = np.median(detail_kept(change(originals), originals))
    assert low <= detail <= high


def test_a_copy_that_is_somewhere_else_is_called_misplaced_and_not_blurred():
    originals = np.zeros((4, 28, 28))
    originals[:, :, ::4] = 1  # stripes, whose neighbours they touch when moved by half a period
    moved = np.roll(originals, 2, axis=2)
    assert np.isnan(detail_kept(moved, originals)).all()
    assert np.isnan(detail_kept(np.full_like(originals, 0.3), np.full_like(originals, 0.5))).all()
