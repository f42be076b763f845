"""Which other image stands in for an image: its patches as a fill, its map as a control."""

import numpy as np
from numpy.typing import NDArray


def partners(rows: NDArray[np.int64], n_images: int) -> NDArray[np.int64]:
    """Return for each of these rows the row half of all n_images away.

    A folder sorted by class keeps images alike side by side, so that a neighbour would mostly show
    the same thing. An image alone is its own partner.
    """
    return (rows + n_images // 2) % n_images
