"""What goes into a store comes out of it, and the same contents give the same bytes."""

import io
from dataclasses import replace

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from store.file.hdf5 import build_image
from store.file.validate import cast
from store.reader import decode_text, open_store
from store.records import Claim, Skipped
from store.schema import STUDIES, TEXT, ArraySpec
from store.schema.common import COMMON
from store.writer import chunk_shape, publish, write_dataset
from tests.support.made_up_stores import make_contents

BUSY_MACHINE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
FLOATS = {"float16": 16, "float32": 32, "float64": 64}
DTYPES = ("uint8", "int16", "int32", "int64", *FLOATS)


def test_the_schema_uses_no_other_dtypes():
    used = {spec.dtype for study in STUDIES.values() for spec in study.arrays}
    assert used == {*DTYPES, TEXT}


@pytest.mark.parametrize("study", STUDIES)
def test_every_dataset_comes_back_as_it_was_given(study, report):
    contents = make_contents(study)
    with open_store(report / f"{study}.h5", study) as store:
        for spec, given_values in contents.arrays.items():
            values = store.read(spec)
            kind = "U" if spec.dtype == TEXT else np.dtype(spec.dtype).kind
            assert values.dtype.kind == kind
            np.testing.assert_array_equal(values, given_values, err_msg=spec.path)
        assert store.claims == contents.claims
        assert store.skipped == contents.skipped
        assert store.class_names == contents.class_names
        assert store.provenance == contents.provenance


@pytest.mark.parametrize("study", STUDIES)
def test_publishing_twice_gives_the_same_bytes(study, report, tmp_path):
    path = tmp_path / f"{study}.h5"
    content_hash = publish(path, make_contents(study))
    assert path.read_bytes() == (report / f"{study}.h5").read_bytes()
    assert len(content_hash) == 64


def test_the_clock_and_the_circumstances_are_no_part_of_the_content_hash(tmp_path):
    contents = make_contents("vae")
    later = replace(
        contents.provenance,
        created_utc="2027-01-01T00:00:00Z",
        seconds=1.0,
        report="another",
        command="python -m precompute run --name another",
        device="NVIDIA H100",
        git_commit="1" * 40,
        versions={"numpy": "9.9.9"},
    )
    first = publish(tmp_path / "a.h5", contents)
    assert publish(tmp_path / "b.h5", replace(contents, provenance=later)) == first
    other_seed = replace(contents.provenance, seed=1)
    assert publish(tmp_path / "c.h5", replace(contents, provenance=other_seed)) != first


def test_an_optional_dataset_may_be_left_out(tmp_path):
    contents = make_contents("vit")
    required = {spec: values for spec, values in contents.arrays.items() if spec.required}
    claims = tuple(
        replace(claim, references=())
        for claim in contents.claims
        if claim.id not in ("vit-outline", "vit-shape")
    )
    publish(tmp_path / "vit.h5", replace(contents, arrays=required, claims=claims))
    with open_store(tmp_path / "vit.h5", "vit") as store:
        optional = [s for s in STUDIES["vit"].arrays if not s.required]
        assert optional
        assert not any(store.has(spec) for spec in optional)


def test_a_store_without_claims_or_skipped_images_is_valid(tmp_path):
    contents = replace(make_contents("vae"), claims=(), skipped=())
    publish(tmp_path / "vae.h5", contents)
    with open_store(tmp_path / "vae.h5", "vae") as store:
        assert (store.claims, store.skipped, store.size("claim")) == ((), (), 0)


@settings(max_examples=12, suppress_health_check=BUSY_MACHINE)
@given(
    study=st.sampled_from(sorted(STUDIES)),
    seed=st.integers(0, 2**32 - 1),
    n_images=st.integers(20, 60),
    names=st.lists(WORDS, min_size=10, max_size=10),
    skipped=st.lists(st.builds(Skipped, WORDS, WORDS), max_size=3),
    finding=WORDS,
)
def test_any_valid_contents_come_back(study, seed, n_images, names, skipped, finding, tmp_path):
    contents = make_contents(study, seed, {"image": n_images})
    claims = tuple(replace(claim, finding=finding) for claim in contents.claims)
    contents = replace(contents, claims=claims, skipped=tuple(skipped), class_names=tuple(names))
    path = tmp_path / "any.h5"
    content_hash = publish(path, contents)
    with open_store(path, study) as store:
        assert store.content_hash == content_hash
        assert (store.claims, store.skipped, store.class_names) == (
            claims,
            tuple(skipped),
            tuple(names),
        )
        for spec, values in contents.arrays.items():
            np.testing.assert_array_equal(store.read(spec), values, err_msg=spec.path)
    path.unlink()


@st.composite
def arrays_with_spec(draw):
    dtype = draw(st.sampled_from([*DTYPES, TEXT]))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    spec = ArraySpec("a", tuple(f"d{i}" for i in range(len(shape))), dtype, "", view_axes=1)
    if dtype == TEXT:
        return spec, draw(hnp.arrays("U12", shape, elements=WORDS.map(lambda word: word[:12])))
    elements = None
    if dtype in FLOATS:
        elements = st.floats(allow_infinity=False, allow_nan=True, width=FLOATS[dtype])
    return spec, draw(hnp.arrays(dtype, shape, elements=elements))


@settings(max_examples=60, suppress_health_check=BUSY_MACHINE)
@given(case=arrays_with_spec())
def test_any_array_of_any_dtype_comes_back(case):
    spec, values = case
    stored = cast(values, spec, "a.h5")
    image = build_image(lambda file: write_dataset(file, "a", stored, chunk_shape(spec, stored)))
    read_back = _read_image(image)
    if spec.dtype == TEXT:
        np.testing.assert_array_equal(decode_text(read_back), values)
    else:
        assert read_back.dtype == values.dtype
        assert read_back.shape == values.shape
        assert read_back.tobytes() == values.tobytes()


def _read_image(image: bytes) -> np.ndarray:
    with h5py.File(io.BytesIO(image), "r") as file:
        return np.asarray(file["a"][()])


def test_missing_values_stay_nan(tmp_path):
    contents = make_contents("vae")
    blank = next(iter(contents.claims))
    nan = float("nan")
    blank = Claim(**{**blank.__dict__, "low": nan, "high": nan, "control": nan})
    publish(tmp_path / "vae.h5", replace(contents, claims=(blank,)))
    with open_store(tmp_path / "vae.h5", "vae") as store:
        claim = store.claims[0]
    assert np.isnan([claim.low, claim.high, claim.control]).all()


def test_shared_datasets_are_made_from_the_records():
    assert not set(make_contents("vit").arrays) & set(COMMON)
