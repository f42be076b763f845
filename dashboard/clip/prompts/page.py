"""Prompts: accuracy by wording, and where two wordings disagree on the same images."""

import streamlit as st

from dashboard.clip import shown_images
from dashboard.clip.prompts import charts, sections
from dashboard.ui import formatting, pickers
from dashboard.ui import page as ui_page
from store.schema.clip import layout, prompts

study = ui_page.open_page("Does the wording of the prompt matter?", "clip", "clip-prompts")
task = formatting.prompt_task(study.provenance)
wordings = [formatting.template_title(text) for text in study.read(prompts.WORDING).tolist()]
styles = study.read(prompts.STYLE).tolist()

st.subheader("Every wording, best first", anchor=False)
st.caption(formatting.escaped(formatting.task_note(study.provenance)))
sections.strip(study, wordings)

st.subheader(f"{task.capitalize()} accuracy: the report's wordings and the ensembles", anchor=False)
sections.named(study, wordings, task)

st.subheader("Do two wordings err on the same images?", anchor=False)
st.caption("Only images that one wording gets right and the other wrong can tell them apart.")
pairs = charts.pairs_frame(
    [styles[row] for row in range(len(styles))],
    study.read(prompts.PAIR),
    study.read(prompts.PAIR_COUNTS),
    study.read(prompts.PAIR_P_VALUE),
)
with_photo = pairs[(pairs["first"] == "photo") | (pairs["second"] == "photo")]
ui_page.show(study, charts.disagreement_chart, with_photo if len(with_photo) else pairs)
st.dataframe(
    pairs.assign(p_value=[formatting.p_value(p) for p in pairs["p_value"]]).rename(
        columns={"p_value": "p value, not adjusted"}
    ),
    hide_index=True,
    alt="Exact McNemar test of every pair of named wordings",
)

st.subheader("One wording against another, image by image", anchor=False)
first, second = sections.pick_two(wordings, styles)
sections.two_by_two(study, wordings, first, second, styles)
shown_rows = study.read(layout.SHOWN_IMAGE)
before, after = (study.read(prompts.PREDICTED, row)[shown_rows] for row in (first, second))
shown_images.flipped(study, before, after)

st.subheader("Which classes are mistaken for which?", anchor=False)
row = wordings.index(pickers.pick("Wording", wordings, "template"))
sections.by_class(study, row, wordings[row])
ui_page.method("prompts")
