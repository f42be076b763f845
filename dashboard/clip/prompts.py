"""Prompts: accuracy by wording, and where two wordings disagree on the same images."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import encodings, intervals, original_report
from dashboard.charts.colours import BLUE, GREEN, INK, ORANGE, VERMILION, VIRIDIS
from dashboard.charts.figure import Figure
from dashboard.charts.intervals import interval_chart
from dashboard.clip import images, titles
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts, pickers
from store.schema.clip import layout, names, prompts

REPORTS_OWN = "the report's template"
ENSEMBLE, OF_A_LIST = "ensemble of a list", "template of a list"
MOST_CLASSES_DRAWN = 40
MOST_CLASSES_LABELLED = 12
COLOURS, SHAPES = (VERMILION, GREEN, BLUE), ("diamond", "square", "circle")  # of wordings
LEGEND: dict[str, Any] = {"columns": 1, "symbolOpacity": 1}
CELLS = titles.cell_titles("first", "second")


def strip(study: Study, wordings: list[str]) -> None:
    """Draw every wording with its Wilson interval, best first."""
    is_own = np.isin(np.arange(len(wordings)), list(images.own_wordings(study)))  # (wording,)
    is_ensemble = study.read(prompts.WORDING_ENSEMBLE) == 1
    kinds = np.where(is_ensemble, ENSEMBLE, np.where(is_own, REPORTS_OWN, OF_A_LIST)).tolist()
    accuracy, p_values = map(study.read, (prompts.ACCURACY, prompts.AGAINST_PHOTO_P_VALUE))
    order = (REPORTS_OWN, ENSEMBLE, OF_A_LIST)
    page_parts.figure(strip_chart, wordings, kinds, accuracy, p_values, order)
    st.caption("p values: exact McNemar against the photo template, Holm over all wordings.")


def named(study: Study, wordings: list[str], task: str) -> None:
    """Draw the report's templates, its own figures beside them, and the ensembles."""
    styles = study.read(prompts.STYLE).tolist()
    many = study.read(prompts.WORDING_ENSEMBLE)
    rows = [row for row in range(len(wordings)) if row in images.own_wordings(study) or many[row]]
    words = [styles[row].replace("_", " ") if many[row] else wordings[row] for row in rows]
    table = intervals.estimates_frame(words, study.read(prompts.ACCURACY)[rows])
    originals = original_report.PROMPT_ACCURACY
    table["original"] = [originals.get(styles[row], float("nan")) for row in rows]
    about = f"{task} accuracy of the report's templates and of ensembles, Wilson 95% intervals."
    page_parts.figure(accuracy_chart, table, about)
    st.caption(formatting.escaped(titles.diamonds_note(study.provenance)))
    note = study.provenance.preprocessing
    if "logit_scale" in note:
        gelu = "with" if note.get("quick_gelu") else "without"
        st.caption(f"Logit scale {float(note['logit_scale']):.2f}; network {gelu} QuickGELU.")


def pairs(study: Study) -> None:
    """Draw every compared pair of wordings: those with the photo template, and all in a table."""
    specs = (prompts.STYLE, prompts.PAIR, prompts.PAIR_COUNTS, prompts.PAIR_P_VALUE)
    table = pairs_frame(*map(study.read, specs))
    with_photo = table[(table[["first", "second"]] == names.PHOTO_STYLE).any(axis=1)]
    page_parts.figure(disagreement_chart, with_photo if len(with_photo) else table)
    table["p_value"] = [formatting.p_value(p) for p in table["p_value"]]
    table = table.rename(columns={"p_value": "p value, not adjusted"})
    figures.table(table, "Exact McNemar test of every pair of named wordings")


def pick_two(study: Study, wordings: list[str]) -> tuple[int, int]:
    """Draw two pickers of wordings; return their rows."""
    photo = wordings[images.wording_of(study, names.PHOTO_STYLE) or 0]
    left, right = st.columns(2)
    with left:
        first = pickers.pick("First wording", wordings, "first", default=photo)
    with right:
        second = pickers.pick("Second wording", wordings, "second", default=wordings[0])
    return wordings.index(first), wordings.index(second)


def two_by_two(study: Study, wordings: list[str], first: int, second: int) -> None:
    """Draw the 2 x 2 counts of two wordings, where they are stored."""
    photo = images.wording_of(study, names.PHOTO_STYLE)
    if photo not in (first, second) or first == second:
        st.caption("Counts are stored against the photo template; pick it on one side to see them.")
        return
    other = second if first == photo else first
    counts = study.read(prompts.AGAINST_PHOTO_COUNTS)[other].tolist()  # (cell,), photo first
    p = formatting.p_value(float(study.read(prompts.AGAINST_PHOTO_P_VALUE)[other]))
    table = {
        "": ["photo right", "photo wrong"],
        "other right": [counts[names.BOTH_RIGHT], counts[names.ONLY_SECOND_RIGHT]],
        "other wrong": [counts[names.ONLY_FIRST_RIGHT], counts[names.BOTH_WRONG]],
    }
    figures.table(table, "Scored images by which wording is right")
    note = f"photo against {wordings[other]}: {p}, exact McNemar after Holm."
    st.caption(formatting.escaped(note))


def by_class(study: Study, row: int, title: str) -> None:
    """Draw recall per class and the confusion matrix of one wording."""
    classes, recall = study.class_names, study.read(prompts.RECALL)[row]
    about = f"Share of each class labelled right with {title}, Wilson 95% intervals."
    page_parts.intervals(classes, recall, "recall", about, percent=True)
    confusion = confusion_frame(study.read(prompts.CONFUSION, row), classes)
    about = "Images by true class (row) and predicted class (column)."
    if len(classes) > MOST_CLASSES_DRAWN:
        figures.numbers(confusion, about)
    else:
        page_parts.figure(confusion_chart, confusion, classes, about)


# --- charts -------------------------------------------------------------------------------------


def accuracy_chart(frame: pd.DataFrame, about: str) -> Figure:
    """Return accuracy by prompt; hollow diamonds are the column `original`, where it has any."""
    ours = interval_chart(frame, "share of images labelled right", about, percent=True)
    known = frame.dropna(subset=["original"])
    if known.empty:
        return ours
    diamond = {"shape": "diamond", "size": 110, "color": ORANGE}
    marks = (
        alt.Chart(known)
        .mark_point(filled=False, strokeWidth=2, **diamond)
        .encode(
            x="original:Q",
            y=alt.Y("name:N", sort=list(frame["name"])),
            tooltip=["name:N", alt.Tooltip("original:Q", title="original report", format=".1%")],
        )
    )
    return Figure(alt.layer(ours.chart, marks), frame, about)


def strip_chart(
    wordings: Sequence[str],
    kinds: Sequence[str],
    accuracy: NDArray,  # (wordings, 3) value, low, high
    p_values: NDArray,  # (wordings,) against the photo template
    order: Sequence[str],  # of the kinds, the commonest last
) -> Figure:
    """Return every wording as a dot on its Wilson whisker, best on the left."""
    frame = pd.DataFrame({"wording": list(wordings), "kind": list(kinds)})
    frame[["value", "low", "high"]] = np.asarray(accuracy, float)
    frame["p_value"] = p_values
    frame = frame.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    frame = frame.assign(rank=np.arange(1, len(frame) + 1))
    title, domain = "rank of the wording, best first", [0, len(frame) + 1]
    base = alt.Chart(frame).encode(
        x=encodings.x("rank:Q", title, domain=domain, nice=False),
        color=encodings.colour("kind", dict(zip(order, COLOURS, strict=False)), **LEGEND),
        tooltip=[
            *("wording:N", "kind:N", *encodings.hover(".2%", "value", "low", "high")),
            *encodings.hover(".3f", p_value="p against photo"),
        ],
    )
    whiskers = base.mark_rule(opacity=0.45).encode(y="low:Q", y2="high:Q")
    dots = base.mark_point(filled=True, opacity=1).encode(
        y=encodings.y("value:Q", "share labelled right", ".1~%", zero=False),
        shape=encodings.shape("kind", dict(zip(order, SHAPES, strict=False)), **LEGEND),
        size=alt.condition(alt.datum.kind == order[-1], alt.value(28), alt.value(90)),
    )
    about = f"Accuracy of {len(frame)} wordings with Wilson 95% intervals, best first."
    return Figure((whiskers + dots).properties(height=320), frame, about)


def pairs_frame(
    styles: Sequence[str] | NDArray, pairs: NDArray, counts: NDArray, p_values: NDArray
) -> pd.DataFrame:
    """Return one row per compared pair: first, second, the four counts, p_value.

    pairs: (pairs, 2) rows of `styles`. counts: (pairs, 4), a column per cell.
    """
    frame = pd.DataFrame(np.array(styles, object)[pairs], columns=["first", "second"])
    return frame.assign(**{CELLS[c]: counts[:, c] for c in CELLS}, p_value=p_values)


def confusion_frame(confusion: NDArray, classes: Sequence[str]) -> pd.DataFrame:
    """Return one row per pair of classes, all or those that occur: true, predicted, images.

    confusion: (true class, predicted class).
    """
    n = len(classes)
    frame = pd.DataFrame({"true": np.repeat(list(classes), n), "predicted": np.tile(classes, n)})
    frame["images"] = confusion.ravel()
    return frame if n <= MOST_CLASSES_DRAWN else frame[frame["images"] > 0]


def confusion_chart(frame: pd.DataFrame, classes: Sequence[str], about: str) -> Figure:
    """Return a heat map of true against predicted class, readable up to MOST_CLASSES_DRAWN."""
    order, names_fit = list(classes), {"labelLimit": 110}
    across = {"labelAngle": -45} | names_fit
    cells = alt.Chart(frame).encode(
        x=encodings.x("predicted:N", "predicted class", axis=across).sort(order),
        y=encodings.y("true:N", "true class", axis=names_fit).sort(order),
        tooltip=["true:N", "predicted:N", "images:Q"],
    )
    shades = alt.Scale(range=list(VIRIDIS), domainMin=0)
    legend = alt.Legend(orient="bottom", gradientLength=220)
    colour = alt.Color("images:Q", title="images", scale=shades, legend=legend)
    layers: list[alt.Chart] = [cells.mark_rect().encode(color=colour)]
    if len(classes) <= MOST_CLASSES_LABELLED:
        middle = float(frame["images"].max()) / 2
        shade = alt.condition(alt.datum.images > middle, alt.value("#111"), alt.value("#eee"))
        numbers = cells.transform_filter(alt.datum.images > 0).mark_text(fontSize=11)
        layers.append(numbers.encode(text="images:Q", color=shade))
    return Figure(alt.layer(*layers).properties(height=440), frame, about)


def disagreement_chart(frame: pd.DataFrame) -> Figure:
    """Return, for each pair of a `pairs_frame`, the images that one wording alone labels right."""
    labelled = frame.assign(pair=frame["first"] + " ↔ " + frame["second"])
    parts = [
        labelled.assign(images=-labelled[CELLS[names.ONLY_FIRST_RIGHT]], right="only the first"),
        labelled.assign(images=labelled[CELLS[names.ONLY_SECOND_RIGHT]], right="only the second"),
    ]
    long = pd.concat(parts)
    long["count"] = long["images"].abs()
    one_sided, absolute = "images that only one wording labels right", "abs(datum.value)"
    colours = {"only the first": BLUE, "only the second": ORANGE}
    bars = (
        alt.Chart(long)
        .mark_bar()
        .encode(
            x=encodings.x("images:Q", one_sided, axis={"labelExpr": absolute}),
            y=encodings.y("pair:N", None, axis={"labelLimit": 210}).sort(None),
            color=encodings.colour("right", colours, columns=1),
            tooltip=["pair:N", "right:N", "count:Q"],
        )
    )
    zero = alt.Chart(pd.DataFrame({"images": [0]})).mark_rule(color=INK).encode(x="images:Q")
    chart = (bars + zero).properties(height=max(44 * len(frame), 80))
    return Figure(chart, frame, "Images that only one of two wordings labels right, by pair.")


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("prompts", "Does the wording of the prompt matter?")
    task = titles.prompt_task(study.provenance)
    wordings = [formatting.template_title(text) for text in study.read(prompts.WORDING).tolist()]

    st.subheader("Every wording, best first", anchor=False)
    st.caption(formatting.escaped(titles.task_note(study.provenance)))
    strip(study, wordings)

    question = f"{task.capitalize()} accuracy: the report's wordings and the ensembles"
    st.subheader(question, anchor=False)
    named(study, wordings, task)

    st.subheader("Do two wordings err on the same images?", anchor=False)
    st.caption("Only images that one wording gets right and the other wrong can tell them apart.")
    pairs(study)

    st.subheader("One wording against another, image by image", anchor=False)
    first, second = pick_two(study, wordings)
    two_by_two(study, wordings, first, second)
    rows = study.read(layout.SHOWN_IMAGE)
    before, after = (study.read(prompts.PREDICTED, wording)[rows] for wording in (first, second))
    images.flipped(study, before, after)

    st.subheader("Which classes are mistaken for which?", anchor=False)
    wording = wordings.index(pickers.pick("Wording", wordings, "template"))
    by_class(study, wording, wordings[wording])


if __name__ == "__main__":
    main()
