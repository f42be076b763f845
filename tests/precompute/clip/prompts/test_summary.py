import numpy as np
import open_clip
import pytest
import torch
from sklearn.metrics import confusion_matrix
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from precompute.clip import job
from precompute.clip.inputs import images
from precompute.clip.inputs.templates import (
    CLIP_BENCHMARK,
    LISTS,
    fill_prompts,
    gather,
    main_template,
)
from precompute.clip.prompts.summary import count_confusion, ensemble, nearest_prompt, prompt_arrays
from precompute.errors import InputError
from precompute.job import JobContext
from precompute.settings import load_profile
from precompute.statistics import holm
from store.file.guard import Limits
from store.schema.clip import prompts as prompts_schema
from tests.support.clouds import N_CLASSES, OWN, STYLES, make_clouds, make_embeddings


def test_prompts_come_template_by_template():
    prompts = fill_prompts(["{}", "a photo of {}"], ["cat", "dog"])
    assert prompts == ["cat", "dog", "a photo of cat", "a photo of dog"]


def test_a_prompt_that_occurs_twice_is_named():
    with pytest.raises(ValueError, match="'cat' occurs twice"):
        fill_prompts(["{}"], ["cat", "dog", "cat"])


def test_the_photo_template_is_the_main_one_wherever_it_stands():
    assert main_template(("plain", "photo")) == 1
    assert main_template(("plain", "small")) == 0


def test_the_lists_are_the_published_ones():
    assert {name: len(one) for name, one in LISTS.items()} == {
        "openai_stl10": 2,
        "clip_benchmark": 18,
        "open_clip_80": 80,
    }
    for filled, template in zip(
        open_clip.OPENAI_IMAGENET_TEMPLATES, LISTS["open_clip_80"], strict=True
    ):
        assert template.replace("{}", "cat") == filled("cat")
    assert CLIP_BENCHMARK[:2] == ("a photo of a {}.", "a blurry photo of a {}.")
    assert len(set(CLIP_BENCHMARK)) == 18


def test_a_template_of_several_lists_is_kept_once_and_belongs_to_each():
    result = gather(STYLES, OWN, ("openai_stl10", "open_clip_80"))
    assert len(set(result.templates)) == len(result.templates)
    row = result.templates.index("a photo of a {}.")
    assert result.members[:, row].tolist() == [False, True, True]
    assert result.members.sum(axis=1).tolist() == [3, 2, 80]
    assert result.styles[:4] == (*STYLES, "openai_stl10 1")


def test_the_nearest_prompt_equals_a_loop_and_ignores_the_logit_scale():
    clouds = make_clouds(spread=3.0)
    result = nearest_prompt(clouds.images, clouds.texts)
    by_hand = [max(range(N_CLASSES), key=lambda c: row @ clouds.texts[c]) for row in clouds.images]
    assert result.tolist() == by_hand
    assert (nearest_prompt(100 * clouds.images, clouds.texts) == result).all()


def test_an_ensemble_is_the_unit_mean_of_its_members_alone():
    embeddings = make_embeddings()
    averaged = ensemble(embeddings.by_template, np.array([True, False, True]))
    mean = (embeddings.by_template[0] + embeddings.by_template[2]) / 2
    np.testing.assert_allclose(averaged, mean / np.linalg.norm(mean, axis=1, keepdims=True))


def test_every_wording_is_counted_and_compared_with_photo_as_statsmodels_does():
    embeddings = make_embeddings(spread=2.0, wobble=0.5)
    arrays, evidence = prompt_arrays(embeddings)
    assert arrays[prompts_schema.WORDING_ENSEMBLE].tolist() == [False] * 3 + [True]
    right = arrays[prompts_schema.PREDICTED] == embeddings.labels
    low, high = proportion_confint(right.sum(axis=1), 200, method="wilson")
    expected = np.stack([right.mean(axis=1), low, high], axis=1)
    np.testing.assert_allclose(arrays[prompts_schema.ACCURACY], expected)
    p_values = []
    for row in (0, 2, 3):
        table = confusion_matrix(right[1], right[row], labels=[True, False])
        assert arrays[prompts_schema.AGAINST_PHOTO_COUNTS][row].tolist() == table.ravel().tolist()
        p_values.append(mcnemar(table, exact=True).pvalue)
    expected = multipletests(p_values, method="holm")[1]
    np.testing.assert_allclose(arrays[prompts_schema.AGAINST_PHOTO_P_VALUE][[0, 2, 3]], expected)
    assert np.isnan(arrays[prompts_schema.AGAINST_PHOTO_P_VALUE][1])
    assert len(arrays[prompts_schema.PAIR]) == 6
    recall = arrays[prompts_schema.RECALL][1, 2, 0]
    assert recall == pytest.approx(right[1][embeddings.labels == 2].mean())
    assert evidence.photo.value == pytest.approx(right[1].mean())


def test_confusion_equals_scikit_learns():
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, 4, 100), rng.integers(0, 3, 100)
    expected = confusion_matrix(labels, predicted, labels=range(4))
    assert (count_confusion(labels, predicted, 4) == expected).all()


def test_holm_gives_the_textbook_numbers():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert holm([0.2, 0.01]) == pytest.approx(multipletests([0.2, 0.01], method="holm")[1])


def test_templates_that_make_too_large_a_store_are_refused_with_the_setting_to_change(
    monkeypatch, tmp_path
):
    settings = load_profile("tests/regression/tiny.toml").study("clip")
    context = JobContext(tmp_path, "tiny", "", torch.device("cpu"), tmp_path)
    job.inspect(settings, context)
    monkeypatch.setattr(images, "LIMITS", Limits(total_bytes=2000))
    with pytest.raises(
        InputError, match=r"at most 0\. Give fewer templates, .*template_lists=\[\]"
    ):
        job.inspect(settings, context)
