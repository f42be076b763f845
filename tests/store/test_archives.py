"""Real files of every format that was ever released are read for ever.

`tests/archives/format-N/` is added when format N is released and then never changed.
"""

from pathlib import Path

import pytest

from store.inspect.summary import fingerprint
from store.reader import open_store
from store.schema import FORMAT_VERSION, STUDIES
from store.verify import verify

ARCHIVES = Path(__file__).resolve().parents[1] / "archives"
FILES = sorted(ARCHIVES.glob("format-*/*.h5"))


def test_every_format_has_a_file_of_every_study():
    expected = {(f"format-{n}", study) for n in range(1, FORMAT_VERSION + 1) for study in STUDIES}
    assert {(path.parent.name, path.stem) for path in FILES} == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_archived_file_is_read_whole(path):
    assert verify(path, path.stem).n_claims > 0
    with open_store(path, path.stem) as store:
        for spec in STUDIES[path.stem].arrays:
            if store.has(spec):
                assert store.read(spec).ndim == len(spec.dims)
        assert store.provenance.settings
        assert all(claim.finding for claim in store.claims)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_archived_file_still_says_what_it_said(path):
    """Its digests, means and extremes, as they were written down on the day of the release."""
    assert fingerprint(path) == path.with_suffix(".fingerprint.txt").read_text(encoding="utf-8")
