"""A small run of every study against the goldens, and the gate itself against planted changes."""

import shutil

import h5py
import numpy as np
import pytest

from precompute import report
from precompute.errors import InputError
from precompute.publishing import measured_path
from store.errors import StoreError
from store.inspect.diff import diff
from store.reader import open_store
from store.records import StoreContents
from store.schema import STUDIES
from store.schema.clip import modality_gap
from store.schema.common import COMMON
from store.schema.spec import arrays_in
from store.schema.vae import latent_space, reconstructions
from store.schema.vit import attention
from store.writer import publish
from tests.regression.golden import GOLDENS, run_tiny


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.mark.parametrize("study", STUDIES)
def test_the_tiny_run_gives_what_it_gave_before(made, study):
    differences = [
        str(d) for d in diff(made / f"{study}.h5", GOLDENS / f"{study}.h5") if not d.is_note
    ]
    assert differences == [], "if the change is meant, `make golden` rewrites the goldens"


def changed(folder, spec, change, *also):
    """Publish a golden with a dataset changed, and others also; return what the gate says of it."""
    study = next(name for name in STUDIES if spec.path in STUDIES[name].by_path())
    golden = GOLDENS / f"{study}.h5"
    with open_store(golden, study) as store:
        specs = [s for s in STUDIES[study].arrays if s not in COMMON and store.has(s)]
        arrays = {s: store.read(s).copy() for s in specs}
        contents = StoreContents(
            arrays, store.claims, store.skipped, store.class_names, store.provenance
        )
    arrays |= {one: change(arrays[one]) for one in (spec, *also)}
    publish(folder / f"{study}.h5", contents)
    return [f"{d.kind} {d}" for d in diff(folder / f"{study}.h5", golden)]


def scaled(row):
    def change(values):
        values[row] *= 1.01
        return values

    return change


def test_a_golden_written_again_passes_the_gate(tmp_path):
    assert changed(tmp_path, attention.ATTENTION_ROLLOUT, lambda values: values) == []


@pytest.mark.parametrize(
    "spec",
    [attention.ATTENTION_ROLLOUT, reconstructions.RECONSTRUCTION_TERM, modality_gap.GAP_VECTOR],
    ids=lambda s: s.path,
)
def test_one_per_cent_in_one_row_is_caught(tmp_path, spec):
    (result,) = changed(
        tmp_path, spec, scaled(1 if spec is not modality_gap.GAP_VECTOR else slice(None))
    )
    assert result.startswith(f"values {spec.path}: ")


@pytest.mark.parametrize(
    "spec",
    [attention.ATTENTION_ROLLOUT, reconstructions.SAMPLE_RECONSTRUCTION],
    ids=lambda s: s.path,
)
def test_a_swapped_axis_is_caught(tmp_path, spec):
    (result,) = changed(tmp_path, spec, lambda values: np.swapaxes(values, -1, -2).copy())
    assert result.startswith(f"values {spec.path}: ")


def test_a_dropped_row_is_caught(tmp_path):
    specs = [spec for spec in arrays_in(latent_space) if spec.dims[:1] == ("prior_sample",)]
    result = changed(tmp_path, specs[0], lambda values: values[:-1], *specs[1:])
    places = sorted(spec.path for spec in specs)
    assert [text.split(": shape")[0] for text in sorted(result)] == [
        f"structure {place}" for place in places
    ]


def test_another_dtype_is_caught(tmp_path):
    copy = tmp_path / "vit.h5"
    shutil.copyfile(GOLDENS / "vit.h5", copy)
    with h5py.File(copy, "r+") as file:
        place = attention.ATTENTION_ROLLOUT.path
        values, attributes = file[place][...], dict(file[place].attrs)
        del file[place]
        file.create_dataset(place, data=values.astype("float64")).attrs.update(attributes)
    with pytest.raises(StoreError):
        diff(copy, GOLDENS / "vit.h5")


def opened(folder, study):
    with open_store(folder / f"{study}.h5", study) as store:
        return store.content_hash, {claim.id: claim for claim in store.claims}


def refuse(*_, **__):
    raise AssertionError("a model ran")


def test_unchanged_words_make_the_same_store_without_model_or_images(made, monkeypatch):
    before = {study: opened(made, study) for study in STUDIES}
    for place in (
        "vit.pipeline.load_classifier",
        "vae.training.training_shards.train",
        "clip.pipeline.load_model",
        "data.registry.load_images",
    ):
        monkeypatch.setattr(f"precompute.{place}", refuse)
    report.resummarise(made)
    assert {study: opened(made, study) for study in STUDIES} == before


@pytest.mark.parametrize(
    ("words", "study", "claim"),
    [
        ("precompute.vit.labels.claim.percent", "vit", "vit-label"),
        ("precompute.vae.reconstructions.claim.percent", "vae", "vae-reencode"),
        ("precompute.clip.modality_gap.claim.percent", "clip", "clip-gap"),
    ],
)
def test_a_changed_word_changes_its_finding_and_no_number(made, monkeypatch, words, study, claim):
    before, claims = opened(made, study)
    monkeypatch.setattr(words, lambda share: f"{share:.5f} in all")
    report.resummarise(made)
    after, again = opened(made, study)
    assert "in all" in again[claim].finding
    assert claims[claim].value == again[claim].value
    assert after != before


def test_a_report_without_its_measurement_says_so(made, monkeypatch):
    measured_path(made, "vae").unlink()
    monkeypatch.setattr("precompute.clip.modality_gap.claim.percent", "{:.4f} of all".format)
    with pytest.raises(InputError, match=r"vae\.h5: what was measured .* Run the study again\."):
        report.resummarise(made)
    _, claims = opened(made, "clip")  # the study after it is made all the same
    assert "of all" in claims["clip-gap"].finding
