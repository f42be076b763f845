"""The key of a run: what it changes with."""

from types import SimpleNamespace

from precompute import job
from precompute.errors import refuse_unknown
from precompute.settings import load_profile


def key_of(images="images", model="model", **changed):
    inputs = SimpleNamespace(
        images=SimpleNamespace(digest=images), model=SimpleNamespace(digest=model)
    )
    return job.run_key(load_profile("embedded").override("vit", **changed).study("vit"), inputs)


def test_the_key_of_a_run_changes_with_settings_images_and_model():
    keys = [key_of(), key_of(seed=1), key_of(images="others"), key_of(model="another")]
    assert key_of() == keys[0]
    assert len(set(keys)) == 4


def test_the_key_of_a_step_changes_with_its_run_its_code_and_what_it_is_given():
    here, own = "precompute.vit.pipeline", refuse_unknown  # which imports nothing of the project
    keys = [
        job.step_key("run", here, own),
        job.step_key("another", here, own),
        job.step_key("run", "precompute.clip.pipeline", own),
        job.step_key("run", here, own, load_profile),
        job.step_key("run", here, own, given=["a photo of a cat"]),
        job.step_key("run", here, own, given=["a photo of a dog"]),
    ]
    assert len(set(keys)) == len(keys)
