"""A report made once, and fresh copies of its files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.made_up_stores import write_report


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published report: read it, do not change it."""
    return write_report(tmp_path_factory.mktemp("report") / "made-up")


@pytest.fixture
def copy_of(report: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that gives a study's store as a file of this test's own."""

    def copy(study: str) -> Path:
        return Path(shutil.copy(report / f"{study}.h5", tmp_path / f"{study}.h5"))

    return copy
