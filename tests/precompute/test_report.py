"""What a run leaves beside a store, and what it mends of an earlier one."""

from dataclasses import asdict, replace

import pytest
import torch

from precompute import report
from precompute.job import JobContext
from precompute.settings import load_profile
from precompute.vae import job
from store.errors import StoreUnwritable
from store.inspect.summary import fingerprint, fingerprint_path, write_fingerprint
from store.writer import publish
from tests.support.made_up_stores import make_contents


@pytest.mark.parametrize("left", [None, "of an older store"])
def test_a_run_killed_after_it_published_is_ended_by_the_next_one(tmp_path, capsys, left):
    """It published, and neither wrote the fingerprint nor removed its shards."""
    profile = load_profile("embedded")
    context = JobContext(tmp_path, profile.name, "a test", torch.device("cpu"), tmp_path)
    inputs = job.inspect(profile.study("vae"), context)
    made = make_contents("vae")
    provenance = replace(
        made.provenance,
        settings=asdict(profile.study("vae")),
        dataset_digest=inputs.images.digest,
        model_revision=inputs.model.revision,
    )
    path = context.store_path("vae")
    publish(path, replace(made, provenance=provenance))
    if left is not None:
        fingerprint_path(path).write_text(left)
    shard = context.shard_folder("vae") / "left.part.h5"
    shard.parent.mkdir(parents=True)
    shard.write_bytes(b"of the killed run")
    report.run_study("vae", profile, context)
    assert "nothing to do" in " ".join(capsys.readouterr().err.split())
    assert fingerprint_path(path).read_text() == fingerprint(path)
    assert not shard.exists()


def test_a_fingerprint_is_whole_or_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "vae.h5"
    publish(path, make_contents("vae"))
    fingerprint_path(path).write_text("the old one")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("store.file.atomic.os.fsync", full)
    with pytest.raises(StoreUnwritable, match="No space left on device"):
        write_fingerprint(path)
    assert fingerprint_path(path).read_text() == "the old one"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["vae.fingerprint.txt", "vae.h5"]
