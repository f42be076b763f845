"""The alignment study's figures, from the store to the screen."""

import pandas as pd
import streamlit as st

from dashboard import frame, pickers, shown, wording
from dashboard.charts import alignment, intervals
from dashboard.loaders import Study
from store.schema import clip, clip_alignment

NAMED = ("none", "procrustes", "mean_removal", "procrustes_shuffled")
SHRUNK, SELECT = "procrustes_shrunk", 1  # a method, and a part of the split, as stores name them
RETRIEVALS = tuple(  # as stores keep them
    f"{way}_{rank}" for way in ("image_to_text", "text_to_image") for rank in (1, 5, 10)
)
MEASURES = {
    "accuracy": (clip_alignment.ALIGNED_ACCURACY, "share of held-out images labelled right"),
    "other templates": (
        clip_alignment.ALIGNED_OTHER_TEMPLATES,
        "share right with templates not fitted on",
    ),
    "unseen classes": (
        clip_alignment.ALIGNED_UNSEEN,
        "share right among classes left out of the fit",
    ),
    "unseen among all": (
        clip_alignment.ALIGNED_UNSEEN_ALL,
        "share right, classes left out, all to choose",
    ),
}


def titles(study: Study) -> list[str]:
    """Return the reader's word for each method."""
    return [
        wording.titled(name, wording.METHOD_TITLES) for name in study.read(clip_alignment.METHOD)
    ]


def controls(study: Study) -> list[str]:
    """Return the titles of the controls."""
    roles = study.read(clip_alignment.METHOD_ROLE)
    return [title for title, role in zip(titles(study), roles, strict=True) if role == "control"]


def three_axes(study: Study) -> None:
    """Draw accuracy against gap, and the table of gap, cosine and score."""
    table = alignment.methods_frame(
        titles(study),
        study.read(clip_alignment.METHOD_ROLE).tolist(),
        study.read(clip_alignment.ALIGNED_GAP),
        study.read(clip_alignment.ALIGNED_FLOOR),
        study.read(clip_alignment.ALIGNED_COSINE),
        study.read(clip_alignment.ALIGNED_ACCURACY),
        study.read(clip_alignment.ALIGNED_DIFFERENCE),
    )
    named = [wording.titled(name, wording.METHOD_TITLES) for name in NAMED]
    frame.show(study, alignment.tradeoff_chart, table, named)
    retrieval = study.read(clip_alignment.ALIGNED_RETRIEVAL)[..., 0]
    for name, column in zip(RETRIEVALS, retrieval.T, strict=True):
        table[wording.METRIC_TITLES[name]] = column
    table["told apart by a plane"] = study.read(clip_alignment.ALIGNED_SEPARABILITY)
    p_values = study.read(clip_alignment.ALIGNED_ADJUSTED_P)
    table["McNemar, Holm"] = [wording.p_value(float(p)) for p in p_values]
    if study.has(clip_alignment.METHOD_SETTING):  # older stores have none
        table["setting chosen"] = study.read(clip_alignment.METHOD_SETTING)
    table["what it does"] = study.read(clip_alignment.METHOD_ABOUT).tolist()
    st.dataframe(table.round(4), hide_index=True, alt="Gap, cosine and score of every method")


def differences(study: Study) -> None:
    """Draw how many more images each method labels right than no alignment does."""
    kept = study.read(clip_alignment.METHOD_ROLE) == "method"
    names = [title for title, drawn in zip(titles(study), kept, strict=True) if drawn]
    points = 100 * study.read(clip_alignment.ALIGNED_DIFFERENCE)[kept]
    table = intervals.estimates_frame(names, points)
    axis = "difference from no alignment, points"
    about = "Held-out accuracy of every method minus that of no alignment, with 95 % intervals."
    marks = [(0.0, "no alignment")]
    frame.show(study, intervals.interval_chart, table, axis, about, marks=marks)


def beyond_the_fit(study: Study) -> None:
    """Draw one measure of every method: on what was fitted, and on what was not."""
    measure = pickers.pick("Measured on", list(MEASURES), "measure", default="unseen classes")
    spec, axis = MEASURES[measure]
    values = intervals.estimates_frame(titles(study), study.read(spec))
    about, others = f"{axis}, by method.", controls(study)
    frame.show(study, intervals.interval_chart, values, axis, about, controls=others, percent=True)


def few_shots(study: Study) -> None:
    """Draw accuracy against images per class, and say where each method passes no map."""
    names = [
        wording.titled(name, wording.METHOD_TITLES)
        for name in study.read(clip_alignment.SHOT_METHOD)
    ]
    per_class = study.read(clip_alignment.SHOTS).tolist()
    none = study.row(clip_alignment.METHOD, "none")
    line = float(study.read(clip_alignment.ALIGNED_ACCURACY)[none, 0])
    table = alignment.shots_frame(names, per_class, study.read(clip_alignment.SHOT_ACCURACY))
    frame.show(study, alignment.shots_chart, table, line)
    reached = [
        f"{name}, {f'from {int(crossing):,} images per class on' if crossing > 0 else 'never'}"
        for name, crossing in zip(names, study.read(clip_alignment.SHOT_CROSSING), strict=True)
    ]
    said = (
        f"Bars: lowest and highest of {study.size('draw')} draws of the fit images. "
        f"As good as no map: {'; '.join(reached)}."
    )
    if SHRUNK in study.read(clip_alignment.SHOT_METHOD):
        n_select = int((study.read(clip.IMAGE_SPLIT) == SELECT).sum())
        said += (
            f" {wording.METHOD_TITLES[SHRUNK]}, chooses its strength by the labels of all "
            f"{n_select:,} select images, however few it is fitted on."
        )
    st.caption(wording.escaped(said))


def flips_by_method(study: Study) -> None:
    """Draw the 2 x 2 counts of every method against no alignment."""
    counts = alignment.counts_frame(
        titles(study),
        study.read(clip_alignment.ALIGNED_COUNTS),
        study.read(clip_alignment.ALIGNED_P_VALUE),
    )
    counts["p_value"] = [wording.p_value(p) for p in counts["p_value"]]
    st.dataframe(
        counts.rename(columns={"p_value": "p value"}),
        hide_index=True,
        alt="Held-out images right before and after each method",
    )
    st.caption("Against no alignment, on the same held-out images; exact McNemar p-values.")
    frame.source(study)


def flipped_by(study: Study) -> None:
    """Draw a picker of methods, and the shown pictures whose label the chosen one changes."""
    methods = study.read(clip_alignment.METHOD).tolist()
    chosen = pickers.pick(
        "From no alignment to",
        [name for name in methods if name != "none"],
        "changed_by",
        title=lambda name: wording.titled(name, wording.METHOD_TITLES),
        default="procrustes",
    )
    before, after = (
        study.read(clip_alignment.ALIGNED_PREDICTED, methods.index(name))
        for name in ("none", chosen)
    )
    shown.flipped(study, before, after)


def sweep(study: Study) -> None:
    """Draw loss and accuracy as both sides are moved along the gap."""
    table = pd.DataFrame(
        {
            "step": study.read(clip_alignment.SHIFT_STEP),
            "gap": study.read(clip_alignment.SHIFT_GAP),
            "accuracy": study.read(clip_alignment.SHIFT_ACCURACY),
            "loss": study.read(clip_alignment.SHIFT_LOSS),
        }
    )
    st.caption(
        "At 0 nothing moves, at 0.5 the two means meet. The loss is contrastive, over the classes' "
        "prompts, at the model's own logit scale."
    )
    frame.show(study, alignment.sweep_chart, table)
