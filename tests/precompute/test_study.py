"""A study is closed: what is its own lies in its folder, and the rest asks no study's name."""

import ast
import inspect
from pathlib import Path

import pytest

from precompute import settings
from precompute.settings import STUDIES, settings_class
from precompute.study import Preflight, Study, preflight_of, study_named
from store.schema import STUDIES as STORED

PRECOMPUTE = Path(settings.__file__).parent
# Where the studies are listed; and the checkpoints of two are trained and described.
LISTS = {"settings.py", "__main__.py"}


def outside_studies():
    for file in sorted(PRECOMPUTE.rglob("*.py")):
        place = file.relative_to(PRECOMPUTE)
        if place.parts[0] not in STUDIES:
            yield pytest.param(file, id=place.as_posix())


@pytest.mark.parametrize("file", list(outside_studies()))
def test_no_module_outside_a_study_asks_which_one_it_has(file):
    tree = ast.parse(file.read_text())
    names = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)
    }  # such as `study == "vit"`
    place = file.relative_to(PRECOMPUTE)
    if place.as_posix() not in LISTS and place.parts[0] != "checkpoints":
        assert not names & set(STUDIES)
    compared = [
        side.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Constant)
    ]
    assert not set(compared) & set(STUDIES)


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_keeps_the_protocols(study):
    for protocol, part in ((Study, study_named(study)), (Preflight, preflight_of(study))):
        for name, wanted in inspect.getmembers(protocol, inspect.isfunction):
            if not name.startswith("_"):
                parameters = list(inspect.signature(wanted).parameters)[1:]
                assert list(inspect.signature(getattr(part, name)).parameters) == parameters
    known = settings_class(study)
    assert {"MAY_BE_ZERO", "MAY_BE_EMPTY", "KEEP_LESS", "chosen", "check"} <= set(dir(known))


def test_the_jobs_run_what_the_store_holds():
    assert set(STUDIES) == set(STORED)
