"""The page about the report: what was left out of it."""

from tests.support import report_states
from tests.support.opened_pages import words


def test_skipped_images_are_counted_and_listed_with_the_reason(open_page):
    app = open_page("about", report_states.made_up)
    assert words(app).count("**Images left out:** 1") == 3
    listed = [table.value for table in app.dataframe if "reason" in table.value.columns]
    assert [table["reason"][0] for table in listed] == ["the file ends early"] * 3
