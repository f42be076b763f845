"""Compare: the same claims, curves and layouts in two reports."""

import streamlit as st

from dashboard import loaders
from dashboard.report.compare import pairs as pairs_module
from dashboard.report.compare import sections
from dashboard.ui import formatting, pickers
from dashboard.ui import page as ui_page

st.title("Do two reports agree?", anchor=False)
first = loaders.chosen_report()
mine, faults = loaders.load_all(first)
others = [name for name in loaders.find_reports() if name != first]
if not others:
    st.info(
        "There is only one report here. Make a second one, with another seed or model, and both "
        "stand side by side on this page.",
        icon=":material/balance:",
    )
    st.code('make precompute NAME=second ARGS="--set vae.seed=1"', language=None)
    for error in faults:
        ui_page.store_panel(error)
    ui_page.method("compare")
    st.stop()

second = pickers.pick("Compare with", others, "other")
names = (first, second)
theirs, more_faults = loaders.load_all(second)
pairs = pairs_module.pair_up(mine, theirs)
claims = [claim for pair in pairs for claim in pairs_module.claim_pairs(pair)]
if not claims:
    st.info("These two reports make no claim in common, so there is nothing to compare.")
else:
    judged = [claim for claim in claims if not claim.why_not]
    st.markdown(f"##### {formatting.escaped(pairs_module.words(judged, names))}")
    mixed = [formatting.STUDY_TITLES[pair.name] for pair in pairs if not pair.same_images]
    if mixed:
        st.warning(
            f"{', '.join(mixed)}: the two reports looked at different images, so a difference may "
            f"come from the images as well as from the model."
        )
    sections.claims(claims, names)
draw = {"vit": sections.survival, "vae": sections.losses, "clip": sections.both_layouts}
for pair in pairs:
    draw[pair.name](pair, names)
sections.provenance(pairs, names)
left_out = [error for error in more_faults if isinstance(error, loaders.StoreMissing)]
for error in left_out:
    st.info(f"{formatting.escaped(second)}: {formatting.escaped(error.fact)}.")
for error in (*faults, *(error for error in more_faults if error not in left_out)):
    ui_page.store_panel(error)
ui_page.method("compare")
