"""How sharp a picture is: the variance of its Laplacian (Pech-Pacheco et al. 2000)."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BLUR_SIGMA = 1.0  # pixels; the control that must lower the measure
SHARPEN_AMOUNT = 1.0  # of the unsharp mask; the control that must raise it


def laplacian_variance(images: NDArray) -> NDArray:
    """Variance over pixels of the Laplacian of each image, (N, H, W) -> (N,)."""
    edges = ndimage.laplace(images, output=np.float32, mode="nearest", axes=(1, 2))
    return edges.var(axis=(1, 2))


def laplacian_ratio(images: NDArray, originals: NDArray) -> NDArray:
    """Sharpness of each image over its original's; NaN where the original is flat."""
    reference = laplacian_variance(originals)
    ratio = np.full(len(images), np.nan, np.float32)
    np.divide(laplacian_variance(images), reference, out=ratio, where=reference > 0)
    return ratio


def blurred(images: NDArray) -> NDArray:
    """Blur each image (N, H, W) with a Gaussian of one pixel."""
    return ndimage.gaussian_filter(images, BLUR_SIGMA, axes=(1, 2))


def sharpened(images: NDArray) -> NDArray:
    """Sharpen each image by an unsharp mask, kept within [0, 1]."""
    return np.clip(images + SHARPEN_AMOUNT * (images - blurred(images)), 0, 1)
