"""The prompt study's figures, from the store to the screen."""

import streamlit as st

from dashboard.charts import intervals, original_report
from dashboard.clip.prompts import charts as charts
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, pickers
from dashboard.ui import page as ui_page
from store.schema.clip import prompts

KINDS = ("the report's template", "ensemble of a list", "template of a list")


def strip(study: Study, wordings: list[str]) -> None:
    """Draw every wording with its Wilson interval, best first."""
    own, many = own_wordings(study), study.read(prompts.WORDING_ENSEMBLE)
    kinds = [
        KINDS[1] if many[row] else KINDS[0] if row in own else KINDS[2]
        for row in range(len(wordings))
    ]
    table = charts.strip_frame(
        wordings, kinds, study.read(prompts.ACCURACY), study.read(prompts.AGAINST_PHOTO_P_VALUE)
    )
    ui_page.show(study, charts.strip_chart, table, KINDS)
    st.caption("p values: exact McNemar against the photo template, Holm over all wordings.")


def named(study: Study, wordings: list[str], task: str) -> None:
    """Draw the report's templates, its own figures beside them, and the ensembles."""
    styles = study.read(prompts.STYLE).tolist()
    many = study.read(prompts.WORDING_ENSEMBLE)
    rows = [row for row in range(len(wordings)) if row in own_wordings(study) or many[row]]
    table = intervals.estimates_frame(
        [styles[row].replace("_", " ") if many[row] else wordings[row] for row in rows],
        study.read(prompts.ACCURACY)[rows],
    )
    table["original"] = [
        original_report.PROMPT_ACCURACY.get(styles[row], float("nan")) for row in rows
    ]
    about = f"{task} accuracy of the report's templates and of ensembles, Wilson 95 % intervals."
    ui_page.show(study, charts.accuracy_chart, table, about)
    st.caption(formatting.escaped(formatting.diamonds_note(study.provenance)))
    note = study.provenance.preprocessing
    if "logit_scale" in note:
        gelu = "with" if note.get("quick_gelu") else "without"
        st.caption(f"Logit scale {float(note['logit_scale']):.2f}; network {gelu} QuickGELU.")


def pick_two(wordings: list[str], styles: list[str]) -> tuple[int, int]:
    """Draw two pickers of wordings; return their rows."""
    photo = wordings[styles.index("photo")] if "photo" in styles else wordings[0]
    left, right = st.columns(2)
    with left:
        first = pickers.pick("First wording", wordings, "first", default=photo)
    with right:
        second = pickers.pick("Second wording", wordings, "second", default=wordings[0])
    return wordings.index(first), wordings.index(second)


def two_by_two(
    study: Study, wordings: list[str], first: int, second: int, styles: list[str]
) -> None:
    """Draw the 2 x 2 counts of two wordings, where they are stored."""
    if "photo" not in styles or styles.index("photo") not in (first, second) or first == second:
        st.caption("Counts are stored against the photo template; pick it on one side to see them.")
        return
    other = second if styles[first] == "photo" else first
    both, photo, rival, neither = study.read(prompts.AGAINST_PHOTO_COUNTS)[other].tolist()
    p = formatting.p_value(float(study.read(prompts.AGAINST_PHOTO_P_VALUE)[other]))
    table = {
        "": ["photo right", "photo wrong"],
        "other right": [both, rival],
        "other wrong": [photo, neither],
    }
    st.dataframe(table, hide_index=True, alt="Scored images by which wording is right")
    st.caption(
        formatting.escaped(f"photo against {wordings[other]}: {p}, exact McNemar after Holm.")
    )


def by_class(study: Study, row: int, title: str) -> None:
    """Draw recall per class and the confusion matrix of one wording."""
    names = study.class_names
    recall = intervals.estimates_frame(names, study.read(prompts.RECALL)[row])
    about = f"Share of each class labelled right with {title}, Wilson 95 % intervals."
    ui_page.show(study, intervals.interval_chart, recall, "recall", about, percent=True)
    confusion = charts.confusion_frame(study.read(prompts.CONFUSION, row), names)
    about = "Images by true class (row) and predicted class (column)."
    if len(names) > charts.MOST_CLASSES_DRAWN:
        figures.numbers(confusion, about)
    else:
        ui_page.show(study, charts.confusion_chart, confusion, names, about)


def own_wordings(study: Study) -> set[int]:
    """Return the rows of the settings' own templates."""
    lists = study.read(prompts.TEMPLATE_LIST).tolist()
    if "own" not in lists:
        return set()
    return set(study.read(prompts.TEMPLATE_MEMBER)[lists.index("own")].nonzero()[0].tolist())
