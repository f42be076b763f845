import numpy as np
import pytest

from precompute.data.object_masks import BACKGROUND, INTERIOR, OUTLINE, regions_of


@pytest.mark.parametrize(("cut_by_frame", "at_the_frame"), [(True, INTERIOR), (False, OUTLINE)])
def test_an_object_cut_by_the_frame_has_no_outline_there(cut_by_frame, at_the_frame):
    on_object = np.zeros((28, 28), bool)
    on_object[10:, 5:20] = True  # it reaches the lower rim
    regions = regions_of(on_object, cut_by_frame)
    assert regions[27, 12] == at_the_frame
    assert (regions[10, 12], regions[20, 12], regions[2, 2]) == (OUTLINE, INTERIOR, BACKGROUND)
    assert regions[20, 5] == regions[20, 19] == OUTLINE
