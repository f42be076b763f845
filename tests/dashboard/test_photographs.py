"""Pages over the photographs report: one study, of a model without a classifier."""

import pytest

from dashboard import navigation
from tests.support import report_states
from tests.support.opened_pages import charts, images, words


@pytest.mark.parametrize("page", ["overview", "attention", "masking", "outline"])
def test_the_photographs_report_opens_with_its_one_study(page, page_of):
    app = page_of(page, report_states.photographs)
    assert not app.exception
    assert "cannot be shown" not in words(app)  # what a report does not have is no fault
    assert ("This report has no VAE and no CLIP study" in words(app)) == (page == "overview")


@pytest.mark.parametrize("page", ["attention", "masking", "faithfulness", "one_picture"])
def test_without_a_classifier_scores_are_cosines(page, page_of):
    app = page_of(page, report_states.photographs, outcome="cosine")
    axes = [chart.spec for chart in charts(app)]
    assert any("cosine" in spec for spec in axes) or page == "one_picture"
    assert not any("probability" in spec for spec in axes)
    columns_of_tables = [list(element.value.columns) for element in app.dataframe]
    scores = {columns[1] for columns in columns_of_tables if columns[0] == "label"} - {"share"}
    assert scores == ({"cosine"} if page in ("attention", "masking") else set())


@pytest.mark.parametrize(("page", "study"), [("training", "VAE"), ("prompts", "CLIP")])
def test_pages_of_other_studies_say_that_the_photographs_have_none(page, study, page_of):
    app = page_of(page, report_states.both, report="photographs")
    assert not app.exception
    assert f"The report photographs has no {study} study" in words(app, "info")
    assert "cannot be shown" not in words(app)
    assert "sidebar: embedded" in words(app)


def test_sections_of_studies_that_a_report_lacks_are_hidden():
    by_section = navigation.sections(["vit"])
    hidden = {name: {page.visibility for page in pages} for name, pages in by_section.items()}
    assert hidden == {
        "Report": {"visible"},
        "ViT": {"visible"},
        "VAE": {"hidden"},
        "CLIP": {"hidden"},
    }


def test_the_overview_shows_the_cat_of_the_photographs_beside_the_studies(page_of):
    app = page_of("overview", report_states.both)
    captions = [image.caption for image in images(app)]
    assert any("chelsea" in caption for caption in captions)
    assert "dinov2" in words(app)


@pytest.mark.parametrize("without", [True, False])
def test_a_map_can_be_shown_without_its_outlier_patches(without, page_of):
    query = {"no_outliers": str(without).lower(), "layer": "12"}
    app = page_of("attention", report_states.photographs, **query)
    assert not app.exception
    assert ("patches are outliers here and are left out" in words(app)) == without
