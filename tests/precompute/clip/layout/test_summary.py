import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from precompute.clip.layout.summary import fit_layouts, nearest_arrays
from store.schema.clip import layout as layout_schema
from tests.support.clouds import make_clouds

ONE_UMAP = ((10, 0.1),)


def layouts(seed=0, umaps=ONE_UMAP):
    clouds = make_clouds(n=60)
    states = np.stack([clouds.images, clouds.images[:, ::-1]])
    gap = clouds.images.mean(axis=0) - clouds.texts.mean(axis=0)
    steps = []
    told = (umaps, seed, lambda n, _: steps.append(n))
    fitted = fit_layouts(states, clouds.texts, gap, (20.0,), *told)
    rows = np.vstack([*states, clouds.texts])
    return rows, gap, {layout.name: layout for layout in fitted}, sum(steps)


def joint(layout):
    return np.vstack([*layout.images, layout.texts])


def test_one_fit_lays_out_images_in_every_state_and_texts():
    rows, gap, result, steps = layouts()
    assert list(result) == ["pca", "svd", "gap axis", "t-sne 20", "umap 10, 0.1"]
    assert steps == 5
    for name, of in (("pca", rows - rows.mean(axis=0)), ("svd", rows)):
        _, singular, axes = np.linalg.svd(of, full_matrices=False)
        np.testing.assert_allclose(np.abs(joint(result[name])), np.abs(of @ axes[:2].T), atol=1e-4)
        shares = singular**2 / (singular**2).sum()
        expected = f"{shares[0]:.1%} and {shares[1]:.1%}"
        assert expected in result[name].about
    along = joint(result["gap axis"])[:, 0]
    np.testing.assert_allclose(along, rows @ gap / np.linalg.norm(gap), atol=1e-5)
    for name in ("t-sne 20", "umap 10, 0.1"):
        assert result[name].images.shape == (2, 60, 2)
        assert "seed 0" in result[name].about
        assert np.isfinite(joint(result[name])).all()


def test_the_quality_of_a_layout_is_scikit_learns_and_far_above_chance():
    rows, _, result, _ = layouts()
    expected = trustworthiness(rows, joint(result["pca"]), n_neighbors=15, metric="cosine")
    assert result["pca"].trustworthiness == pytest.approx(expected, abs=1e-3)
    chance = trustworthiness(
        rows, np.random.default_rng(0).normal(size=(len(rows), 2)), n_neighbors=15, metric="cosine"
    )
    for name in ("t-sne 20", "umap 10, 0.1"):
        assert result[name].trustworthiness > chance + 0.2
        assert result[name].neighbour_recall > 2 * 15 / len(rows)  # by chance 15 of all rows stay


def test_the_same_seed_gives_the_same_layout_and_another_setting_another():
    two = ((10, 0.1), (10, 0.6))
    first, second = layouts(umaps=two)[2], layouts(umaps=two)[2]
    for name, layout in first.items():
        assert np.array_equal(layout.images, second[name].images)
    assert not np.allclose(first["umap 10, 0.1"].images, first["umap 10, 0.6"].images)


def test_neighbours_are_those_of_the_embedding_space_nearest_first():
    clouds = make_clouds(n=30)
    arrays = nearest_arrays(clouds.images, clouds.texts)
    cosines = clouds.images @ clouds.images.T - 9 * np.eye(30)
    assert np.array_equal(arrays[layout_schema.NEAREST_IMAGE], np.argsort(-cosines, axis=1)[:, :6])
    texts = clouds.images @ clouds.texts.T
    assert np.array_equal(arrays[layout_schema.NEAREST_TEXT], np.argsort(-texts, axis=1))
    np.testing.assert_allclose(arrays[layout_schema.NEAREST_TEXT_COSINE], -np.sort(-texts, axis=1))


def test_three_rows_are_too_few():
    row = np.eye(3)[:1]
    with pytest.raises(ValueError, match="too few"):
        fit_layouts(row[None], row, np.ones(3), (), (), 0, lambda *_: None)
