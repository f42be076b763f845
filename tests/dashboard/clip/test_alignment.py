"""The page on alignment: every method, its labels, its ranks of retrieval and its difference."""

import re

import numpy as np

from dashboard.clip.alignment import methods_frame, tradeoff_chart
from store.schema.clip import alignment, prompts
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import captions, chart_tables


def test_the_labels_that_any_method_changed_can_be_seen_and_linked_to(open_page):
    contents = made_up_stores.make_contents("clip")
    methods = contents.arrays[alignment.METHOD].tolist()
    predicted = contents.arrays[alignment.ALIGNED_PREDICTED]
    predicted[:] = predicted[0]
    changed = (predicted[methods.index("mean_removal"), :7] + 1) % 10
    predicted[methods.index("mean_removal"), :7] = changed
    app = open_page("alignment", report_states.holding(contents), changed_by="means removed")
    assert not app.exception
    (picker,) = [box for box in app.selectbox if box.label == "From no alignment to"]
    assert picker.value == "means removed"
    assert "no alignment" not in picker.options

    def n_changed():
        return int(re.search(r"(\d+) of the 20 shown pictures", captions(app))[1])

    assert n_changed() == 7
    app = picker.set_value("Procrustes").run()
    assert n_changed() == 0


def test_the_table_of_methods_shows_every_rank_of_retrieval(open_page):
    contents = made_up_stores.make_contents("clip")
    stored = contents.arrays[alignment.ALIGNED_RETRIEVAL][..., 0]
    app = open_page("alignment", report_states.holding(contents))
    (table,) = [one.value for one in app.dataframe if "what it does" in one.value.columns]
    for column, title in enumerate(
        f"{way}, first {rank}" for way in ("image to text", "text to image") for rank in (1, 5, 10)
    ):
        np.testing.assert_allclose(table[title], stored[:, column], atol=1e-4)


def test_the_few_shot_curve_says_that_a_map_chooses_its_strength_on_all_select_images(open_page):
    contents = made_up_stores.make_contents("clip")
    n_select = int((contents.arrays[prompts.IMAGE_SPLIT] == 1).sum())
    words = f"by the labels of all {n_select} select images"
    assert words not in captions(open_page("alignment", report_states.holding(contents)))
    contents.arrays[alignment.SHOT_METHOD] = np.array(["procrustes", "procrustes_shrunk"])
    assert words in captions(open_page("alignment", report_states.holding(contents)))


def test_the_difference_that_each_method_makes_is_drawn_beside_no_alignment(open_page):
    contents = made_up_stores.make_contents("clip")
    roles = contents.arrays[alignment.METHOD_ROLE]
    stored = 100 * contents.arrays[alignment.ALIGNED_DIFFERENCE][roles == "method"]
    tables = chart_tables(
        open_page("alignment", report_states.holding(contents)), "minus that of no alignment"
    )
    (values,) = [table for table in tables if "value" in table]
    np.testing.assert_allclose(values[["value", "low", "high"]], stored, atol=1e-4)
    assert [table["at"].tolist() for table in tables if "at" in table] == [[0.0]]


def test_the_accuracy_of_alignment_ends_at_all_images():
    estimates = np.array([[0.9, 0.8, 0.95]])
    table = methods_frame(
        ["none"], ["baseline"], estimates, np.zeros(1), estimates, estimates, estimates
    )
    marks = tradeoff_chart(table, ["none"]).chart.to_dict()["layer"][0]
    assert marks["encoding"]["y"]["scale"]["domain"] == [0, 1]
