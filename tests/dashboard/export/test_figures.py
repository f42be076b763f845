"""Tables of the exported report."""

import pandas as pd
import pytest

from dashboard.export import figures


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_text_in_a_csv_is_no_formula(text):
    rows = figures.table_as_csv(pd.DataFrame({"text": [text], "value": [-1.5]})).splitlines()
    assert rows[1].strip('"').startswith("'")
    assert rows[1].endswith("-1.5")  # a number stays one


def test_a_long_table_is_cut_on_the_page_and_whole_in_its_csv():
    table = pd.DataFrame({"row": range(500)})
    html = figures.table_as_html(table, "long", "Many rows")
    assert html.count("<tr>") == 1 + figures.MOST_ROWS
    assert f"The first {figures.MOST_ROWS} of 500 rows" in html
    assert len(figures.table_as_csv(table).splitlines()) == 501
