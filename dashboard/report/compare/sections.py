"""The sections of a comparison: claims, losses, survival and layouts, side by side."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.charts import intervals, scatter
from dashboard.clip import layout_charts, layouts, shown_images
from dashboard.report.compare import charts as charts
from dashboard.report.compare import pairs as pairs_module
from dashboard.report.compare.pairs import ClaimPair, Pair
from dashboard.ui import figures, formatting, pickers
from dashboard.ui import page as ui_page
from dashboard.vae.training import charts as training_charts
from dashboard.vit.masking import charts as masking_charts
from store.schema.clip import layout, prompts
from store.schema.vae import reconstructions
from store.schema.vit import masking as schema

Names = tuple[str, str]


def claims(found: list[ClaimPair], names: Names) -> None:
    """Draw each claim's two values on one axis, then all of them in a table."""
    st.subheader("What does each claim come to?", anchor=False)
    columns = st.columns(2, gap="large")
    for place, claim in enumerate(found):
        with columns[place % 2]:
            st.markdown(f"**{formatting.escaped(claim.first.sentence)}**")
            if claim.why_not:
                st.info(formatting.escaped(f"Not compared: {claim.why_not}."))
                continue
            st.caption(formatting.escaped(_difference_words(claim, names)))
            table = pairs_module.estimates_frame(claim, names)
            about = f"{claim.first.id} in both reports, with 95 % intervals"
            figures.wide(intervals.interval_chart, table, claim.first.unit, about)
    st.dataframe(
        pairs_module.claims_frame(found, names),
        hide_index=True,
        alt="Every claim's value in both reports, with the difference",
    )


def _difference_words(claim: ClaimPair, names: Names) -> str:
    same = claim.first.verdict == claim.second.verdict
    verdicts = f"both {claim.first.verdict}"
    if not same:
        verdicts = f"{claim.first.verdict} and {claim.second.verdict}"
    sign = "+" if claim.difference >= 0 else "−"
    return (
        f"{names[1]} minus {names[0]}: {sign}{formatting.number(abs(claim.difference))}; {verdicts}"
    )


def losses(pair: Pair, names: Names) -> None:
    """Draw both held-out losses by epoch on one axis."""
    st.subheader("Do the losses fall alike?", anchor=False)
    reason = pairs_module.why_no_losses(pair)
    if reason:
        st.info(reason)
        return
    frames = []
    for study in (pair.first, pair.second):
        table = training_charts.curves_frame(
            study.read(reconstructions.SPLIT).tolist(), loss=study.read(reconstructions.LOSS)
        )
        frames.append(table[table["split"] == table["split"].iloc[-1]])
    table = charts.stacked(frames, names)
    split = table["split"].iloc[0]
    about = f"Loss of both reports by epoch, {split} images"
    axis = f"loss per image, {split}"
    x, y = ("epoch", "epoch", "~g"), ("loss", axis, "~g")
    ui_page.show(pair.first, charts.curves, table, x, y, about)
    ui_page.source(pair.second)


def survival(pair: Pair, names: Names) -> None:
    """Draw both survival curves of one arm and fill on one axis."""
    st.subheader("Do labels survive alike?", anchor=False)
    reason = pairs_module.why_no_survival(pair)
    if reason:
        st.info(reason)
        return
    arm, fill, cell = _pick_arm_and_fill(pair)
    frames = []
    for study in (pair.first, pair.second):
        estimates = study.read(schema.SURVIVAL)[cell[0], :, cell[1]]
        frames.append(
            masking_charts.curves_frame([arm], study.read(schema.MASK_RATIO), estimates[None])
        )
    about = f"Images that keep their label in both reports, {arm}, fill: {fill}"
    ui_page.show(
        pair.first,
        charts.curves,
        charts.stacked(frames, names),
        ("mask_ratio", "share of patches hidden", ".2~p"),
        ("value", "images that keep their label", "~%"),
        about,
    )
    ui_page.source(pair.second)


def _pick_arm_and_fill(pair: Pair) -> tuple[str, str, tuple[int, int]]:
    """Draw the pickers of what both reports ran; return both titles, and their rows."""
    arms, fills = (
        [formatting.titled(name, titles) for name in pair.first.read(spec).tolist()]
        for spec, titles in (
            (schema.MASK_ARM, formatting.ARM_TITLES),
            (schema.MASK_FILL, formatting.FILL_TITLES),
        )
    )
    run = pairs_module.run_by_both(pair)
    offered = [fills[row] for row in np.flatnonzero(run.any(axis=0))]
    fill = pickers.pick_few("Hidden patches become", offered, "fill")
    column = fills.index(fill)
    offered = [arms[row] for row in np.flatnonzero(run[:, column])]
    usual = formatting.ARM_TITLES["scattered"]
    arm = pickers.pick_few("Which patches", offered, "arm", default=usual)
    return arm, fill, (arms.index(arm), column)


def both_layouts(pair: Pair, names: Names) -> None:
    """Draw one layout of each report; a class chosen once is in colour in both."""
    st.subheader("Do classes lie together alike?", anchor=False)
    shared = [n for n in pair.first.read(layout.LAYOUT) if n in pair.second.read(layout.LAYOUT)]
    if not shared:
        st.info("The two reports hold no layout of the same kind.")
        return
    kind = pickers.pick_few("Layout", [str(name) for name in shared], "layout")
    known = [c for c in pair.first.class_names if c in pair.second.class_names]
    chosen = pickers.pick("Class in colour", [charts.EVERY, *known], "class")
    st.caption(
        "The axes of two layouts have nothing in common, not even their direction. Compare which "
        "pictures and prompts lie together."
    )
    tables: list[pd.DataFrame] = []
    for column, study, name in zip(
        st.columns(2, gap="medium"), (pair.first, pair.second), names, strict=True
    ):
        row = study.read(layout.LAYOUT).tolist().index(kind)
        image_classes, text_classes = shown_images.classes(study)
        drawn = scatter.spread_rows(study.size("shown"))
        texts = shown_images.drawn_texts(study, layout_charts.NO_IMAGE)
        state = study.row(layout.STATE, "none")
        table = layout_charts.panels_frame(
            [study.read(layout.LAYOUT_IMAGE, row, state)[drawn]],
            ["before"],
            drawn,
            [image_classes[n] for n in drawn],
            study.read(layout.LAYOUT_TEXT, row)[texts],
            [text_classes[n] for n in texts],
            study.read(prompts.PROMPT)[texts].tolist(),
        ).drop(columns=["shown", "state"])
        tables.append(table)
        about = f"{kind} layout of report {name}, in colour: {chosen}"
        with column:
            st.markdown(f"**{formatting.escaped(name)}**")
            shown_images.say_how_many(study, len(drawn), len(texts))
            figures.wide(charts.highlighted, table, chosen, layouts.axis_name(kind), about)
    figures.numbers(charts.stacked(tables, names), "Both layouts")
    ui_page.source(pair.first)
    ui_page.source(pair.second)


def provenance(pairs: list[Pair], names: Names) -> None:
    """Draw what is recorded differently about the two reports."""
    st.subheader("What is different about the two?", anchor=False)
    for pair in pairs:
        title = formatting.STUDY_TITLES[pair.name]
        if pair.same_numbers:
            st.markdown(f"**{title}**: both hold the same numbers.")
            continue
        images = "the same images" if pair.same_images else "different images"
        st.markdown(f"**{title}**, measured on {images}")
        st.dataframe(
            pairs_module.provenance_frame(pair, names),
            hide_index=True,
            alt=f"What differs between the two {title} studies",
        )
