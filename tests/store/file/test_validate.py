"""What a number or a text means is said in the schema, and checked by writer, verify and reader."""

import numpy as np
import pytest

from store.errors import SchemaMismatch
from store.reader import open_store
from store.schema import STUDIES, TEXT
from store.schema.common import COMMON
from store.verify import verify
from store.writer import publish
from tests.support.forged_stores import forge
from tests.support.made_up_stores import make_contents

MEANT = [(study.name, spec) for study in STUDIES.values() for spec in study.arrays if spec.holds]
NUMBERS = [(study, spec) for study, spec in MEANT if spec not in COMMON]


def names(pairs):
    return [f"{study} {spec.path}" for study, spec in pairs]


def changed(study, spec, value):
    contents = make_contents(study)
    values = np.array(contents.arrays[spec])
    values[(0,) * values.ndim] = value
    return contents, {spec: values}


def test_every_whole_number_that_is_no_pixel_says_what_it_is():
    for study in STUDIES.values():
        for spec in study.arrays:
            if "int" in spec.dtype and not {"pixel_row", "example_row"} & set(spec.dims):
                assert spec.holds, spec.path


@pytest.mark.parametrize(("study", "spec"), NUMBERS, ids=names(NUMBERS))
def test_a_number_outside_is_refused_by_the_writer(study, spec, tmp_path):
    worst = [-2] if spec.dtype.startswith("int") else []
    if "of" in spec.holds:
        worst.append(np.iinfo(spec.dtype).max)
    for value in worst:
        contents, arrays = changed(study, spec, value)
        contents.arrays.update(arrays)
        with pytest.raises(SchemaMismatch, match=f"'{spec.path}' holds {value}"):
            publish(tmp_path / f"{study}.h5", contents)


@pytest.mark.parametrize("study", STUDIES)
def test_forged_numbers_outside_are_refused_by_verify_and_by_the_reader(study, tmp_path):
    contents = make_contents(study)
    for own, spec in NUMBERS:
        if own == study and "of" in spec.holds:
            contents.arrays[spec] = np.full_like(contents.arrays[spec], np.iinfo(spec.dtype).max)
    path = forge(tmp_path / f"{study}.h5", contents)
    with pytest.raises(SchemaMismatch, match="holds"):
        verify(path, study)
    with open_store(path, study) as store:
        for own, spec in NUMBERS:
            if own == study and "of" in spec.holds:
                with pytest.raises(SchemaMismatch, match=f"'{spec.path}' holds"):
                    store.read(spec)


@pytest.mark.parametrize("study", STUDIES)
def test_text_that_is_no_unicode_is_refused(study, tmp_path):
    contents = make_contents(study)
    spec = next(s for s in STUDIES[study].arrays if s.dtype == TEXT and s not in COMMON)
    path = forge(tmp_path / f"{study}.h5", contents, {spec: b"\xff\xfe"})
    with pytest.raises(SchemaMismatch, match=f"'{spec.path}' is not UTF-8"):
        verify(path, study)
    with open_store(path, study) as store, pytest.raises(SchemaMismatch, match="not UTF-8"):
        store.read(spec)
