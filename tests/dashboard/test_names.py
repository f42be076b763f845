"""No name that a study stores is spelled in the dashboard: the store's modules of names say it."""

import ast
from pathlib import Path

from tests.support import stored_names

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
HOMONYMS = {  # file -> words in it that a study stores too, and that mean something else there
    "charts/histograms.py": {"test images"},  # an axis title
    "charts/intervals.py": {"control"},  # a series of a chart
    "clip/alignment.py": {"alignment", "mean", "method"},  # a page, columns of tables
    "clip/images.py": {"none"},  # an option of a picker
    "clip/modality_gap.py": {"control"},  # a row of a chart
    "clip/prompts.py": {"shape"},  # a property of marks
    "export/captions.py": {"none", "shape"},  # no interval, a channel of a chart
    "export/document.py": {"background"},  # a setting of a chart
    "export/paper.py": {"background"},  # a setting of a chart
    "navigation.py": {"alignment", "outline", "reconstructions", "shape"},  # pages
    "report/compare.py": {"fills"},  # a word of a sentence
    "report/front_figures.py": {"alignment", "reconstructions"},  # pages
    "report/questions.py": {"alignment", "outline", "reconstructions"},  # pages
    "report/overview.py": {"control"},  # a column of a table
    "ui/formatting.py": {"VAE"},  # a study's title
    "vae/reconstructions.py": {"reconstructions"},  # a page
    "vit/attention.py": {"method"},  # a key of the URL, a column of a table
    "vit/masking.py": {"whole"},  # a caption
    "vit/outline.py": {"black", "outline"},  # a colour, a page
    "vit/shape.py": {"shape"},  # a page
}


def spelled_names(path):
    """Return the stored names among a module's strings, docstrings and parts of sentences apart."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sentences = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for sentence in sentences for part in sentence.values}
    strings = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in parts)
    return {node.value for node in strings if isinstance(node.value, str)} & NAMES


NAMES = stored_names.all_names()


def test_the_dashboard_spells_no_stored_name_but_in_the_words_for_it():
    modules = [path for path in DASHBOARD.rglob("*.py") if path.name != "titles.py"]
    spelled = {path.relative_to(DASHBOARD).as_posix(): spelled_names(path) for path in modules}
    assert {file: words for file, words in spelled.items() if words} == HOMONYMS


def test_the_words_for_names_are_keyed_by_the_names_themselves():
    for path in DASHBOARD.rglob("titles.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        keys = [key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys]
        assert not [key.value for key in keys if isinstance(key, ast.Constant)], path
