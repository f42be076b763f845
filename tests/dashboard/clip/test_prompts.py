"""The page on prompts: wordings in order, pairs in full, and what is said of the model."""

from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from dashboard import navigation
from dashboard.clip import prompts, titles
from tests.support import made_up_stores, report_states


def test_the_strip_ranks_wordings_by_accuracy():
    accuracy = np.array([[0.8, 0.7, 0.9], [0.9, 0.8, 0.95]])
    p_values = np.array([0.1, np.nan])
    frame = prompts.strip_chart(["a", "b"], ["x", "y"], accuracy, p_values, ["x", "y"]).numbers
    assert frame["wording"].tolist() == ["b", "a"]
    assert frame["rank"].tolist() == [1, 2]
    assert frame["p_value"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("model", "dataset", "words"),
    [
        ("ViT-B-32-quickgelu/openai", "STL10 train and test", "the same model on the same data"),
        ("ViT-L-14-quickgelu/openai", "STL10 train and test", "another model on the same data"),
        ("ViT-B-32/laion2b_s34b_b79k", "my-photographs", "another model on another data"),
        ("ViT-B-32-quickgelu/openai", "my-photographs", "the same model on another data"),
    ],
)
def test_the_originals_figures_are_said_to_be_of_another_model_only_where_they_are(
    model, dataset, words
):
    made = replace(made_up_stores.make_contents("clip").provenance, model=model, dataset=dataset)
    note = titles.diamonds_note(made)
    assert f"from {words} set." in note
    assert ("not their height" in note) == ("another" in words)


def test_what_a_page_says_of_its_model_holds_for_any():
    provenance = replace(
        made_up_stores.make_contents("clip").provenance, preprocessing={"seen_class_names": True}
    )
    assert "small model" not in titles.task_note(provenance)
    assert "ninety" not in navigation.PAGES["prompts"].method.read_text()


def test_a_pairs_p_value_is_said_not_to_be_adjusted(open_page):
    app = open_page("prompts", report_states.made_up)
    (table,) = [one.value for one in app.dataframe if "both wrong" in one.value.columns][-1:]
    assert "p value, not adjusted" in table.columns


def test_the_names_of_pairs_are_written_in_full():
    names = ["photo", "ensemble clip_benchmark"]
    frame = prompts.pairs_frame(
        names, np.array([[0, 1]]), np.array([[80, 5, 4, 11]]), np.array([0.5])
    )
    chart = prompts.disagreement_chart(frame).wide.properties(width=500)
    assert "photo ↔ ensemble clip_benchmark</text>" in vl_convert.vegalite_to_svg(chart.to_dict())
