"""Pictures with hidden patches."""

import numpy as np

from dashboard.charts import image_encoding


def test_hidden_patches_show_the_fill_of_their_own_place():
    pixels = np.full((4, 4, 1), 10, np.uint8)
    fill = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    hidden = np.array([[False, True], [False, False]])
    picture = image_encoding.masked(pixels, hidden, fill)
    assert picture[:2, 2:, 0].tolist() == [[2, 3], [6, 7]]
    assert (picture[2:] == 10).all()
    hatched = image_encoding.masked(pixels, hidden, None)
    assert set(np.unique(hatched[:112, 112:])) == {
        *image_encoding.HATCH_DARK,
        *image_encoding.HATCH_LIGHT,
    }
