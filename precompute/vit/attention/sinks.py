"""Attention sinks: patch tokens of outlying length, and how much attention they draw.

Darcet et al. 2024 (arXiv:2309.16588) found a few patch tokens of large norm in many ViTs, on plain
background, that hold global information. A map then shows where such tokens are, not the object.
"""

import numpy as np
from numpy.typing import NDArray

OUTLIER_FACTOR = 2.0  # a patch token is an outlier when longer than this many times the median


def outlier_patches(norms: NDArray) -> NDArray[np.bool_]:
    """Return which patch tokens are outliers among those of their picture and layer.

    norms: (..., P), the length of each patch token as it enters the layer.
    """
    return norms > OUTLIER_FACTOR * np.median(norms, axis=-1, keepdims=True)


def sink_measures(
    cls_rows: NDArray, outliers: NDArray[np.bool_], n_prefix: int
) -> NDArray[np.float32]:
    """Return each of SINK_MEASURES for every picture and layer: (n, measures, L).

    cls_rows: (n, L, T), CLS attention averaged over heads, the CLS token first; outliers:
    (n, L, P). Attention on outliers, on CLS, on the prefix and on other patches adds up to 1.
    """
    patches = cls_rows[..., n_prefix:]
    top = patches.argmax(axis=-1)[..., None]
    measures = (
        outliers.mean(axis=-1),
        (patches * outliers).sum(axis=-1),
        cls_rows[..., 0],
        cls_rows[..., 1:n_prefix].sum(axis=-1),
        np.take_along_axis(outliers, top, axis=-1)[..., 0],
    )
    return np.stack(measures, axis=1).astype(np.float32)
