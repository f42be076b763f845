"""Compare: the same claims, curves and layouts in two reports."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard import loaders
from dashboard.charts import encodings, intervals, lines, scatter
from dashboard.charts.colours import BLUE, GREY, ORANGE
from dashboard.charts.figure import CANVAS, Figure
from dashboard.clip import images as clip_images
from dashboard.clip import layout_charts, layouts
from dashboard.clip import titles as clip_titles
from dashboard.loaders import Claim, Study
from dashboard.report import about as about_page
from dashboard.ui import figures, formatting, page_parts, pickers
from dashboard.vae import training
from dashboard.vit import masking_charts
from dashboard.vit import titles as vit_titles
from store.schema.clip import layout
from store.schema.clip import names as clip_names
from store.schema.vae import names as vae_names
from store.schema.vae import reconstructions
from store.schema.vit import masking
from store.schema.vit import names as vit_names

Names = tuple[str, str]
Axis = tuple[str, str, str]  # column, title and format of the numbers on the axis


class Pair(NamedTuple):
    """The same study of two reports."""

    first: Study
    second: Study

    @property
    def same_images(self) -> bool:
        """Say whether both looked at the same images and labels."""
        return len({study.provenance.dataset_digest for study in self}) == 1


class ClaimPair(NamedTuple):
    """One claim as two reports found it."""

    first: Claim
    second: Claim

    @property
    def why_not(self) -> str:
        """Return why the two values have no difference, or nothing where they have one."""
        if self.first.unit != self.second.unit:
            return f"they measure different things: {self.first.unit}; {self.second.unit}"
        undefined = any(math.isnan(claim.value) for claim in self)
        return "one of the two is not defined" if undefined else ""

    @property
    def difference(self) -> float:
        """Return second minus first; NaN where they cannot be compared."""
        return math.nan if self.why_not else self.second.value - self.first.value


def agreement(judged: list[ClaimPair], names: Names) -> str:
    """Return on how many of the comparable claims two reports agree, as a sentence."""
    if not judged:
        return f"No claim of {names[0]} and {names[1]} can be compared."
    alike = sum(claim.first.verdict == claim.second.verdict for claim in judged)
    return (
        f"{names[0]} and {names[1]} reach the same verdict on {alike} of the {len(judged)} claims "
        f"that can be compared."
    )


def claims_frame(claims: list[ClaimPair], names: Names) -> pd.DataFrame:
    """Return one row per claim: both values with intervals, their difference, both verdicts."""
    rows = []
    for pair in claims:
        values = [formatting.with_interval(claim.value, claim.low, claim.high) for claim in pair]
        row = {"claim": pair.first.id} | dict(zip(names, values, strict=True))
        row |= {"difference": pair.difference, "unit": pair.first.unit}
        row |= {f"verdict, {n}": claim.verdict for n, claim in zip(names, pair, strict=True)}
        rows.append(row | {"not compared because": pair.why_not})
    return pd.DataFrame(rows)


def run_by_both(pair: Pair) -> NDArray[np.bool_]:
    """Return which arms were run under which fills in both reports, at any share: (arms, fills)."""
    return np.all([(study.read(masking.N_MASKS) > 0).any(axis=1) for study in pair], axis=0)


def each_claim(pairs: list[ClaimPair], names: Names) -> None:
    """Draw each claim's two values on one axis, then all of them in a table."""
    st.subheader("What does each claim come to?", anchor=False)
    columns = st.columns(2, gap="large")
    for place, claim in enumerate(pairs):
        with columns[place % 2]:
            st.markdown(f"**{formatting.escaped(claim.first.sentence)}**")
            if claim.why_not:
                st.info(formatting.escaped(f"Not compared: {claim.why_not}."))
                continue
            st.caption(formatting.escaped(_difference_words(claim, names)))
            table = intervals.estimates_frame(names, [(c.value, c.low, c.high) for c in claim])
            about = f"{claim.first.id} in both reports, with 95% intervals"
            figures.wide(intervals.interval_chart, table, claim.first.unit, about)
    about = "Every claim's value in both reports, with the difference"
    figures.table(claims_frame(pairs, names), about)


def _difference_words(claim: ClaimPair, names: Names) -> str:
    first, second = (one.verdict for one in claim)
    verdicts = f"both {first}" if first == second else f"{first} and {second}"
    sign, size = "+" if claim.difference >= 0 else "−", formatting.number(abs(claim.difference))
    return f"{names[1]} minus {names[0]}: {sign}{size}; {verdicts}"


def losses(pair: Pair, names: Names) -> None:
    """Draw both held-out losses by epoch on one axis."""
    st.subheader("Do the losses fall alike?", anchor=False)
    conventions = [sorted(s.read(reconstructions.LOSS_CONVENTION).tolist()) for s in pair]
    if conventions[0] != conventions[1]:
        st.info("The two losses follow different conventions, so their heights cannot be compared.")
        return
    frames = []
    for study in pair:
        held_out = study.row(reconstructions.SPLIT, vae_names.HELD_OUT)
        loss = study.read(reconstructions.LOSS)[:, [held_out]]  # (epoch, 1)
        frames.append(training.curves_frame([vae_names.HELD_OUT], loss=loss))
    split = frames[0]["split"].iloc[0]
    about = f"Loss of both reports by epoch, {split} images"
    axes = ("epoch", "epoch", "~g"), ("loss", f"loss per image, {split}", "~g")
    page_parts.figure(curves, stacked(frames, names), *axes, about)


def survival(pair: Pair, names: Names) -> None:
    """Draw both survival curves of one arm and fill on one axis."""
    st.subheader("Do labels survive alike?", anchor=False)
    for spec, what in ((masking.MASK_ARM, "areas"), (masking.MASK_FILL, "fills")):
        if pair.first.read(spec).tolist() != pair.second.read(spec).tolist():
            st.info(f"The two reports hide patches in different ways ({what}).")
            return
    if not run_by_both(pair).any():
        st.info("The two reports ran no mask in common.")
        return
    arm, fill, cell = _pick_arm_and_fill(pair)
    frames = []
    for study in pair:
        estimates = study.read(masking.SURVIVAL)[None, cell[0], :, cell[1]]
        ratios = study.read(masking.MASK_RATIO)
        frames.append(masking_charts.curves_frame([arm], ratios, estimates))
    about = f"Images that keep their label in both reports, {arm}, fill: {fill}"
    x = ("mask_ratio", "share of patches hidden", ".2~p")
    y = ("value", "images that keep their label", "~%")
    page_parts.figure(curves, stacked(frames, names), x, y, about)


def _pick_arm_and_fill(pair: Pair) -> tuple[str, str, tuple[int, int]]:
    """Draw the pickers of what both reports ran; return both titles, and their rows."""
    arms = vit_titles.stored_titles(pair.first, masking.MASK_ARM)
    fills = vit_titles.stored_titles(pair.first, masking.MASK_FILL)
    run = run_by_both(pair)
    offered = [fills[row] for row in np.flatnonzero(run.any(axis=0))]
    fill = pickers.pick_few("Hidden patches become", offered, "fill")
    column = fills.index(fill)
    offered = [arms[row] for row in np.flatnonzero(run[:, column])]
    usual = vit_titles.ARM_TITLES[vit_names.SCATTERED]
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
    chosen = pickers.pick("Class in colour", [clip_images.EVERY_CLASS, *known], "class")
    st.caption(
        "The axes of two layouts have nothing in common, not even their direction. Compare which "
        "pictures and prompts lie together."
    )
    tables: list[pd.DataFrame] = []
    for column, study, name in zip(st.columns(2, gap="medium"), pair, names, strict=True):
        points = scatter.spread_rows(study.size("shown"))
        texts = clip_images.drawn_texts(study, layout_charts.NO_IMAGE)
        table = layouts.points(study, kind, [clip_names.NONE], points, texts)
        tables.append(table.drop(columns=["shown", "state"]))
        about = f"{kind} layout of report {name}, in colour: {chosen}"
        with column:
            st.markdown(f"**{formatting.escaped(name)}**")
            clip_images.say_how_many(study, len(points), len(texts))
            figures.wide(highlighted, tables[-1], chosen, clip_titles.axis_name(kind), about)
    figures.numbers(stacked(tables, names), "Both layouts")


def differences(pairs: list[Pair], names: Names) -> None:
    """Draw what is recorded differently about the two reports."""
    st.subheader("What is different about the two?", anchor=False)
    for pair in pairs:
        title = formatting.STUDY_TITLES[pair.first.name]
        if pair.first.store.content_hash == pair.second.store.content_hash:
            st.markdown(f"**{title}**: both hold the same numbers.")
            continue
        images = "the same images" if pair.same_images else "different images"
        st.markdown(f"**{title}**, measured on {images}")
        about = f"What differs between the two {title} studies"
        figures.table(about_page.differences(*pair, names), about)


# --- charts -------------------------------------------------------------------------------------


def stacked(frames: Sequence[pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of both frames, with a first column that says whose they are."""
    every = pd.concat(dict(zip(names, frames, strict=True)), names=["report"])
    return every.reset_index("report").reset_index(drop=True)


def curves(frame: pd.DataFrame, x: Axis, y: Axis, about: str) -> Figure:
    """Return one line per report, with its interval as a band where the frame has low and high."""
    steps = sorted(set(frame[x[0]].tolist()))  # where there are values, and nowhere between
    return lines.line_chart(
        frame,
        "report",
        encodings.x(f"{x[0]}:Q", *x[1:], axis={"values": steps, "labelOverlap": "greedy"}),
        encodings.y(f"{y[0]}:Q", *y[1:], zero=False),
        about,
        detail=".4~g",
    )


def highlighted(frame: pd.DataFrame, chosen: str, title: str, about: str) -> Figure:
    """Return x, y, class, modality with one class in colour, others grey, or all in one colour."""
    here = alt.datum["class"] == chosen
    one = chosen != clip_images.EVERY_CLASS
    colour = alt.condition(here, alt.value(ORANGE), alt.value(GREY)) if one else alt.value(BLUE)
    opacity = alt.condition(here, alt.value(0.9), alt.value(0.15)) if one else alt.value(0.4)
    sizes = alt.Scale(domain=list(layout_charts.SYMBOLS), range=[14, 150])
    fitted = {"zero": False, "nice": False, "padding": 14}
    chart = (
        alt.Chart(frame)
        .mark_point(filled=True)
        .encode(
            x=encodings.x("x:Q", f"{title} 1, no unit", **fitted),
            y=encodings.y("y:Q", f"{title} 2, no unit", **fitted),
            color=colour,
            opacity=opacity,
            shape=encodings.shape("modality", layout_charts.SYMBOLS),
            size=alt.Size("modality:N", scale=sizes, legend=None),
            tooltip=["modality:N", "class:N"],
        )
    )
    chart = chart.properties(height=360, usermeta=CANVAS)
    return Figure(chart, frame, about)


def main() -> None:
    """Draw the page."""
    st.title("Do two reports agree?", anchor=False)
    first = loaders.chosen_report()
    mine, faults = loaders.load_all(first)
    others = [name for name in loaders.find_reports() if name != first]
    if not others:
        st.info(
            "There is only one report here. Make a second one, with another seed or model, and "
            "both stand side by side on this page.",
            icon=":material/balance:",
        )
        st.code('make precompute NAME=second ARGS="--set vae.seed=1"', language=None)
        for error in faults:
            page_parts.store_panel(error)
        return

    second = pickers.pick("Compare with", others, "other", default=loaders.SECOND_REPORT)
    names = (first, second)
    theirs, more_faults = loaders.load_all(second)
    pairs = [Pair(study, theirs[name]) for name, study in mine.items() if name in theirs]
    claims = [
        ClaimPair(claim, other)
        for pair in pairs
        for claim in pair.first.store.claims
        if (other := pair.second.claim(claim.id))
    ]
    if not claims:
        st.info("These two reports make no claim in common, so there is nothing to compare.")
    else:
        judged = [claim for claim in claims if not claim.why_not]
        st.markdown(f"##### {formatting.escaped(agreement(judged, names))}")
        mixed = [formatting.STUDY_TITLES[p.first.name] for p in pairs if not p.same_images]
        if mixed:
            st.warning(
                f"{', '.join(mixed)}: the two reports looked at different images, so a difference "
                f"may come from the images as well as from the model."
            )
        each_claim(claims, names)
    draw = {"vit": survival, "vae": losses, "clip": both_layouts}
    for pair in pairs:
        draw[pair.first.name](pair, names)
    differences(pairs, names)
    left_out = [error for error in more_faults if isinstance(error, loaders.StoreMissing)]
    for error in left_out:
        st.info(f"{formatting.escaped(second)}: {formatting.escaped(error.fact)}.")
    for error in (*faults, *(error for error in more_faults if error not in left_out)):
        page_parts.store_panel(error)
    for study in theirs.values():  # those of the chosen report stand below every page
        page_parts.source(study)


if __name__ == "__main__":
    main()
