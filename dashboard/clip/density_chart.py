"""Where very many points lie: a picture of how many fall on each pixel."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dashboard.charts.colours import rgb

MOST_DRAWN = 20_000  # points; a browser that draws more of them one by one stops answering


def density_picture(layouts: list[NDArray], side: int = 420) -> Image.Image:
    """Return how many points fall on each pixel, log scale, one square per layout side by side.

    layouts: (points, 2) each, drawn on one pair of axes; y points up.
    """
    points = np.concatenate(layouts)
    low, high = points.min(axis=0), points.max(axis=0)
    high = np.where(high > low, high, low + 1)
    span = [[low[1], high[1]], [low[0], high[0]]]
    counts = [np.histogram2d(xy[:, 1], xy[:, 0], bins=side, range=span)[0][::-1] for xy in layouts]
    shades = [np.log1p(one) for one in counts]
    top = max(float(one.max()) for one in shades)
    tiles = [rgb(one, 0.0, top) for one in shades]
    edge = np.full((side, 4, 3), 255, np.uint8)
    row = [part for tile in tiles for part in (tile, edge)][:-1]
    return Image.fromarray(np.concatenate(row, axis=1))
