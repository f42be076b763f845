import numpy as np
import pytest
from sklearn.metrics import confusion_matrix
from statsmodels.stats.multitest import multipletests

from precompute.clip.prompts import (
    count_confusion,
    fill_prompts,
    holm,
    main_template,
    nearest_prompt,
)
from tests.precompute.clip.clouds import N_CLASSES, make_clouds


def test_prompts_come_template_by_template():
    prompts = fill_prompts(["{}", "a photo of {}"], ["cat", "dog"])
    assert prompts == ["cat", "dog", "a photo of cat", "a photo of dog"]


def test_a_prompt_that_occurs_twice_is_named():
    with pytest.raises(ValueError, match="'cat' occurs twice"):
        fill_prompts(["{}"], ["cat", "dog", "cat"])


def test_the_photo_template_is_the_main_one_wherever_it_stands():
    assert main_template(("plain", "photo")) == 1
    assert main_template(("plain", "small")) == 0


def test_the_nearest_prompt_equals_a_loop_and_ignores_the_logit_scale():
    clouds = make_clouds(spread=3.0)
    found = nearest_prompt(clouds.images, clouds.texts)
    by_hand = [max(range(N_CLASSES), key=lambda c: row @ clouds.texts[c]) for row in clouds.images]
    assert found.tolist() == by_hand
    assert (nearest_prompt(100 * clouds.images, clouds.texts) == found).all()


def test_confusion_equals_scikit_learns():
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, 4, 100), rng.integers(0, 3, 100)
    expected = confusion_matrix(labels, predicted, labels=range(4))
    assert (count_confusion(labels, predicted, 4) == expected).all()


def test_holm_gives_the_textbook_numbers():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert holm([0.2, 0.01]) == pytest.approx(multipletests([0.2, 0.01], method="holm")[1])
