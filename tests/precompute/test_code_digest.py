"""Which code a step's key covers: its own, and no other study's and nobody's words."""

import shutil
from pathlib import Path

import pytest
import torch

from precompute import code_digest as digests
from precompute.clip import pipeline as clip_pipeline
from precompute.code_digest import code_digest, imported_modules
from precompute.job import JobContext
from precompute.settings import load_profile
from precompute.vit import job, pipeline

ROOT = Path(digests.__file__).resolve().parents[1]
STEPS = {
    "vit": {function.__module__ for function in (*pipeline.MASKING, pipeline.with_stand_ins)},
    "clip": {clip_pipeline.encode_images.__module__, clip_pipeline.read_thumbnails.__module__},
    "vae": {"precompute.vae.training.train"},
}


@pytest.fixture
def tree(tmp_path):
    """The two programs' code, to be changed."""
    for program in digests.PROGRAMS:
        for file in (ROOT / program).rglob("*.py"):
            copy = tmp_path / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    return tmp_path


def change(tree, module):
    file = tree.joinpath(*module.split(".")).with_suffix(".py")
    file.write_text(f"{file.read_text()}\n# another line\n")
    digests._imports.cache_clear()


@pytest.mark.parametrize("study", STEPS)
def test_a_step_reaches_no_words_and_no_other_study(study):
    reached = imported_modules(*STEPS[study])
    others = {f"precompute.{name}" for name in STEPS if name != study}
    assert not [name for name in reached if ".".join(name.split(".")[:2]) in others]
    words = ("claim", "claims", "summary", "findings", "caution")
    assert not [name for name in reached if name.rpartition(".")[2] in words]


@pytest.mark.parametrize("study", STEPS)
def test_a_step_reaches_what_it_imports(tree, study):
    for module in STEPS[study]:
        before = code_digest(*STEPS[study], root=tree)
        change(tree, module)
        assert code_digest(*STEPS[study], root=tree) != before
    assert {"precompute.data.image_set"} <= imported_modules(*STEPS["vit"])


def test_a_digest_knows_late_imports_and_leaves_out_a_type_checkers(tmp_path):
    folder = tmp_path / "precompute"
    folder.mkdir()
    (folder / "a.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from precompute import types\n"
        "def f():\n    from precompute.late import g\n    import json\n"
    )
    for name in ("late", "types", "other"):
        (folder / f"{name}.py").write_text("")
    assert imported_modules("precompute.a", root=tmp_path) == {"precompute.a", "precompute.late"}


def test_a_module_that_counts_alone_counts_without_its_imports(tree):
    before = code_digest("precompute.errors", alone=("precompute.vit.pipeline",), root=tree)
    change(tree, "precompute.vit.masking.predict")
    assert before == code_digest("precompute.errors", alone=("precompute.vit.pipeline",), root=tree)
    change(tree, "precompute.vit.pipeline")
    assert before != code_digest("precompute.errors", alone=("precompute.vit.pipeline",), root=tree)


def test_the_vaes_words_leave_an_interrupted_vit_study_its_shards(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "ROOT", tree)
    profile = load_profile("tests/regression/tiny.toml")
    settings = profile.override("vit", n_images=4, n_gallery=2, n_seeds=1).study("vit")
    context = JobContext(tmp_path / "run", "tiny", "", torch.device("cpu"), tmp_path)
    inputs = job.inspect(settings, context)
    first = job.measure(settings, inputs, context)  # and killed before it published

    def refuse(*_):
        raise AssertionError("computed again")

    for name in ("predict_rows", "locate_attention", "predict_masked"):
        monkeypatch.setattr(pipeline, name, refuse_as(getattr(pipeline, name), refuse))
    change(tree, "precompute.vae.reconstructions.claim")
    change(tree, "precompute.vit.masking.claim")
    again = job.measure(settings, inputs, context)
    assert first.arrays.keys() == again.arrays.keys()
    change(tree, "precompute.vit.masking.masks")
    with pytest.raises(AssertionError, match="computed again"):
        job.measure(settings, inputs, context)


def refuse_as(function, refuse):
    """Return refuse under the function's module, which a step's key is made of."""

    def stand_in(*arguments):
        return refuse(*arguments)

    stand_in.__module__ = function.__module__
    return stand_in
