"""The page on masking: which masks its sentence and its charts count."""

from tests.support import report_states
from tests.support.opened_pages import chart_tables, words


def test_the_sentence_on_fills_and_the_chart_below_it_count_different_masks(page_of):
    text = words(page_of("masking", report_states.committed))
    assert "Tokens dropped: mean over 4 masks; the sentence counts the mask that all" in text
    assert text.count("the sentence counts the mask") == 1


def test_a_block_against_patches_all_over_is_a_difference_in_points(page_of):
    app = page_of("masking", report_states.committed)
    tables = chart_tables(app, "Survival under a block anywhere")
    table = next(table for table in tables if "low" in table)
    assert table["value"].min() < -5  # a share would be above -1
