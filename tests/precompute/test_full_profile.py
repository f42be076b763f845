"""The full profile from end to end on tiny stand-ins, in processes that cannot reach a network."""

import numpy as np
import pytest
from open_clip.pretrained import get_pretrained_cfg

from precompute.clip.inputs.split import FIT, HELD_OUT, SELECT
from precompute.settings import STUDIES
from store.reader import open_store
from store.schema.clip import alignment, layout, modality_gap, prompts
from store.schema.vit import labels as labels_schema
from store.schema.vit import masking, outline
from store.verify import verify
from tests.support.stand_ins import (
    CAT_LABELS,
    FULL,
    GRID,
    LABELS,
    REVISION,
    SMALL,
    STL10_CLASSES,
    Machine,
    break_jpeg,
    hub_folder,
    save_clip,
    save_vit,
    write_pets,
    write_photographs,
    write_profile,
    write_stl10,
)

VIT = FULL["vit"]["model"]
OPENAI = get_pretrained_cfg(FULL["clip"]["model"], FULL["clip"]["pretrained"])
CLIP_REPOSITORY = OPENAI["hf_hub"].strip("/")
CLAIMS = {
    "vit": {"vit-label", "vit-outline", "vit-shape", "vit-centre", "vit-random"},
    "vae": {"vae-loss", "vae-blur", "vae-reencode"},
    "clip": {"clip-prompts", "clip-gap", "clip-inside", "clip-procrustes"},
}
MISSING = [  # what the full profile downloads: study, name, megabytes, and how it is staged
    ("vit", "OxfordIIITPet", 811, "python -m precompute stage STAGED --only vit"),
    ("vit", VIT, 346, f"hf download {VIT}"),
    ("clip", "STL10", 2640, "python -m precompute stage STAGED --only clip"),
    ("clip", "ViT-B-32-quickgelu/openai", 605, f"hf download {CLIP_REPOSITORY}"),
]
CATS, TRAIN_PER_CLASS, TEST_PER_CLASS = 9, 5, 3
PHOTOGRAPH_CLASSES = ("maze, labyrinth", "tabby, tabby cat", "tiger cat")  # labels of the ViT too


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    """A machine where everything is staged; the openai weights are there in name only."""
    machine = Machine(tmp_path_factory.mktemp("staged"))
    save_vit(hub_folder(machine.hub, VIT))
    (hub_folder(machine.hub, CLIP_REPOSITORY) / "open_clip_model.safetensors").touch()
    save_clip(machine.root / "clip")
    write_stl10(machine.data, TRAIN_PER_CLASS, TEST_PER_CLASS)
    write_pets(machine.data, CATS)
    write_profile(profile_of(machine), clip={"model": f"local-dir:{machine.root / 'clip'}"})
    return machine


@pytest.fixture(scope="module")
def finished(staged):
    outcome = staged.precompute("run", "--profile", str(profile_of(staged)))
    assert outcome.code == 0, outcome.output
    return outcome


@pytest.fixture(scope="module")
def photographs(staged, tmp_path_factory):
    """A run of the ViT and CLIP on a folder with one whole JPEG too few."""
    folder = tmp_path_factory.mktemp("photographs") / "my-photographs"
    write_photographs(folder, PHOTOGRAPH_CLASSES, per_class=6)
    break_jpeg(folder / "tiger cat" / "3.jpg")
    outcome = staged.precompute(
        *("run", "--profile", str(profile_of(staged)), "--only", "vit,clip"),
        *("--images", str(folder), "--name", "photographs-test"),
    )
    assert outcome.code == 0, outcome.output
    return staged.reports / "photographs-test", outcome


def profile_of(machine):
    return machine.root / "small.toml"


def store_of(machine, study):
    return machine.reports / "run-small" / f"{study}.h5"


@pytest.mark.parametrize("study", STUDIES)
def test_the_full_profile_ends_in_a_verified_store_with_every_claim(staged, finished, study):
    report = verify(store_of(staged, study), study)
    assert report.n_claims == len(CLAIMS[study])
    with open_store(store_of(staged, study), study) as store:
        assert {claim.id for claim in store.claims} == CLAIMS[study]
        for claim in store.claims:
            assert np.isfinite(claim.value)
            assert claim.n > 0
            assert claim.finding
            assert claim.id in finished.output


def test_a_run_on_staged_files_asks_for_no_network(finished, photographs):
    assert finished.sockets == []
    assert photographs[1].sockets == []


@pytest.mark.parametrize("study", STUDIES)
def test_only_sizes_and_the_clip_weights_differ_from_the_full_profile(staged, finished, study):
    with open_store(store_of(staged, study), study) as store:
        settings = store.provenance.settings
    differs = {key for key, value in FULL[study].items() if settings[key] != value}
    assert settings.keys() == FULL[study].keys()
    assert differs <= SMALL[study].keys() | ({"model"} if study == "clip" else set())


def test_the_vit_comes_from_the_hubs_cache_with_its_commit(staged, finished):
    with open_store(store_of(staged, "vit"), "vit") as store:
        assert (store.provenance.model, store.provenance.model_revision) == (VIT, REVISION)
        assert store.provenance.dataset == "OxfordIIITPet cats"
        assert store.class_names == LABELS
        assert set(CAT_LABELS) < set(store.class_names)
        shape = (store.size("patch_row"), store.size("patch_col"), store.size("channel"))
        assert shape == (GRID, GRID, 3)
        assert np.isfinite(store.read(masking.PUZZLE_SHARE)).all()  # it has puzzle-like labels
        areas = store.read(outline.REGION_SHARE)  # every cat's trimap was read
    assert areas.shape == (SMALL["vit"]["n_images"], 3)
    np.testing.assert_allclose(areas.sum(axis=1), 1, atol=1e-5)


def test_cats_that_do_not_decode_are_counted_and_listed_with_the_reason(staged, finished):
    assert f"OxfordIIITPet cats ({CATS} images, 2 skipped)" in finished.output
    with open_store(store_of(staged, "vit"), "vit") as store:
        skipped, used = store.skipped, store.read(labels_schema.IMAGE_NAME)
    assert [image.name for image in skipped] == ["Bengal_1.jpg", "Bengal_2.jpg"]
    assert "truncated" in skipped[0].reason
    assert "cannot identify" in skipped[1].reason
    assert all(str(staged.root) not in image.reason for image in skipped)
    assert not set(used) & {"Bengal_1.jpg", "Bengal_2.jpg", "beagle_1.jpg"}  # nor any dog


def test_clip_fits_on_stl10s_train_part_and_is_judged_on_all_of_its_test_part(staged, finished):
    n_train, n_test = 10 * TRAIN_PER_CLASS, 10 * TEST_PER_CLASS
    with open_store(store_of(staged, "clip"), "clip") as store:
        assert store.class_names == STL10_CLASSES
        assert store.provenance.dataset == "STL10 train and test"
        assert store.provenance.preprocessing["quick_gelu"] is True
        np.testing.assert_allclose(store.provenance.preprocessing["mean"], OPENAI["mean"])
        part, scored = store.read(prompts.IMAGE_SPLIT), store.read(prompts.IMAGE_SCORED)
        labels, n_images = store.read(prompts.IMAGE_LABEL), store.read(prompts.N_IMAGES)
    assert len(part) == n_train + n_test
    assert set(part[:n_train]) == {FIT, SELECT}
    assert set(part[n_train:]) == {HELD_OUT}
    assert (scored.astype(bool) == (np.arange(len(part)) >= n_train)).all()
    assert np.bincount(labels).tolist() == [TRAIN_PER_CLASS + TEST_PER_CLASS] * 10
    assert n_images.tolist() == [n_test] * len(n_images)


def test_clip_judges_every_list_of_templates_every_method_and_unseen_classes(staged, finished):
    with open_store(store_of(staged, "clip"), "clip") as store:
        assert store.read(prompts.TEMPLATE_LIST).tolist() == [
            *("own", "openai_stl10", "clip_benchmark", "open_clip_80")
        ]
        assert store.read(prompts.TEMPLATE_MEMBER).sum(axis=1).tolist() == [4, 2, 18, 80]
        assert store.read(prompts.WORDING_ENSEMBLE).sum() == 4
        assert np.isfinite(store.read(alignment.ALIGNED_ACCURACY)).all()
        assert np.isfinite(store.read(alignment.ALIGNED_UNSEEN)[:13]).all()
        shots = store.read(alignment.SHOTS).tolist()
        assert store.read(layout.LAYOUT).tolist() == [
            *("pca", "svd", "gap axis", "t-sne 30", "umap 5, 0.1")
        ]
        assert np.isfinite(store.read(alignment.SHIFT_LOSS)).all()
        undefined = np.isnan(store.read(modality_gap.METRIC)[:, 0])
        assert (undefined == (store.read(modality_gap.METRIC_REASON) != "")).all()
    assert shots == [1, 2, 4]  # of five train images per class four are fitted on


def test_a_second_run_finds_everything_done_and_touches_no_store(staged, finished):
    before = {study: store_of(staged, study).stat() for study in STUDIES}
    again = staged.precompute("run", "--profile", str(profile_of(staged)))
    assert again.code == 0, again.output
    assert again.output.count("complete and verified, nothing to do") == 3
    for study in STUDIES:
        after = store_of(staged, study).stat()
        assert (after.st_ino, after.st_mtime_ns) == (
            before[study].st_ino,
            before[study].st_mtime_ns,
        )


def test_asked_to_a_run_makes_a_finished_store_again_with_the_same_content(staged, finished):
    before, stood = content_of(store_of(staged, "vae")), store_of(staged, "vae").stat().st_ino
    profile = str(profile_of(staged))
    again = staged.precompute("run", "--profile", profile, "--only", "vae", "--again")
    assert again.code == 0, again.output
    assert "nothing to do" not in again.output
    assert store_of(staged, "vae").stat().st_ino != stood
    assert content_of(store_of(staged, "vae")) == before


def content_of(path):
    with open_store(path) as store:
        return store.content_hash


@pytest.mark.parametrize("study", ["vit", "clip"])
def test_a_broken_photograph_is_skipped_counted_and_listed(photographs, study):
    folder, outcome = photographs
    assert outcome.output.count("my-photographs (17 images, 1 skipped)") == 2
    verify(folder / f"{study}.h5", study)
    with open_store(folder / f"{study}.h5", study) as store:
        (skipped,) = store.skipped
        used = store.read(labels_schema.IMAGE_NAME if study == "vit" else prompts.IMAGE_NAME)
    assert skipped.name == "tiger cat/3.jpg"
    assert "truncated" in skipped.reason
    assert skipped.name not in used
    assert {name.split("/")[0] for name in used} <= set(PHOTOGRAPH_CLASSES)


def test_folder_names_are_the_photographs_labels(photographs):
    folder, _ = photographs
    with open_store(folder / "clip.h5", "clip") as store:
        assert store.class_names == PHOTOGRAPH_CLASSES
        assert np.bincount(store.read(prompts.IMAGE_LABEL)).tolist() == [6, 6, 5]
    with open_store(folder / "vit.h5", "vit") as store:
        names, labels = store.read(labels_schema.IMAGE_NAME), store.read(labels_schema.IMAGE_LABEL)
    assert [LABELS[label] for label in labels] == [name.split("/")[0] for name in names]


def test_check_finds_the_unchanged_full_profile_staged(staged):
    outcome = staged.precompute("check", "--profile", "full")
    for study, name, *_ in MISSING:
        assert f"here    {study:5} {name}" in outcome.output
    assert outcome.code == 2
    assert "open_clip cannot load it" in outcome.output  # CLIP's weights stand here in name only
    others = staged.precompute("check", "--profile", "full", "--only", "vit,vae")
    assert others.code == 0, others.output
    assert "Everything is here" in others.output
    assert outcome.sockets == others.sockets == []


@pytest.mark.parametrize("offline", [True, False], ids=["told to be offline", "cut off"])
@pytest.mark.parametrize("command", ["check", "run"])
def test_an_empty_machine_is_told_what_to_stage_before_any_work(tmp_path, command, offline):
    machine = Machine(tmp_path)
    outcome = machine.precompute(command, "--profile", "full", offline=offline)
    assert outcome.code == 2, outcome.output
    lines = outcome.output.splitlines()
    for study, name, megabytes, stage in MISSING:
        start = f"missing {study}: {name} (about {megabytes} MB): "
        (row,) = [row for row, line in enumerate(lines) if line.startswith(start)]
        reason = lines[row].removeprefix(start)
        assert "cannot be reached" in reason if command == "run" else reason == "not here"
        assert "on a machine with network: " in lines[row + 1]
        assert stage in lines[row + 1]
    assert "4 of the run's inputs are missing" in lines[-1]
    assert "HF_HOME" in outcome.output
    assert "Traceback" not in outcome.output
    assert not machine.reports.exists()
    tried = command == "run" and not offline  # the one case in which the hosts are asked
    assert bool(outcome.sockets) == tried
