"""How sharp a picture is, and how near to its original: no measure here knows the model."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.metrics import structural_similarity

BLUR_SIGMA = 1.0  # pixels; the control that must lower the measure
SHARPEN_AMOUNT = 1.0  # of the unsharp mask; the control that must raise it
HIGH_FREQUENCY = 0.25  # cycles per pixel: half of the highest that a grid of pixels holds
SSIM_WINDOW = 7  # pixels, scikit-image's own
FLAT_VARIANCE = 1e-9  # of pixels in [0, 1]: less than one grey level in one pixel of thousands


def laplacian_variance(images: NDArray) -> NDArray:
    """Variance over pixels of the Laplacian, (N, H, W) -> (N,) (Pech-Pacheco et al. 2000)."""
    return _laplace(images).var(axis=(1, 2))


def _laplace(images: NDArray) -> NDArray:
    return ndimage.laplace(images, output=np.float32, mode="nearest", axes=(1, 2))


def high_frequency_energy(images: NDArray) -> NDArray:
    """Energy of each image, (N, H, W) -> (N,), at radial frequencies above HIGH_FREQUENCY."""
    height, width = images.shape[1:]
    power = np.abs(np.fft.fft2(images)) ** 2 / (height * width)
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    return power[:, radius > HIGH_FREQUENCY].sum(axis=1)


def laplacian_ratio(images: NDArray, originals: NDArray) -> NDArray:
    """Laplacian variance of images (N, H, W) over their originals' (N,); NaN where one is flat."""
    return _ratio(laplacian_variance(images), laplacian_variance(originals))


def matched_laplacian_ratio(images: NDArray, originals: NDArray) -> NDArray[np.float32]:
    """Laplacian ratio of pictures brought to one contrast, (N, H, W) twice -> (N,).

    The Laplacian's variance grows with the square of the contrast, so that a greyer copy counts as
    blurrier though it is not: here it is divided by the variance over pixels first. It is NaN where
    the image or its original is flat.
    """
    contrast, wanted = (part.var(axis=(1, 2), dtype=np.float64) for part in (images, originals))
    ratio = laplacian_ratio(images, originals) * np.divide(
        wanted, contrast, out=np.full_like(contrast, np.nan), where=contrast > FLAT_VARIANCE
    )
    return np.where(wanted > FLAT_VARIANCE, ratio, np.nan).astype(np.float32)


def detail_kept(images: NDArray, originals: NDArray) -> NDArray[np.float32]:
    """Return the share of fine detail that copies keep: (N, H, W) twice -> (N,).

    It is the slope of the copy's Laplacian on the original's, over the slope of the pixels. What
    the original does not hold, as grain, is on no slope, and a fainter copy has both slopes less.
    NaN where a picture is flat, or where the copy's detail runs against the original's: it is
    somewhere else, and not blurred.
    """
    of_detail = _slope(_laplace(images), _laplace(originals))
    of_pixels = _slope(images, originals)
    detail = np.divide(
        of_detail, of_pixels, out=np.full_like(of_detail, np.nan), where=of_pixels > 0
    )
    return np.where(detail > 0, detail, np.nan).astype(np.float32)


def _slope(images: NDArray, originals: NDArray) -> NDArray[np.float64]:
    """Return the least-squares slope of each image's values on its original's; NaN where flat."""
    ours, theirs = (part.reshape(len(part), -1).astype(np.float64) for part in (images, originals))
    theirs = theirs - theirs.mean(axis=1, keepdims=True)
    spread = np.square(theirs).sum(axis=1)
    together = (ours * theirs).sum(axis=1)
    flat = spread <= FLAT_VARIANCE * theirs.shape[1]
    return np.divide(together, spread, out=np.full_like(spread, np.nan), where=~flat)


def high_frequency_ratio(images: NDArray, originals: NDArray) -> NDArray:
    """High-frequency energy of images (N, H, W) over their originals' (N,); NaN where it is 0."""
    return _ratio(high_frequency_energy(images), high_frequency_energy(originals))


def blurred(images: NDArray) -> NDArray:
    """Blur each image (N, H, W) with a Gaussian of one pixel."""
    return ndimage.gaussian_filter(images, BLUR_SIGMA, axes=(1, 2))


def sharpened(images: NDArray) -> NDArray:
    """Sharpen each image (N, H, W) by an unsharp mask, cut to [0, 1]."""
    return np.clip(images + SHARPEN_AMOUNT * (images - blurred(images)), 0, 1)


def psnr_db(originals: NDArray, images: NDArray) -> NDArray:
    """Peak signal-to-noise ratio of each image in [0, 1], in decibels: (N, H, W) twice -> (N,).

    It is NaN where the two are equal and the ratio has no bound.
    """
    error = np.square(originals - images).mean(axis=(1, 2))
    return -10 * np.log10(error, out=np.full_like(error, np.nan), where=error > 0)


def ssim(originals: NDArray, images: NDArray) -> NDArray[np.float32]:
    """Structural similarity (Wang et al. 2004) of each image in [0, 1], (N, H, W) twice -> (N,)."""
    pairs = zip(originals, images, strict=True)
    values = [
        structural_similarity(one, other, data_range=1, win_size=SSIM_WINDOW)
        for one, other in pairs
    ]
    return np.array(values, np.float32)


def _ratio(values: NDArray, reference: NDArray) -> NDArray[np.float32]:
    ratio = np.full(len(values), np.nan, np.float32)
    np.divide(values, reference, out=ratio, where=reference > 0, casting="unsafe")
    return ratio
