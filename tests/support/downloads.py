"""A made-up file and what becomes of it, for the tests of downloads."""

import hashlib

import numpy as np
import pytest

from precompute.data.archives import Archive
from precompute.errors import InputError
from precompute.preflight import download, places
from precompute.preflight.download import fetch

CONTENT = np.random.default_rng(0).bytes(50_000)
OTHER = np.random.default_rng(1).bytes(50_000)
NAME = "file.tar.gz"
HALF = 20_000


def wait_less(monkeypatch):
    """Wait less, and reach this machine without a proxy."""
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(places, "ANSWER_SECONDS", 0.5)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def archive(*servers, content=CONTENT):
    addresses = tuple(one if isinstance(one, str) else one.place() for one in servers)
    return Archive(NAME, len(content), hashlib.sha256(content).hexdigest(), addresses)


def part_of(folder):
    return folder / f"{NAME}.part"


def said(capture):
    return " ".join(capture.readouterr().err.split())


def refused(wanted, folder, mirrors=()):
    with pytest.raises(InputError) as caught:
        fetch(wanted, folder, mirrors)
    assert "\n" not in str(caught.value)
    assert not (folder / NAME).exists()
    return str(caught.value)
