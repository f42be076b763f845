"""Prompts: accuracy by wording, and where two wordings disagree on the same images."""

import streamlit as st

from dashboard import frame, pickers, wording
from dashboard.charts import intervals, original
from dashboard.charts import prompts as charts
from store.schema import clip

study = frame.open_page("Does the wording of the prompt matter?", "clip", "clip-prompts")
task = wording.prompt_task(study.provenance)
templates = [wording.template_title(template) for template in study.read(clip.TEMPLATE).tolist()]
styles = study.read(clip.STYLE).tolist()

st.subheader(f"{task.capitalize()} accuracy by template", anchor=False)
st.caption(wording.escaped(wording.task_note(study.provenance)))
table = intervals.estimates_frame(templates, study.read(clip.ACCURACY))
table["original"] = [original.PROMPT_ACCURACY.get(style, float("nan")) for style in styles]
about = f"{task} accuracy by prompt template, with Wilson 95 % intervals."
frame.show(charts.accuracy_chart(table, about), study)
st.caption(
    "Diamonds: the original report's plain 0.963, photo 0.974 and small 0.962, from another model "
    "on another data set. Compare their order, not their height."
)

st.subheader("Do two wordings err on the same images?", anchor=False)
st.caption("Only images that one wording gets right and the other wrong can tell them apart.")
pairs = charts.pairs_frame(
    templates,
    study.read(clip.PAIR),
    study.read(clip.PAIR_COUNTS),
    study.read(clip.PAIR_P_VALUE),
)
frame.show(charts.disagreement_chart(pairs), study)
st.dataframe(
    pairs.assign(p_value=[wording.p_value(p) for p in pairs["p_value"]]).rename(
        columns={"p_value": "p value"}
    ),
    hide_index=True,
    alt="Exact McNemar test of every pair of templates",
)

st.subheader("Which classes are mistaken for which?", anchor=False)
template = templates.index(pickers.pick("Template", templates, "template"))
confusion = charts.confusion_frame(study.read(clip.CONFUSION, template), study.class_names)
about = "Images by true class (row) and predicted class (column)."
figure = charts.confusion_chart(confusion, study.class_names, about)
if figure is None:
    frame.numbers(confusion, about)
else:
    frame.show(figure, study)
frame.method("prompts")
