"""Captions: what a figure draws is recognised by its numbers, and its interval by its dataset."""

import pandas as pd
import pytest

from dashboard import loaders, navigation
from dashboard.export import captions
from dashboard.export.figures import Exported
from tests.support import report_states


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """The studies of a report that holds every dataset."""
    data = report_states.made_up(tmp_path_factory.mktemp("data"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(loaders.DATA_VARIABLE, str(data))
        return loaders.load_all("made-up")[0]


def caption(studies, page, numbers, spec=None, alt="what it is"):
    figure = Exported("view-01", alt, spec or {}, pd.DataFrame(numbers), "Its heading?")
    text = captions.document("made-up", studies, [(navigation.PAGES[page], figure)])
    lines = dict(line[4:].split(":** ") for line in text.splitlines() if line.startswith("- **"))
    return text, lines


def estimates(study, path):
    return next((spec, values) for spec, values in study.estimates().items() if spec.path == path)


def test_a_figure_without_estimates_says_so(studies):
    text, lines = caption(studies, "attention", {"label": ["a"], "probability": [0.5]})
    assert "## view-01" in text
    assert lines["Title"] == "Its heading?"
    assert lines["What is seen"] == "What it is."
    assert lines["n"] == "1 rows, all in data/view-01.csv"
    assert lines["Interval"] == "none"
    assert lines["Seed"] == str(studies["vit"].provenance.seed)
    assert lines["Contents"] == f"vit {studies['vit'].store.content_hash[:12]}"
    assert studies["vit"].store.content_hash in text


@pytest.mark.parametrize("factor", [1, 100])
def test_the_kind_of_an_interval_is_its_datasets(studies, factor):
    rows = [(0.5, 0.25, 0.75), (0.5, 0.125, 0.875)]
    spec = estimates(studies["vit"], "probes/accuracy")[0]
    known = dict.fromkeys(rows, spec)
    numbers = pd.DataFrame(rows, columns=["mean", "lower", "upper"]) * factor
    figure = Exported("view", "alt", {}, numbers.assign(name="x"))
    assert captions._held(figure, known) == [spec]
    assert captions._kind(studies["vit"], spec) == "95 %, Wilson"


@pytest.mark.parametrize(
    ("study", "path", "kind"),
    [
        ("vit", "masking/survival", "bootstrap over images, Wilson where all are alike"),
        ("vit", "masking/contiguity", "bootstrap over images"),
        ("vit", "outline/dropped_survival", "bootstrap over images"),
        ("vit", "probes/training_gain", "Newcombe 1998, method 10"),
        ("vae", "sweep/squared_error", "t interval over seeds, NaN for one seed"),
        ("vae", "passes/class_kept", "Wilson"),
        ("clip", "prompts/accuracy", "Wilson"),
        ("clip", "alignment/unseen_classes", "bootstrap"),
    ],
)
def test_a_description_that_refers_back_is_followed(studies, study, path, kind):
    assert captions._kind(studies[study], estimates(studies[study], path)[0]) == f"95 %, {kind}"


def test_the_range_of_draws_is_no_interval(studies):
    spec = estimates(studies["clip"], "alignment/shot_accuracy")[0]
    assert captions._kind(studies["clip"], spec).startswith("none, the ends are the lowest")


def test_axes_and_colours_are_told_once(studies):
    encoding = {"x": {"title": "layer"}, "color": {"title": "head"}, "shape": {"title": "head"}}
    spec = {"layer": [{"encoding": encoding}]}
    lines = caption(studies, "attention", {"x": [1]}, spec)[1]
    assert lines["What is seen"] == "What it is. Across: layer. Colour and shape: head."


def test_no_text_becomes_markup(studies):
    text, _ = caption(studies, "attention", {"x": [1]}, alt="<img src=x> [a](javascript:b)\n# c")
    assert "\\<img src=x\\> \\[a\\](javascript:b) # c." in text
