"""Alignment: what an orthogonal map that closes the gap does to the labels."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import encodings, lines
from dashboard.charts.colours import BLUE, GREEN, INK, ORANGE
from dashboard.charts.figure import Figure
from dashboard.clip import images, layouts, titles
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts, pickers
from store.schema.clip import alignment, layout, names, prompts

# Methods whose title stands beside their mark.
NAMED = (names.NONE, names.PROCRUSTES, names.MEAN_REMOVAL, names.PROCRUSTES_SHUFFLED)
CELLS = titles.cell_titles("before", "after")
UNSEEN = "unseen classes"
AXES = {
    "accuracy": "share of held-out images labelled right",
    "other templates": "share right with templates not fitted on",
    UNSEEN: "share right among classes left out of the fit",
    "unseen among all": "share right, classes left out, all to choose",
}
MEASURED = (  # in the order of the axes
    *(alignment.ALIGNED_ACCURACY, alignment.ALIGNED_OTHER_TEMPLATES),
    *(alignment.ALIGNED_UNSEEN, alignment.ALIGNED_UNSEEN_ALL),
)
OF_METHODS = (  # what `methods_frame` is made of
    *(alignment.ALIGNED_GAP, alignment.ALIGNED_FLOOR, alignment.ALIGNED_COSINE),
    *(alignment.ALIGNED_ACCURACY, alignment.ALIGNED_DIFFERENCE),
)
PER_CLASS = "images per class"
EXTREMES = ("lowest", "highest")  # of the draws
MARKS = {  # role -> colour and shape
    names.METHOD_ROLE: (BLUE, "circle"),
    names.CONTROL_ROLE: (ORANGE, "diamond"),
    names.BASELINE_ROLE: (GREEN, "square"),
}


def method_titles(study: Study) -> list[str]:
    """Return the reader's word for each method."""
    return [titles.method_title(method) for method in study.read(alignment.METHOD)]


def three_axes(study: Study) -> None:
    """Draw accuracy against gap, and the table of gap, cosine and score."""
    roles = study.read(alignment.METHOD_ROLE).tolist()
    table = methods_frame(method_titles(study), roles, *map(study.read, OF_METHODS))
    named = [titles.method_title(method) for method in NAMED]
    page_parts.figure(tradeoff_chart, table, named)
    retrieval = study.read(alignment.ALIGNED_RETRIEVAL)[..., 0]
    for name, column in zip(names.RETRIEVALS, retrieval.T, strict=True):
        table[titles.METRIC_TITLES[name]] = column
    table[titles.METRIC_TITLES[names.SEPARABILITY]] = study.read(alignment.ALIGNED_SEPARABILITY)
    p_values = study.read(alignment.ALIGNED_ADJUSTED_P)
    table["McNemar, Holm"] = [formatting.p_value(float(p)) for p in p_values]
    if study.has(alignment.METHOD_SETTING):  # older stores have none
        table["setting chosen"] = study.read(alignment.METHOD_SETTING)
    table["what it does"] = study.read(alignment.METHOD_ABOUT).tolist()
    figures.table(table.round(4), "Gap, cosine and score of every method")


def before_and_after(study: Study) -> None:
    """Draw the accuracy without a map, with it, and with that fitted on shuffled pairs."""
    rows = [study.row(alignment.METHOD, name) for name in names.STATES]
    accuracy = study.read(alignment.ALIGNED_ACCURACY)[rows]
    states = [formatting.titled(name, titles.STATE_TITLES) for name in names.STATES]
    axis, about = "held-out images labelled right", "Accuracy before, after and with the control."
    controls = [titles.STATE_TITLES[names.PROCRUSTES_SHUFFLED]]
    options = {"controls": controls, "percent": True, "zero": True}
    page_parts.intervals(states, accuracy, axis, about, **options)


def differences(study: Study) -> None:
    """Draw how many more images each method labels right than no alignment does."""
    ours = study.read(alignment.METHOD_ROLE) == names.METHOD_ROLE  # (method,)
    points = 100 * study.read(alignment.ALIGNED_DIFFERENCE)[ours]
    axis, marks = "difference from no alignment, points", [(0.0, "no alignment")]
    about = "Held-out accuracy of every method minus that of no alignment, with 95% intervals."
    methods = np.array(method_titles(study))[ours].tolist()
    page_parts.intervals(methods, points, axis, about, marks=marks)


def beyond_the_fit(study: Study) -> None:
    """Draw one measure of every method: on what was fitted, and on what was not."""
    measures = list(AXES)
    measure = pickers.pick("Measured on", measures, "measure", default=UNSEEN)
    axis, values = AXES[measure], study.read(MEASURED[measures.index(measure)])
    every = method_titles(study)
    is_control = study.read(alignment.METHOD_ROLE) == names.CONTROL_ROLE  # (method,)
    controls, about = np.array(every)[is_control].tolist(), f"{axis}, by method."
    page_parts.intervals(every, values, axis, about, controls=controls, percent=True)


def few_shots(study: Study) -> None:
    """Draw accuracy against images per class, and say where each method passes no map."""
    methods = study.read(alignment.SHOT_METHOD).tolist()
    fitted = [titles.method_title(method) for method in methods]
    per_class = study.read(alignment.SHOTS).tolist()
    without = study.row(alignment.METHOD, names.NONE)
    line = float(study.read(alignment.ALIGNED_ACCURACY)[without, 0])
    accuracy = study.read(alignment.SHOT_ACCURACY)
    page_parts.figure(shots_chart, fitted, per_class, accuracy, line)
    reached = [
        f"{name}, {f'from {int(crossing):,} images per class on' if crossing > 0 else 'never'}"
        for name, crossing in zip(fitted, study.read(alignment.SHOT_CROSSING), strict=True)
    ]
    words = (
        f"Bars: lowest and highest of {study.size('draw')} draws of the fit images. "
        f"As good as no map: {'; '.join(reached)}."
    )
    if names.PROCRUSTES_SHRUNK in methods:
        n_select = int((study.read(prompts.IMAGE_SPLIT) == names.SELECT).sum())
        shrunk = titles.method_title(names.PROCRUSTES_SHRUNK)
        words += (
            f" {shrunk}, chooses its strength by the labels of all {n_select:,} select images, "
            f"however few it is fitted on."
        )
    st.caption(formatting.escaped(words))


def flips_by_method(study: Study) -> None:
    """Draw the 2 x 2 counts of every method against no alignment."""
    counts = study.read(alignment.ALIGNED_COUNTS)  # (method, cell)
    p_values = study.read(alignment.ALIGNED_P_VALUE).tolist()
    table = {"method": method_titles(study)}
    table |= {title: counts[:, cell] for cell, title in CELLS.items()}
    table["p value"] = [formatting.p_value(p) for p in p_values]
    figures.table(pd.DataFrame(table), "Held-out images right before and after each method")
    st.caption("Against no alignment, on the same held-out images; exact McNemar p-values.")


def flipped_by(study: Study) -> None:
    """Draw a picker of methods, and the shown pictures whose label the chosen one changes."""
    others = [name for name in study.read(alignment.METHOD).tolist() if name != names.NONE]
    label, usual = "From no alignment to", names.PROCRUSTES
    chosen = pickers.pick(label, others, "changed_by", title=titles.method_title, default=usual)
    rows = (study.row(alignment.METHOD, method) for method in (names.NONE, chosen))
    images.flipped(study, *(study.read(alignment.ALIGNED_PREDICTED, row) for row in rows))


def sweep(study: Study) -> None:
    """Draw loss and accuracy as both sides are moved along the gap."""
    moved = {"step": study.read(alignment.SHIFT_STEP), "gap": study.read(alignment.SHIFT_GAP)}
    moved["accuracy"] = study.read(alignment.SHIFT_ACCURACY)
    table = pd.DataFrame(moved | {"loss": study.read(alignment.SHIFT_LOSS)})
    st.caption(
        "At 0 nothing moves, at 0.5 the two means meet. The loss is contrastive, over the classes' "
        "prompts, at the model's own logit scale."
    )
    page_parts.figure(sweep_chart, table)


# --- charts -------------------------------------------------------------------------------------


def methods_frame(
    titles: Sequence[str],
    roles: Sequence[str],
    gap: NDArray,  # (methods, 3) value, low, high, as those below
    floor: NDArray,  # (methods,)
    cosine: NDArray,
    accuracy: NDArray,
    difference: NDArray,
) -> pd.DataFrame:
    """Return one row per method: its role, gap, floor, matched cosine, accuracy and difference."""
    frame = pd.DataFrame({"method": list(titles), "role": list(roles), "gap": gap[:, 0]})
    frame["floor"], frame["matched cosine"] = floor, cosine[:, 0]
    for title, values in (("accuracy", accuracy), ("difference", difference)):
        frame[[title, f"{title} low", f"{title} high"]] = values
    return frame


def tradeoff_chart(frame: pd.DataFrame, named: Sequence[str]) -> Figure:
    """Return accuracy against gap of a `methods_frame`, a mark each; its size is matched cosine."""
    base = alt.Chart(frame.dropna(subset=["gap"])).encode(
        x=encodings.x("gap:Q", "gap distance, held out", zero=True, nice=True),
        y=encodings.y("accuracy:Q", "share labelled right", ".0%", domain=[0, 1], nice=False),
    )
    sizes = alt.Scale(domain=[0, 1], range=[40, 400])
    hover = encodings.hover(".3f", "gap", "matched cosine", "accuracy")
    marks = base.mark_point(filled=True, opacity=0.85).encode(
        color=encodings.colour("role", {role: colour for role, (colour, _) in MARKS.items()}),
        shape=encodings.shape("role", {role: shape for role, (_, shape) in MARKS.items()}),
        size=alt.Size("matched cosine:Q", scale=sizes, legend=None),
        tooltip=["method:N", "role:N", *hover],
    )
    words = [
        base.transform_filter(alt.FieldOneOfPredicate("method", list(some)))
        .mark_text(align="left", dx=11, dy=dy, color=INK, fontSize=12)
        .encode(text="method:N")
        for some, dy in ((named[::2], -15), (named[1::2], 15))  # in turns, as methods lie near
    ]
    about = "Held-out accuracy against gap distance of every method, control and baseline."
    return Figure(alt.layer(marks, *words).properties(height=360), frame, about)


def shots_chart(
    titles: Sequence[str], per_class: Sequence[int], accuracy: NDArray, level: float
) -> Figure:
    """Return accuracy, (methods, shots, 3) mean and EXTREMES, with the level of no map."""
    by_method = dict(zip(titles, accuracy, strict=True))
    frame = lines.lines_frame("method", PER_CLASS, per_class, by_method, ("mean", *EXTREMES))
    frame = frame.astype(dict.fromkeys(("mean", *EXTREMES), accuracy.dtype))  # as many digits
    axis = "share labelled right"
    ticks = {"values": sorted(set(frame[PER_CLASS])), "grid": False}
    return lines.line_chart(
        frame,
        "method",
        encodings.x(f"{PER_CLASS}:Q", PER_CLASS, axis=ticks, type="log"),
        encodings.y("mean:Q", axis, ".0%", zero=False),
        "Held-out accuracy of maps fitted on few images per class.",
        detail=".1%",
        spread="whiskers",
        ends=EXTREMES,
        behind=lines.level_rules([(level, f"no map {level:.1%}")], axis),
    )


def sweep_chart(frame: pd.DataFrame) -> Figure:
    """Return step, gap, accuracy and loss as both modalities are moved along the gap."""
    y, title = ("loss", "contrastive loss, nat")
    if frame["loss"].isna().all():
        y, title = ("accuracy", "share labelled right")
    chart = alt.Chart(frame).encode(
        x=encodings.x("step:Q", "share of the gap that each side is moved by"),
        y=encodings.y(f"{y}:Q", title, zero=False),
        tooltip=encodings.hover(".3f", "step", "gap", "accuracy") + encodings.hover(".4f", "loss"),
    )
    chart = chart.mark_line(point=True, color=BLUE)
    none = alt.Chart(pd.DataFrame({"step": [0.0]})).mark_rule(strokeDash=[4, 3], color=INK)
    about = "Loss on held-out images as images and texts are moved along the gap vector."
    return Figure((chart + none.encode(x="step:Q")).properties(height=240), frame, about)


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("alignment", "What is closing the gap worth?")
    fit, held_out = int(study.read(alignment.N_FIT)), int(study.read(alignment.N_HELD_OUT))

    st.subheader("What does the map move?", anchor=False)
    layouts.morph(study)
    before_and_after(study)

    st.subheader("Before, after, and the control", anchor=False)
    st.caption(
        "The control is the same map fitted on shuffled pairs: it moves images onto texts as well. "
        "Hover to find an image in each panel, click to keep it."
    )
    chosen, _ = layouts.linked_layout(study, study.read(layout.STATE).tolist(), "aligned_layout")
    images.neighbours(study, chosen)

    methods, beyond, shots, flips, along = st.tabs(
        ["Every method", "Beyond the fit", "How many labels", "Image by image", "Along the gap"]
    )
    with methods:
        st.subheader("Does any map label more images right?", anchor=False)
        st.caption(f"On {held_out:,} held-out images, the same for every method; 95% intervals.")
        differences(study)
        st.subheader("Gap, cosine and score, method by method", anchor=False)
        st.caption(
            f"Maps are fitted on {fit:,} images and judged on {held_out:,} others. Controls learn "
            f"nothing true: what they reach owes nothing to meaning. Larger marks have a higher "
            f"matched cosine."
        )
        three_axes(study)
    with beyond:
        st.subheader("What is left beyond the fit?", anchor=False)
        beyond_the_fit(study)
    with shots:
        st.subheader("How many labelled images does it take?", anchor=False)
        few_shots(study)
    with flips:
        st.subheader("Which images did each method win or lose?", anchor=False)
        flips_by_method(study)
        st.subheader("Whose label changed?", anchor=False)
        flipped_by(study)
    with along:
        st.subheader("What does moving along the gap cost?", anchor=False)
        sweep(study)


if __name__ == "__main__":
    main()
