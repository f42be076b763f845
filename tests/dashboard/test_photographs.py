"""Pages over the photographs report: one study, of a model without a classifier."""

import pytest

from tests.support import report_states
from tests.support.opened_pages import charts, images, words


@pytest.mark.parametrize("page", ["overview", "attention", "masking", "outline"])
def test_the_photographs_report_opens_with_its_one_study(page, page_of):
    app = page_of(page, report_states.photographs)
    assert not app.exception
    assert ("cannot be shown" in words(app)) == (page == "overview")  # it lacks VAE and CLIP


@pytest.mark.parametrize("page", ["attention", "masking", "faithfulness", "one_picture"])
def test_without_a_classifier_scores_are_cosines(page, page_of):
    app = page_of(page, report_states.photographs, outcome="cosine")
    axes = [chart.spec for chart in charts(app)]
    assert any("cosine" in spec for spec in axes) or page == "one_picture"
    assert not any("probability" in spec for spec in axes)
    columns_of_tables = [list(element.value.columns) for element in app.dataframe]
    scores = {columns[1] for columns in columns_of_tables if columns[0] == "label"} - {"share"}
    assert scores == ({"cosine"} if page in ("attention", "masking") else set())


@pytest.mark.parametrize("page", ["training", "prompts"])
def test_pages_of_other_studies_say_that_the_photographs_have_none(page, page_of):
    app = page_of(page, report_states.photographs)
    assert not app.exception
    assert "this report holds no" in words(app)


def test_the_overview_shows_the_cat_of_the_photographs_beside_the_studies(page_of):
    captions = [image.caption for image in images(page_of("overview", report_states.both))]
    assert len(captions) == 4
    assert any("chelsea" in caption and "dinov2" in caption for caption in captions)


@pytest.mark.parametrize("without", [True, False])
def test_a_map_can_be_shown_without_its_outlier_patches(without, page_of):
    query = {"no_outliers": str(without).lower(), "layer": "12"}
    app = page_of("attention", report_states.photographs, **query)
    assert not app.exception
    assert ("patches are outliers here and are left out" in words(app)) == without
