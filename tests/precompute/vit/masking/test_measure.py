import numpy as np

from precompute.vit.masking.measure import image_survival, label_share, wrong_labels

MASKED = np.array([[[4, 1], [4, 4]], [[2, 2], [3, 3]]])  # image, seed, ratio
WHOLE = np.array([4, 2])
RUN = np.ones((2, 2), bool)  # seed, ratio


def test_survival_is_the_share_of_seeds_that_keep_the_own_label():
    np.testing.assert_allclose(image_survival(MASKED, WHOLE, RUN), [[1.0, 0.5], [0.5, 0.5]])


def test_a_cell_that_was_not_run_is_nan_and_never_zero():
    run = np.array([[True, False], [False, False]])
    survival = image_survival(MASKED, WHOLE, run)
    np.testing.assert_array_equal(survival[:, 0], [1.0, 1.0])  # of its first seed alone
    assert np.isnan(survival[:, 1]).all()


def test_wrong_labels_are_counted_among_those_that_lost_their_own():
    labels, shares = wrong_labels(MASKED, WHOLE, n_ranks=3)
    assert labels.tolist() == [3, 1, -1]
    np.testing.assert_allclose(shares[:2], [2 / 3, 1 / 3], rtol=1e-6)
    assert np.isnan(shares[2])


def test_nothing_lost_gives_no_wrong_label():
    labels, shares = wrong_labels(np.array([[[4]], [[2]]]), WHOLE, n_ranks=2)
    assert labels.tolist() == [-1, -1]
    assert np.isnan(shares).all()


def test_the_share_of_labels_is_of_all_masked_predictions():
    assert label_share(MASKED, np.array([9, 9]), [2, 3]).tolist() == [0.0, 1.0]
    assert label_share(MASKED, np.array([9, 2]), [2, 3])[1] < 1  # what it was, it has not become
    assert np.isnan(label_share(MASKED, WHOLE, [])).all()
