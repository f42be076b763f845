"""Faithfulness: whether hiding what a map marks costs the label more than hiding at random."""

import numpy as np
import streamlit as st

from dashboard.charts import intervals
from dashboard.ui import formatting, pickers
from dashboard.ui import page as ui_page
from dashboard.vit import gallery
from dashboard.vit.masking import charts as charts
from store.schema.vit import faithfulness, masking

study = ui_page.open_page("Do the maps point at what the label needs?", "vit")
for sentence in study.read(faithfulness.FAITHFUL_FINDING):
    ui_page.said(str(sentence))
names = study.read(faithfulness.FAITHFUL_MAP).tolist()
score = gallery.score_title(study)
titles = [formatting.titled(name, formatting.ATTRIBUTION_TITLES) for name in names]

st.subheader("Which map ranks patches best?", anchor=False)
st.caption(f"Mean over {study.size('image'):,} images, tokens dropped; 95 % interval.")
table = intervals.estimates_frame(titles, study.read(faithfulness.FAITHFUL_BETWEEN))
axis = f"area between the two curves ({score})"
about = "Area between hiding the lowest and the highest patches first, by map."
marks = [(0.0, "no better than chance")]
ui_page.show(study, intervals.interval_chart, table, axis, about, marks=marks, controls=titles[-1:])

st.subheader("What happens as patches are hidden?", anchor=False)
chosen = titles.index(pickers.pick_few("Map", titles[:-1], "map"))
curves = study.read(faithfulness.FAITHFUL_CURVE)
lines = ["highest first: deletion", "lowest first: insertion", titles[-1]]
estimates = np.concatenate([curves[chosen], curves[-1, :1]])
table = charts.curves_frame(lines, study.read(masking.MASK_RATIO), estimates)
axis = f"mean {score} of the unmasked label"
about = f"Mean {score} of the unmasked label as patches are hidden, by {titles[chosen]}."
ui_page.show(study, charts.curves_chart, table, "Hidden", axis, about, percent=False)

st.subheader("How much better than a random order?", anchor=False)
directions = study.read(faithfulness.FAITHFUL_DIRECTION).tolist()
gains = study.read(faithfulness.FAITHFUL_GAIN)[:-1]
rows = [f"{title}, {direction}" for title in titles[:-1] for direction in directions]
table = intervals.estimates_frame(rows, gains.reshape(-1, 3))
about = "Area gained over the random order, by map and direction."
axis = f"area gained ({score})"
ui_page.show(study, intervals.interval_chart, table, axis, about, marks=[(0.0, "random order")])
ui_page.method("faithfulness")
