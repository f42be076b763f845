"""Shards: what was computed before a kill is taken up again, and nothing else is."""

import string

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from store.errors import StoreUnwritable
from store.writer import read_shard, write_shard

KEY = "k" * 64
ARRAYS = {
    "predicted": np.arange(12, dtype="int16").reshape(3, 4),
    "a/b c": np.array(["cat", "Katze", "猫"]),
    "": np.array(1.5),
    "empty": np.zeros((0, 3), "float16"),
    "flag": np.array([True, False]),
}


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "masking-000000.part.h5"
    write_shard(path, ARRAYS, KEY)
    return path


def test_a_shard_comes_back(shard):
    arrays_read = read_shard(shard, KEY)
    assert list(arrays_read) == list(ARRAYS)
    for name, values in ARRAYS.items():
        assert arrays_read[name].dtype == values.dtype
        np.testing.assert_array_equal(arrays_read[name], values)
    assert [path.name for path in shard.parent.iterdir()] == [shard.name]


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    arrays=st.dictionaries(
        st.text(max_size=12),
        hnp.arrays(
            hnp.boolean_dtypes()
            | hnp.integer_dtypes()
            | hnp.unsigned_integer_dtypes()
            | hnp.floating_dtypes(sizes=(16, 32, 64))
            | hnp.unicode_string_dtypes(max_len=6),
            hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
        ),
        max_size=4,
    )
)
def test_any_arrays_under_any_names_come_back(arrays, tmp_path):
    path = tmp_path / "any.part.h5"
    write_shard(path, arrays, KEY)
    arrays_read = read_shard(path, KEY)
    assert list(arrays_read) == list(arrays)
    for name, values in arrays.items():
        assert arrays_read[name].shape == values.shape
        np.testing.assert_array_equal(arrays_read[name], values)


def test_a_shard_of_another_run_is_ignored(shard):
    assert read_shard(shard, "another key") is None


def test_an_absent_shard_is_ignored(tmp_path):
    assert read_shard(tmp_path / "none.part.h5", KEY) is None


@pytest.mark.parametrize("keep", [0, 7, 500, 3000])
def test_a_shard_cut_short_is_ignored(keep, shard):
    shard.write_bytes(shard.read_bytes()[:keep])
    assert read_shard(shard, KEY) is None


def test_a_flipped_byte_never_changes_a_value(shard):
    content = shard.read_bytes()
    rng = np.random.default_rng(0)
    n_ignored = 0
    for position in rng.choice(len(content), 150, replace=False):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        shard.write_bytes(damaged)
        arrays_read = read_shard(shard, KEY)
        n_ignored += arrays_read is None
        if arrays_read is not None:
            for name, values in ARRAYS.items():
                np.testing.assert_array_equal(arrays_read[name], values)
    assert n_ignored > 5


def test_objects_are_refused(tmp_path):
    with pytest.raises(ValueError, match="shard array 'x' has dtype object; give numbers or text"):
        write_shard(tmp_path / "x.part.h5", {"x": np.array([None])}, KEY)


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnwritable, match=r"Not a directory|File exists"):
        write_shard(tmp_path / "file" / "x.part.h5", {"x": np.zeros(1)}, KEY)


def test_long_text_is_kept_whole(tmp_path):
    words = np.array([string.ascii_letters * 20, "x"])
    write_shard(tmp_path / "x.part.h5", {"x": words}, KEY)
    np.testing.assert_array_equal(read_shard(tmp_path / "x.part.h5", KEY)["x"], words)
