"""The alignment study's figures, from the store to the screen."""

import pandas as pd
import streamlit as st

from dashboard.charts import intervals
from dashboard.clip import shown_images
from dashboard.clip.alignment import charts
from dashboard.loaders import Study
from dashboard.ui import formatting, pickers
from dashboard.ui import page as ui_page
from store.schema.clip import alignment, prompts

NAMED = ("none", "procrustes", "mean_removal", "procrustes_shuffled")
SHRUNK, SELECT = "procrustes_shrunk", 1  # a method, and a part of the split, as stores name them
RETRIEVALS = tuple(  # as stores keep them
    f"{way}_{rank}" for way in ("image_to_text", "text_to_image") for rank in (1, 5, 10)
)
MEASURES = {
    "accuracy": (alignment.ALIGNED_ACCURACY, "share of held-out images labelled right"),
    "other templates": (
        alignment.ALIGNED_OTHER_TEMPLATES,
        "share right with templates not fitted on",
    ),
    "unseen classes": (
        alignment.ALIGNED_UNSEEN,
        "share right among classes left out of the fit",
    ),
    "unseen among all": (
        alignment.ALIGNED_UNSEEN_ALL,
        "share right, classes left out, all to choose",
    ),
}


def titles(study: Study) -> list[str]:
    """Return the reader's word for each method."""
    return [
        formatting.titled(name, formatting.METHOD_TITLES) for name in study.read(alignment.METHOD)
    ]


def controls(study: Study) -> list[str]:
    """Return the titles of the controls."""
    roles = study.read(alignment.METHOD_ROLE)
    return [title for title, role in zip(titles(study), roles, strict=True) if role == "control"]


def three_axes(study: Study) -> None:
    """Draw accuracy against gap, and the table of gap, cosine and score."""
    table = charts.methods_frame(
        titles(study),
        study.read(alignment.METHOD_ROLE).tolist(),
        study.read(alignment.ALIGNED_GAP),
        study.read(alignment.ALIGNED_FLOOR),
        study.read(alignment.ALIGNED_COSINE),
        study.read(alignment.ALIGNED_ACCURACY),
        study.read(alignment.ALIGNED_DIFFERENCE),
    )
    named = [formatting.titled(name, formatting.METHOD_TITLES) for name in NAMED]
    ui_page.show(study, charts.tradeoff_chart, table, named)
    retrieval = study.read(alignment.ALIGNED_RETRIEVAL)[..., 0]
    for name, column in zip(RETRIEVALS, retrieval.T, strict=True):
        table[formatting.METRIC_TITLES[name]] = column
    table["told apart by a plane"] = study.read(alignment.ALIGNED_SEPARABILITY)
    p_values = study.read(alignment.ALIGNED_ADJUSTED_P)
    table["McNemar, Holm"] = [formatting.p_value(float(p)) for p in p_values]
    if study.has(alignment.METHOD_SETTING):  # older stores have none
        table["setting chosen"] = study.read(alignment.METHOD_SETTING)
    table["what it does"] = study.read(alignment.METHOD_ABOUT).tolist()
    st.dataframe(table.round(4), hide_index=True, alt="Gap, cosine and score of every method")


def differences(study: Study) -> None:
    """Draw how many more images each method labels right than no alignment does."""
    kept = study.read(alignment.METHOD_ROLE) == "method"
    names = [title for title, drawn in zip(titles(study), kept, strict=True) if drawn]
    points = 100 * study.read(alignment.ALIGNED_DIFFERENCE)[kept]
    table = intervals.estimates_frame(names, points)
    axis = "difference from no alignment, points"
    about = "Held-out accuracy of every method minus that of no alignment, with 95 % intervals."
    marks = [(0.0, "no alignment")]
    ui_page.show(study, intervals.interval_chart, table, axis, about, marks=marks)


def beyond_the_fit(study: Study) -> None:
    """Draw one measure of every method: on what was fitted, and on what was not."""
    measure = pickers.pick("Measured on", list(MEASURES), "measure", default="unseen classes")
    spec, axis = MEASURES[measure]
    values = intervals.estimates_frame(titles(study), study.read(spec))
    about, others = f"{axis}, by method.", controls(study)
    ui_page.show(
        study, intervals.interval_chart, values, axis, about, controls=others, percent=True
    )


def few_shots(study: Study) -> None:
    """Draw accuracy against images per class, and say where each method passes no map."""
    names = [
        formatting.titled(name, formatting.METHOD_TITLES)
        for name in study.read(alignment.SHOT_METHOD)
    ]
    per_class = study.read(alignment.SHOTS).tolist()
    none = study.row(alignment.METHOD, "none")
    line = float(study.read(alignment.ALIGNED_ACCURACY)[none, 0])
    table = charts.shots_frame(names, per_class, study.read(alignment.SHOT_ACCURACY))
    ui_page.show(study, charts.shots_chart, table, line)
    reached = [
        f"{name}, {f'from {int(crossing):,} images per class on' if crossing > 0 else 'never'}"
        for name, crossing in zip(names, study.read(alignment.SHOT_CROSSING), strict=True)
    ]
    said = (
        f"Bars: lowest and highest of {study.size('draw')} draws of the fit images. "
        f"As good as no map: {'; '.join(reached)}."
    )
    if SHRUNK in study.read(alignment.SHOT_METHOD):
        n_select = int((study.read(prompts.IMAGE_SPLIT) == SELECT).sum())
        said += (
            f" {formatting.METHOD_TITLES[SHRUNK]}, chooses its strength by the labels of all "
            f"{n_select:,} select images, however few it is fitted on."
        )
    st.caption(formatting.escaped(said))


def flips_by_method(study: Study) -> None:
    """Draw the 2 x 2 counts of every method against no alignment."""
    counts = charts.counts_frame(
        titles(study),
        study.read(alignment.ALIGNED_COUNTS),
        study.read(alignment.ALIGNED_P_VALUE),
    )
    counts["p_value"] = [formatting.p_value(p) for p in counts["p_value"]]
    st.dataframe(
        counts.rename(columns={"p_value": "p value"}),
        hide_index=True,
        alt="Held-out images right before and after each method",
    )
    st.caption("Against no alignment, on the same held-out images; exact McNemar p-values.")
    ui_page.source(study)


def flipped_by(study: Study) -> None:
    """Draw a picker of methods, and the shown pictures whose label the chosen one changes."""
    methods = study.read(alignment.METHOD).tolist()
    chosen = pickers.pick(
        "From no alignment to",
        [name for name in methods if name != "none"],
        "changed_by",
        title=lambda name: formatting.titled(name, formatting.METHOD_TITLES),
        default="procrustes",
    )
    before, after = (
        study.read(alignment.ALIGNED_PREDICTED, methods.index(name)) for name in ("none", chosen)
    )
    shown_images.flipped(study, before, after)


def sweep(study: Study) -> None:
    """Draw loss and accuracy as both sides are moved along the gap."""
    table = pd.DataFrame(
        {
            "step": study.read(alignment.SHIFT_STEP),
            "gap": study.read(alignment.SHIFT_GAP),
            "accuracy": study.read(alignment.SHIFT_ACCURACY),
            "loss": study.read(alignment.SHIFT_LOSS),
        }
    )
    st.caption(
        "At 0 nothing moves, at 0.5 the two means meet. The loss is contrastive, over the classes' "
        "prompts, at the model's own logit scale."
    )
    ui_page.show(study, charts.sweep_chart, table)
