import math
from dataclasses import fields

import pytest

from precompute.errors import SettingsError
from precompute.settings import (
    PROFILES,
    STUDIES,
    Options,
    choose_profile,
    load_profile,
    settings_class,
)

TEMPLATES = (
    'templates = ["a photo of a {}", "{}", "a photo of {}", "a centered photo of a small {}"]'
)
EMBEDDED = (PROFILES / "embedded.toml").read_text(encoding="utf-8")


def write(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", ["embedded", "full"])
def test_each_shipped_profile_loads(name):
    assert load_profile(name).name == name


def test_a_profile_can_be_a_file_of_ones_own(tmp_path):
    profile = load_profile(write(tmp_path, EMBEDDED.replace("n_images = 500", "n_images = 40")))
    assert profile.study("vit").n_images == 40


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "mask_ratios =",
            "mask_ration =",
            "mine.toml: [vit] has no setting 'mask_ration'. Did you mean 'mask_ratios'?",
        ),
        ("[vae]", "[vea]", "mine.toml: no study 'vea'. Did you mean 'vae'?"),
        ("n_gallery = 24", "", "mine.toml: [vit] lacks 'n_gallery'. Add a line 'n_gallery = …'."),
        ("n_gallery = 24", "n_gallery = 2.5", "mine.toml: [vit] n_gallery is 2.5, expected int."),
        ("n_gallery = 24", "n_gallery = true", "mine.toml: [vit] n_gallery is True, expected int."),
        (
            "n_gallery = 24",
            "n_gallery = -1",
            "mine.toml: [vit] n_gallery is -1, expected a positive number.",
        ),
        (
            "n_gallery = 24",
            "n_gallery = 600",
            "mine.toml: [vit] n_gallery is larger than n_images.",
        ),
        (
            TEMPLATES,
            "templates = []",
            "mine.toml: [clip] templates is [], expected a list with at least one entry.",
        ),
        ("0.8, 0.9]", "0.8, 1.0]", "mine.toml: [vit] mask_ratios must lie between 0 and 1."),
        (
            "0.8, 0.9]",
            "0.9, 0.8]",
            "mine.toml: [vit] mask_ratios must increase from each to the next.",
        ),
        (
            "0.8, 0.9]",
            "0.8, 0.8]",
            "mine.toml: [vit] mask_ratios must increase from each to the next.",
        ),
        (
            "fill_ratios = [0.005,",
            "fill_ratios = [0.07,",
            "mine.toml: [vit] fill_ratios must be among mask_ratios.",
        ),
        (
            "n_fill_seeds = 1",
            "n_fill_seeds = 9",
            "mine.toml: [vit] n_fill_seeds is larger than n_seeds.",
        ),
        (
            'templates = ["a photo of a {}",',
            'templates = ["plain",',
            "mine.toml: [clip] template 'plain' must hold one {}.",
        ),
        (
            'styles = ["photo", "plain", "photo_bare", "small"]',
            'styles = ["plain"]',
            "mine.toml: [clip] styles and templates must have the same length.",
        ),
        (
            "fit_share = 0.4",
            "fit_share = 0.9",
            "mine.toml: [clip] fit_share + select_share must leave held-out images.",
        ),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(tmp_path, old, new, message):
    assert old in EMBEDDED
    with pytest.raises(SettingsError) as refused:
        load_profile(write(tmp_path, EMBEDDED.replace(old, new, 1)))
    assert str(refused.value) == message


def test_broken_toml_names_the_file(tmp_path):
    with pytest.raises(SettingsError, match=r"mine\.toml: not valid TOML"):
        load_profile(write(tmp_path, "[vit"))


def test_an_unknown_profile_lists_the_known_ones():
    with pytest.raises(SettingsError, match="Known: embedded, full"):
        load_profile("embeded")


def test_an_override_is_checked_as_a_file_is():
    profile = load_profile("embedded").override("vit", n_images=30)
    assert profile.study("vit").n_images == 30
    with pytest.raises(SettingsError, match="expected int"):
        profile.override("vit", n_images="many")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rate": math.nan}, "learning_rate is nan, expected a finite number."),
        ({"sweep_kl_weights": [math.inf]}, "sweep_kl_weights is inf, expected a finite number."),
        ({"seed": 2**40}, "seed is 1099511627776, expected at most 4294967295."),
        ({"latent_dim": 1}, "latent_dim is 1, expected at least 2."),
        ({"umap_neighbours": 1}, "umap_neighbours is 1, expected at least 2."),
        ({"n_shown": 4}, "n_shown is 4, expected at least 5."),
        ({"umap_min_dist": 3.0}, "umap_min_dist is 3.0, expected at most 1."),
    ],
)
def test_what_the_vae_study_cannot_be_run_with_is_refused_before_the_work(values, message):
    with pytest.raises(SettingsError) as refused:
        load_profile("embedded").override("vae", **values)
    assert str(refused.value).endswith(message)


@pytest.mark.parametrize("study", sorted(STUDIES))
def test_every_setting_stands_in_both_profiles(study):
    for name in ("embedded", "full"):
        text = (PROFILES / f"{name}.toml").read_text(encoding="utf-8")
        for field in fields(settings_class(study)):
            assert f"\n{field.name} = " in text


def test_settings_that_depend_on_one_another_may_be_given_in_any_order():
    ratios = ["vit.mask_ratios=[0.5]", "vit.fill_ratios=[0.5]"]
    for given in (ratios, ratios[::-1]):
        chosen = choose_profile("embedded", "cpu", Options(), given).study("vit")
        assert (chosen.mask_ratios, chosen.fill_ratios) == ((0.5,), (0.5,))
