"""Diff: every change that matters, and nothing else."""

from dataclasses import replace
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from store.errors import SchemaMismatch
from store.inspect.diff import compare_values, diff, number
from store.records import Skipped
from store.schema.vae import reconstructions
from store.schema.vit import attention, masking, outline
from store.writer import publish
from tests.support.made_up_stores import make_contents


@pytest.fixture
def compare(tmp_path, report):
    """Return a function that publishes changed contents and compares them with the original."""

    def run(study: str, **changes: object) -> list[str]:
        contents = make_contents(study)
        changed = SimpleNamespace(**(vars(contents) | changes))
        path = tmp_path / f"{study}.h5"
        publish(path, replace(contents, **vars(changed)))
        return [f"{d.kind} {d}" for d in diff(path, report / f"{study}.h5")]

    return run


def _changed(study, spec, change):
    arrays = dict(make_contents(study).arrays)
    arrays[spec] = change(arrays[spec].copy())
    return arrays


def _put(index, value):
    def change(values):
        values[index] = value
        return values

    return change


def test_a_rewrite_is_no_difference(compare):
    provenance = make_contents("vae").provenance
    later = replace(provenance, created_utc="2030-01-01T00:00:00Z", seconds=99.0)
    assert compare("vae", provenance=later) == []


def test_a_value_beyond_its_tolerance_is_named_with_its_place(compare):
    arrays = _changed("vit", attention.ATTENTION_ROLLOUT, _put((1, 4, 6), 0.5))
    old = float(make_contents("vit").arrays[attention.ATTENTION_ROLLOUT][1, 4, 6])
    assert compare("vit", arrays=arrays) == [
        f"values attention/rollout: 1 of 196 values differ, largest {number(0.5 - old, 2)} at "
        f"(1, 4, 6): 0.5 against {number(old)}; allowed 2e-5"
    ]


def test_a_value_within_its_tolerance_passes(compare):
    arrays = _changed("vit", attention.ATTENTION_ROLLOUT, lambda values: values + np.float32(9e-6))
    assert compare("vit", arrays=arrays) == []


def test_one_step_of_a_whole_number_is_a_difference(compare):
    arrays = _changed("vit", masking.N_MASKED, _put(0, 2))
    assert compare("vit", arrays=arrays) == [
        "values masking/n_masked: 1 of 3 values differ, largest 1 at (0,): 2 against 1; allowed 0"
    ]


def test_nan_that_appears_is_a_difference(compare):
    arrays = _changed("vit", masking.PUZZLE_SHARE, _put(1, np.nan))
    assert compare("vit", arrays=arrays) == [
        "values masking/puzzle_share: 3 of 9 values became NaN, first at (1, 0)"
    ]


def test_a_missing_row_is_a_difference(compare):
    skipped = make_contents("vae").skipped
    assert compare("vae", skipped=(*skipped, Skipped("b.png", "too small"))) == [
        "structure skipped/name: shape (2,) against (1,)",
        "structure skipped/reason: shape (2,) against (1,)",
    ]


def test_a_missing_dataset_is_a_difference(compare):
    arrays = dict(make_contents("vit").arrays)
    del arrays[outline.SHIFT_P_VALUE]
    assert compare("vit", arrays=arrays) == [
        "structure outline/shift_p_value: is missing from the first file"
    ]


def test_changed_text_is_a_difference(compare):
    arrays = _changed("vit", masking.MASK_FILL, _put(0, "blur"))
    assert compare("vit", arrays=arrays) == [
        "values masking/fill: 1 of 3 texts differ, first at (0,): 'blur' against 'black'"
    ]


def test_a_changed_attribute_is_a_difference(compare):
    provenance = replace(make_contents("vae").provenance, model_revision="2")
    assert compare("vae", provenance=provenance) == [
        "attribute attribute model_revision: '2' against '1'"
    ]


def test_another_machine_is_a_note(compare):
    provenance = replace(make_contents("vae").provenance, device="NVIDIA T4", git_commit="f" * 40)
    result = compare("vae", provenance=provenance)
    assert [line.split(":")[0] for line in result] == [
        "note attribute device",
        "note attribute git_commit",
    ]


def test_a_changed_verdict_comes_first(compare):
    contents = make_contents("vae")
    claims = list(contents.claims)
    claims[1] = replace(claims[1], verdict="supported", finding="0.76 of 40 images.")
    arrays = _changed("vae", reconstructions.SAMPLE_IMAGE, lambda values: values[::-1])
    result = compare("vae", arrays=arrays, claims=tuple(claims))
    assert result[0] == ("verdict claim vae-blur: supported (0.75) against refuted (0.75)")
    assert result[1].startswith("values samples/image: 4 of 4 values differ")
    assert result[2].startswith("note claims/finding: 1 of 3 texts differ")
    assert len(result) == 3


def test_another_dtype_is_refused_or_named(copy_of, report):
    path = copy_of("vit")
    with h5py.File(path, "r+", locking=False) as file:
        values = file["masking/survival"][()].astype("float64")
        attributes = dict(file["masking/survival"].attrs)
        del file["masking/survival"]
        file.create_dataset("masking/survival", data=values)
        file["masking/survival"].attrs.update(attributes)
    with pytest.raises(SchemaMismatch, match="'masking/survival' has dtype float64"):
        diff(path, report / "vit.h5")


@pytest.mark.parametrize(
    ("a", "b", "tolerance", "says"),
    [
        (np.zeros(2, "f4"), np.zeros(2, "f2"), 1, "dtype float32 against float16"),
        (np.zeros(2, "i4"), np.zeros(2, "f4"), 1, "dtype int32 against float32"),
        (np.zeros(2, "S3"), np.zeros(2, "f4"), 1, "dtype |S3 against float32"),
        (np.zeros((2, 1)), np.zeros(2), 1, "shape (2, 1) against (2,)"),
        (
            np.nextafter(np.ones(1, "f2"), np.float16(2)),
            np.ones(1, "f2"),
            0,
            "1 of 1 values differ, largest 9.8e-4 at (0,): 1.001 against 1; allowed 0",
        ),
        (
            np.array([2**62 + 1]),
            np.array([2**62]),
            0,
            "1 of 1 values differ, largest 1 at (0,): "
            "4611686018427387905 against 4611686018427387904; allowed 0",
        ),
        (
            np.array([255], "u1"),
            np.array([0], "u1"),
            0,
            "1 of 1 values differ, largest 255 at (0,): 255 against 0; allowed 0",
        ),
        (
            np.array([[0.0, 5.0], [1.0, -2.0], [0.0, 9.0]]),
            np.zeros((3, 2)),
            0.5,
            "4 of 6 values differ, largest 9 at (2, 1): 9 against 0; (0, 1): 5 against 0; (1, 1): "
            "-2 against 0; allowed 0.5",
        ),
        (np.array([0.0]), np.array([np.nan]), 9, "1 of 1 values are no longer NaN, first at (0,)"),
    ],
)
def test_two_arrays_that_differ(a, b, tolerance, says):
    assert [fault.message for fault in compare_values(a, b, tolerance)] == [says]


@pytest.mark.parametrize(
    ("a", "b", "tolerance"),
    [
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), 0),
        (np.array([-0.0]), np.array([0.0]), 0),
        (np.array([b"cat"], "S3"), np.array([b"cat"], "S9"), 0),
        (np.array([3], "u1"), np.array([5], "u1"), 2),
        (np.zeros((0, 3)), np.zeros((0, 3)), 0),
        (np.array(1.0), np.array(1.05), 0.1),
    ],
)
def test_two_arrays_that_agree(a, b, tolerance):
    assert compare_values(a, b, tolerance) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0021, "2.1e-3"),
        (0.0312, "0.0312"),
        (588, "588"),
        (0, "0"),
        (1e-3, "1e-3"),
        (2.5e7, "2.5e7"),
    ],
)
def test_numbers_are_written_as_people_write_them(value, text):
    assert number(value) == text
