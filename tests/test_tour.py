"""docs/tour.md: short walks along files that are there, and that know one another."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOUR = (ROOT / "docs/tour.md").read_text(encoding="utf-8")
WALKS = {
    title: re.findall(r"^\d+\. `([\w/.]+)`", text, re.M)
    for title, text in re.findall(r"^## (Where .+?)\n(.*?)(?=^## |\Z)", TOUR, re.M | re.S)
}
MOST = {"Where an image goes": 35, "Where a setting goes": 10, "Where a claim comes from": 20}


def imports(file):
    """Return what a file imports from this project, as paths without their ending."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.replace(".", "/")
            yield from (f"{node.module}.{alias.name}".replace(".", "/") for alias in node.names)


@pytest.mark.parametrize("walk", MOST)
def test_a_walk_is_short_and_its_files_are_there(walk):
    files = WALKS[walk]
    assert 5 < len(files) == len(set(files)) <= MOST[walk]
    assert [file for file in files if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize("walk", MOST)
def test_every_file_of_a_walk_imports_another_or_is_imported_by_one(walk):
    files = WALKS[walk]
    known = {file: set(imports(file)) for file in files}
    alone = [
        file
        for file in files
        if not any(
            other.removesuffix(".py") in known[file] or file.removesuffix(".py") in known[other]
            for other in files
            if other != file
        )
    ]
    # A study is imported by its name: see precompute/study.py.
    assert set(alone) <= {"precompute/study.py", "precompute/vit/settings.py"}


def test_a_claims_whole_rule_is_in_one_file():
    text = (ROOT / "precompute/vit/masking/claim.py").read_text(encoding="utf-8")
    for part in ("class MaskingEvidence", "SURVIVES =", "# Supported when", "def centre_finding"):
        assert part in text


def test_the_readme_leads_here():
    assert "docs/tour.md" in (ROOT / "README.md").read_text(encoding="utf-8")
