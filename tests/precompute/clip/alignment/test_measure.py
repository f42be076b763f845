import numpy as np
import pytest

from precompute.clip.alignment.measure import (
    compare_methods,
    few_shots,
    other_templates,
    unseen_classes,
)
from precompute.clip.alignment.methods import METHODS
from precompute.clip.bootstrap import draw_resamples
from precompute.clip.inputs.embeddings import RandomStreams
from precompute.clip.modality_gap import retrieval
from store.schema.clip.names import (
    CONTROL_ROLE,
    LOGISTIC_PROBE,
    NONE,
    PROCRUSTES,
    PROCRUSTES_ARBITRARY,
)
from tests.support.clouds import fit_set, held_out, make_embeddings

DRAWS = RandomStreams(0, 50)


def resamples_of(embeddings):
    return draw_resamples(len(embeddings.held_out), 50, np.random.default_rng(0))


@pytest.mark.parametrize("held_at_once", [2**25, 7])
def test_other_templates_are_all_but_the_fitted_one(held_at_once, monkeypatch):
    monkeypatch.setattr(retrieval, "BLOCK_SCORES", held_at_once)
    embeddings = make_embeddings(spread=2.0, wobble=0.5)
    images, labels = held_out(embeddings)
    fitted = METHODS[NONE].fit(fit_set(embeddings), DRAWS)
    judged = other_templates(fitted, embeddings, images, labels, resamples_of(embeddings)).value
    right = [(np.argmax(images @ embeddings.by_template[t].T, 1) == labels).mean() for t in (0, 2)]
    assert judged == pytest.approx(np.mean(right))


def test_without_a_map_a_class_left_out_is_as_good_as_any_other():
    embeddings = make_embeddings(spread=1.5)
    images, labels = held_out(embeddings)
    among, of_all = unseen_classes(
        NONE, embeddings, fit_set(embeddings), resamples_of(embeddings), DRAWS
    )
    plain = (np.argmax(images @ embeddings.class_prompts.T, axis=1) == labels).mean()
    assert of_all.value == pytest.approx(plain)
    assert among.value >= of_all.value  # fewer classes to choose from


def test_the_arbitrary_part_of_a_map_costs_unseen_classes_what_the_smallest_rotation_keeps():
    embeddings = make_embeddings(spread=0.5)
    judged = {
        name: unseen_classes(
            name, embeddings, fit_set(embeddings), resamples_of(embeddings), DRAWS
        )[0].value
        for name in (NONE, PROCRUSTES, PROCRUSTES_ARBITRARY)
    }
    assert judged[PROCRUSTES] > judged[PROCRUSTES_ARBITRARY] + 0.15
    assert judged[NONE] > judged[PROCRUSTES_ARBITRARY] + 0.15


def test_few_shots_lie_in_each_other_and_end_with_all_images():
    embeddings = make_embeddings(spread=1.5)
    shots = few_shots(embeddings, (1, 4, 1000), 2, DRAWS, lambda *_: None)
    assert shots.per_class == (1, 4, 16)  # 16 fit images of each class; 1000 are not there
    assert shots.accuracy.shape == (3, 3, 2)
    assert (shots.accuracy[:, -1, 0] == shots.accuracy[:, -1, 1]).all()  # all are all
    images, labels = held_out(embeddings)
    whole = METHODS[PROCRUSTES].fit(fit_set(embeddings), DRAWS)
    expected = (whole.predict(images, embeddings.class_prompts) == labels).mean()
    assert shots.accuracy[0, -1, 0] == pytest.approx(expected)
    again = few_shots(embeddings, (1, 4, 1000), 2, DRAWS, lambda *_: None)
    assert np.array_equal(shots.accuracy, again.accuracy)


def test_every_method_is_judged_beside_none_and_only_methods_are_adjusted_for():
    embeddings = make_embeddings(spread=1.0)
    evidence = compare_methods(embeddings, (1,), 1, resamples_of(embeddings), DRAWS)
    assert list(evidence.methods) == list(METHODS)
    none = evidence.methods[NONE]
    for name, one in evidence.methods.items():
        difference = one.accuracy.value - none.accuracy.value
        assert one.difference.value == pytest.approx(difference)
        gained, lost = one.against_none.only_second, one.against_none.only_first
        assert (gained - lost) / len(one.predicted) == pytest.approx(difference)
        adjusted = METHODS[name].role != CONTROL_ROLE and name != NONE
        assert np.isfinite(one.adjusted_p) == adjusted
        assert not adjusted or one.adjusted_p >= one.against_none.p_value
    assert evidence.methods["text_shift"].against_none.only_first == 0
    assert evidence.methods["text_shift"].against_none.only_second == 0
    assert np.isnan(evidence.methods[LOGISTIC_PROBE].geometry.gap.value)
    still = evidence.sweep[5]
    assert still[0] == pytest.approx(none.geometry.gap.value)
    assert still[1] == pytest.approx(none.accuracy.value)
    assert evidence.sweep[:, 0].argmin() == 10  # half the gap from either side
