"""Masking: how many images keep their label when patches are hidden, and which label comes."""

import streamlit as st

from dashboard import frame, masked_picture, pickers, wording
from dashboard.charts import intervals
from dashboard.charts import masking as charts
from store.schema import vit

study = frame.open_page(
    "Does the label survive when patches are hidden?", "vit", "vit-centre", "vit-random"
)
arms = [wording.titled(arm, wording.ARM_TITLES) for arm in study.read(vit.MASK_ARM).tolist()]
fills = study.read(vit.MASK_FILL).tolist()
titles = [wording.titled(fill, wording.FILL_TITLES) for fill in fills]
chosen = pickers.pick_few("Hidden patches become", titles, "fill")
fill = titles.index(chosen)

st.subheader("How many images keep their label?", anchor=False)
images, seeds = study.size("image"), study.size("seed")
st.caption(f"{images:,} images, {seeds} masks each; bands are 95 % intervals over images.")
curves = (vit.SURVIVAL, vit.SURVIVAL_LOW, vit.SURVIVAL_HIGH)
table = charts.survival_frame(
    arms, study.read(vit.MASK_RATIO), *(study.read(curve)[..., fill] for curve in curves)
)
frame.show(charts.survival_chart(table, chosen), study)

st.subheader("Which label comes instead?", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    st.caption("Patches hidden all over, among images that lost their own label")
    labels = [study.class_name(int(i)) for i in study.read(vit.WRONG_LABEL, fill)]
    wrong = charts.wrong_labels_frame(labels, study.read(vit.WRONG_LABEL_SHARE, fill))
    frame.show(charts.wrong_labels_chart(wrong, chosen), study)
with right:
    st.caption("Puzzle-like labels, patches hidden all over, by fill")
    shares = intervals.shares_frame(titles, study.read(vit.PUZZLE_SHARE))
    if shares.empty:
        st.info("None of this model's labels is a puzzle, so it cannot answer “crossword puzzle”.")
    else:
        frame.show(intervals.share_bars(shares, "share of masked images", "Puzzle labels"), study)

masked_picture.section(study, arms, titles, fill)
frame.method("masking")
