import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from precompute.clip.layouts import fit_layouts
from tests.precompute.clip.clouds import make_clouds


def layouts(seed=0):
    clouds = make_clouds(n=60)
    after = clouds.images[:, ::-1]
    steps = []
    found = fit_layouts(
        clouds.images, after, clouds.texts, 10, 0.1, seed, lambda n, _: steps.append(n)
    )
    return clouds, after, found, sum(steps)


def test_one_fit_lays_out_images_before_and_after_and_texts():
    clouds, after, (pca, umap), steps = layouts()
    assert steps == 2
    rows = np.vstack([clouds.images, after, clouds.texts])
    centred = rows - rows.mean(axis=0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    joint = np.vstack([pca.before, pca.after, pca.texts])
    np.testing.assert_allclose(np.abs(joint), np.abs(centred @ axes[:2].T), atol=1e-4)
    shares = singular**2 / (singular**2).sum()
    assert f"{shares[0]:.1%} and {shares[1]:.1%}".replace("%", " %") in pca.about
    assert umap.before.shape == umap.after.shape == (60, 2)
    assert "seed 0" in umap.about
    assert np.isfinite(np.vstack([umap.before, umap.after, umap.texts])).all()


def test_trustworthiness_is_scikit_learns_and_far_above_chance():
    clouds, after, (pca, umap), _ = layouts()
    rows = np.vstack([clouds.images, after, clouds.texts])
    joint = np.vstack([pca.before, pca.after, pca.texts])
    expected = trustworthiness(rows, joint, n_neighbors=15, metric="cosine")
    assert pca.trustworthiness == pytest.approx(expected, abs=1e-3)
    chance = trustworthiness(
        rows, np.random.default_rng(0).normal(size=joint.shape), n_neighbors=15, metric="cosine"
    )
    assert umap.trustworthiness > chance + 0.2


def test_the_same_seed_gives_the_same_umap():
    first, second = layouts()[2][1], layouts()[2][1]
    assert np.array_equal(first.before, second.before)


def test_three_rows_are_too_few():
    row = np.eye(3)[:1]
    with pytest.raises(ValueError, match="too few"):
        fit_layouts(row, row, row, 10, 0.1, 0, lambda *_: None)
