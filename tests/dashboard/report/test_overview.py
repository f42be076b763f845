"""The overview: the verdicts, as the stores give them."""

from tests.support import report_states
from tests.support.opened_pages import words


def test_the_overview_counts_verdicts_as_the_stores_give_them(open_page):
    text = words(open_page("overview", report_states.committed))
    counted = [word for word in ("supported", "refuted", "undecided") if f" {word}" in text]
    assert counted == ["supported", "refuted", "undecided"]
    assert "10 claims tested" in text
