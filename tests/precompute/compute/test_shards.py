import numpy as np
import pytest

from precompute.compute.shards import compute, merge, split_rows


def test_rows_are_cut_without_overlap_or_loss():
    shards = split_rows("step", 23, 10)
    assert [row for shard in shards for row in shard.rows] == list(range(23))
    assert [shard.name for shard in shards] == ["step-000000", "step-000010", "step-000020"]


def work_of(calls, fail_at=None):
    def work(shard):
        if shard.start == fail_at:
            raise KeyboardInterrupt
        calls.append(shard.name)
        return {"square": np.arange(shard.start, shard.stop) ** 2}

    return work


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    shards, calls = split_rows("step", 30, 10), []
    with pytest.raises(KeyboardInterrupt):
        compute(shards, work_of(calls, fail_at=20), tmp_path, "key", "label")
    merged = merge(compute(shards, work_of(calls), tmp_path, "key", "label"))
    assert calls == ["step-000000", "step-000010", "step-000020"]
    np.testing.assert_array_equal(merged["square"], np.arange(30) ** 2)


def test_another_key_computes_everything_again(tmp_path):
    shards, calls = split_rows("step", 20, 10), []
    compute(shards, work_of(calls), tmp_path, "one", "label")
    compute(shards, work_of(calls), tmp_path, "two", "label")
    assert len(calls) == 4


def test_a_damaged_shard_is_computed_again(tmp_path):
    shards, calls = split_rows("step", 20, 10), []
    compute(shards, work_of(calls), tmp_path, "key", "label")
    path = tmp_path / "step-000000.part.h5"
    path.write_bytes(path.read_bytes()[:-50])
    merged = merge(compute(shards, work_of(calls), tmp_path, "key", "label"))
    assert calls == ["step-000000", "step-000010", "step-000000"]
    np.testing.assert_array_equal(merged["square"], np.arange(20) ** 2)
