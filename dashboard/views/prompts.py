"""Prompts: accuracy by wording, and where two wordings disagree on the same images."""

import streamlit as st

from dashboard import frame, pickers, prompt_tables, shown, wording
from dashboard.charts import prompts as charts
from store.schema import clip, clip_layout

study = frame.open_page("Does the wording of the prompt matter?", "clip", "clip-prompts")
task = wording.prompt_task(study.provenance)
wordings = [wording.template_title(text) for text in study.read(clip.WORDING).tolist()]
styles = study.read(clip.STYLE).tolist()

st.subheader("Every wording, best first", anchor=False)
st.caption(wording.escaped(wording.task_note(study.provenance)))
prompt_tables.strip(study, wordings)

st.subheader(f"{task.capitalize()} accuracy: the report's wordings and the ensembles", anchor=False)
prompt_tables.named(study, wordings, task)

st.subheader("Do two wordings err on the same images?", anchor=False)
st.caption("Only images that one wording gets right and the other wrong can tell them apart.")
pairs = charts.pairs_frame(
    [styles[row] for row in range(len(styles))],
    study.read(clip.PAIR),
    study.read(clip.PAIR_COUNTS),
    study.read(clip.PAIR_P_VALUE),
)
with_photo = pairs[(pairs["first"] == "photo") | (pairs["second"] == "photo")]
frame.show(study, charts.disagreement_chart, with_photo if len(with_photo) else pairs)
st.dataframe(
    pairs.assign(p_value=[wording.p_value(p) for p in pairs["p_value"]]).rename(
        columns={"p_value": "p value, not adjusted"}
    ),
    hide_index=True,
    alt="Exact McNemar test of every pair of named wordings",
)

st.subheader("One wording against another, image by image", anchor=False)
first, second = prompt_tables.pick_two(wordings, styles)
prompt_tables.two_by_two(study, wordings, first, second, styles)
shown_rows = study.read(clip_layout.SHOWN_IMAGE)
before, after = (study.read(clip.PREDICTED, row)[shown_rows] for row in (first, second))
shown.flipped(study, before, after)

st.subheader("Which classes are mistaken for which?", anchor=False)
row = wordings.index(pickers.pick("Wording", wordings, "template"))
prompt_tables.by_class(study, row, wordings[row])
frame.method("prompts")
