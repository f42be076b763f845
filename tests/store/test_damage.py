"""A flipped byte anywhere is noticed, or changes nothing."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import h5py
import pytest

from store.errors import StoreDamaged, StoreError
from store.reader import open_store
from store.schema import STUDIES
from store.schema.clip import alignment
from store.schema.vae import latent_space, reconstructions
from store.trial import verify_tried
from tests.support.byte_flips import data_chunks, flipped, place_of

ROOT = Path(__file__).resolve().parents[2]
N_FLIPS = 1000 if os.environ.get("THREE_LENSES_LONG") else 50


def _outcomes(source: Path, target: Path, seed: int, n_flips: int) -> dict[int, tuple[str, str]]:
    """Return where each flip fell and what became of it."""
    outcomes: dict[int, tuple[str, str]] = {}
    while len(outcomes) < n_flips:
        arguments = (str(source), str(target), str(seed), str(len(outcomes)), str(n_flips))
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.byte_flips", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        for line in done.stdout.splitlines():
            flip, where, outcome = line.split()
            outcomes[int(flip)] = where, outcome
        if done.returncode < 0:  # this flip ended the process: the isolated check must refuse it
            content, flip = source.read_bytes(), len(outcomes)
            place = place_of(len(content), data_chunks(source), seed, flip)
            target.write_bytes(flipped(content, place, seed, flip))
            with pytest.raises(StoreError):
                verify_tried(target)
            outcomes[len(outcomes)] = "metadata", "refused"
        else:
            assert done.returncode == 0, done.stderr
    return outcomes


@pytest.mark.endurance
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("study", STUDIES)
def test_a_flipped_byte_anywhere_is_refused_or_harmless(study, report, tmp_path):
    outcomes = _outcomes(report / f"{study}.h5", tmp_path / f"{study}.h5", 0, N_FLIPS)
    counts = Counter(outcomes.values())
    print(dict(counts))  # noqa: T201  `make endurance` shows it
    assert counts["data", "wrong"] == counts["metadata", "wrong"] == 0, counts
    assert counts["data", "refused"] >= N_FLIPS / 2, counts


def test_a_flip_in_the_data_is_noticed_when_it_is_read(copy_of):
    path = copy_of("vae")
    with open_store(path, "vae") as store:
        chunk = store.datasets[latent_space.POSTERIOR_MEAN.path].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + chunk.size // 2] ^= 1
    path.write_bytes(content)
    with open_store(path, "vae") as store:
        assert store.read(reconstructions.SQUARED_ERROR).shape == (40,)  # the rest stays readable
        with pytest.raises(StoreDamaged) as caught:
            store.read(latent_space.POSTERIOR_MEAN)
    assert "'latent/posterior_mean' cannot be read (" in str(caught.value)


def test_a_chunk_in_another_chunks_place_is_noticed(copy_of):
    """Both chunks have valid checksums; only the dataset's sha256 tells."""
    path = copy_of("vae")
    with h5py.File(path, "r+", locking=False) as file:
        pictures = file[reconstructions.SAMPLE_PIXELS.path]
        pictures[...] = pictures[()][::-1]
    says = "'samples/pixels' does not match its sha256"
    with open_store(path, "vae") as store, pytest.raises(StoreDamaged, match=says):
        store.read(reconstructions.SAMPLE_PIXELS, 0)


def test_a_flip_in_a_scalar_is_noticed(copy_of):
    path = copy_of("clip")
    with h5py.File(path, "r+", locking=False) as file:
        file[alignment.N_HELD_OUT.path][...] = 12
    with open_store(path, "clip") as store, pytest.raises(StoreDamaged, match="its sha256"):
        store.read(alignment.N_HELD_OUT)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
def test_a_file_cut_short_anywhere_is_refused(share, copy_of):
    path = copy_of("vae")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(StoreError, match="the file ends after"):
        open_store(path, "vae")
