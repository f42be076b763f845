"""`python -m tests.support.forks FOLDER…`: test each copy of the project in a process of its own.

The slow libraries are imported once, and each copy is tested in a fork that imports the project
from it. Prints one line of JSON per folder: whether its tests failed, and what they said.
"""

import contextlib
import io
import json
import os
import sys

import altair  # noqa: F401
import open_clip  # noqa: F401
import pytest
import sklearn.linear_model  # noqa: F401
import statsmodels.api  # noqa: F401
import streamlit.testing.v1  # noqa: F401
import torch  # noqa: F401
import transformers  # noqa: F401

TESTS = (
    "tests/precompute/test_registries.py",
    "tests/dashboard/vit/test_titles.py",
    "tests/dashboard/clip/test_titles.py",
    "tests/dashboard/test_navigation.py::test_a_page_is_one_topic_and_has_its_method",
    "tests/dashboard/test_navigation.py::test_every_page_has_a_row",
    "tests/dashboard/test_navigation.py::test_every_claim_is_told_by_one_page_of_its_study",
)


def run_tests(folder: str) -> tuple[int, str]:
    """Run TESTS of a copy; return pytest's exit code and its output."""
    os.chdir(folder)
    sys.path.insert(0, folder)
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        code = pytest.main(["-q", "-p", "no:cacheprovider", "--tb=short", "-W", "ignore", *TESTS])
    return int(code), heard.getvalue()


def main() -> None:
    """Fork for each folder named on the command line, one after the other."""
    for folder in sys.argv[1:]:
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            os.close(reading)
            with os.fdopen(writing, "w") as pipe:
                pipe.write(json.dumps(run_tests(folder)))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            sys.stdout.write(f"{pipe.read()}\n")
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
