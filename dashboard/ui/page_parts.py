"""The parts that every page shares: finding, figure with its numbers, method, source, panel."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec

import streamlit as st
from numpy.typing import ArrayLike

from dashboard import loaders, navigation
from dashboard.charts import intervals as interval_charts
from dashboard.charts.figure import Figure
from dashboard.ui import figures, formatting

P = ParamSpec("P")
SIDEWAYS = "sideways"  # before a container's key: on a phone what is in it scrolls sideways
STYLE = Path(__file__).with_name("style.css")  # the little that the theme cannot say


def open_page(name: str, question: str, *, with_claims: bool = True) -> loaders.Study:
    """Draw a page's title and, unless it does so further down, its claims; return its study."""
    st.title(question, anchor=False)
    study = loaders.load_study(navigation.PAGES[name].study)
    if with_claims:
        claims(study, name)
    return study


def claims(study: loaders.Study, name: str) -> None:
    """Draw each claim's verdict and finding of a page, or say that the report does not make it."""
    for claim_id in navigation.PAGES[name].claims:
        claim = study.claim(claim_id)
        if claim is None:
            st.info(f"This report makes no claim named {claim_id}.")
        else:
            _claim(claim)


def statement(main: str, *others: str) -> None:
    """Draw what was found where the original claimed nothing: one sentence large, then the rest."""
    first, rest = formatting.main_and_rest(main)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"##### {first}")
        for words in filter(None, (rest, *map(formatting.escaped, others))):
            st.markdown(words)


def _claim(claim: loaders.Claim) -> None:
    """Draw one claim's verdict and finding, with the sentence that it tests."""
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            verdict_badge(claim.verdict)
            words = formatting.escaped(f"{claim.sentence} Original: {claim.original}")
            st.caption(words, width="content")
        main, rest = formatting.main_and_rest(claim.finding)
        st.markdown(f"##### {main}")
        if rest:
            st.markdown(rest)
        if claim.references:
            st.caption(
                "What others measured, mostly with other models. Hover for n and differences."
            )
            figure(interval_charts.reference_strip, claim)


def finding_text(finding: str) -> None:
    """Draw a finding that is no claim of the original report."""
    main, rest = formatting.main_and_rest(finding)
    st.markdown(f"**{main}** {rest}")


def verdict_badge(verdict: str) -> None:
    """Draw a verdict as a word with an icon."""
    colour, icon = formatting.MARKS[verdict]
    st.badge(verdict, icon=icon, color=colour)


def figure(build: Callable[P, Figure], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """Draw the figure that a function of `charts` builds, over a button for its numbers."""
    figures.draw_cached("wide", True, build, args, kwargs)


def intervals(names: Sequence[str], estimates: ArrayLike, *words: str, **options: Any) -> None:
    """Draw estimates, (names, 3) value, low, high, a row each, by `interval_chart`."""
    table = interval_charts.estimates_frame(names, estimates)
    figure(interval_charts.interval_chart, table, *words, **options)


def sources(page: navigation.Page) -> None:
    """Draw, once a page, where its numbers come from: a line for each study that it draws."""
    studies = [loaders.load_study(page.study)] if page.study else loaders.load_all()[0].values()
    for study in studies:
        source(study)


def source(study: loaders.Study) -> None:
    """Draw the sentence that says where a study's numbers come from."""
    sentence = formatting.source_sentence(study.provenance, study.store.content_hash)
    st.caption(formatting.escaped(sentence))


def method(page: navigation.Page) -> None:
    """Draw how a page's numbers were measured, what to beware of and whom to cite."""
    with st.expander("How this was measured", icon=":material/science:"):
        st.markdown(page.method.read_text(encoding="utf-8"))


def no_study(study: str) -> None:
    """Say that the chosen report has no such study, and which reports have one."""
    report, title = loaders.chosen_report(), formatting.STUDY_TITLES[study]
    st.info(formatting.escaped(f"The report {report} has no {title} study."))
    others = ", ".join(loaders.reports_with(study))
    if others:
        st.caption(formatting.escaped(f"Choose one that has it in the sidebar: {others}."))


def store_panel(error: loaders.StoreError) -> None:
    """Say calmly why a store cannot be shown, what was expected and what to do."""
    kind = type(error).__name__
    icon, meaning = formatting.FAULTS[kind]
    with st.container(border=True):
        st.markdown(f"##### {icon} This part of the report cannot be shown. {meaning}")
        st.markdown(formatting.escaped(f"{error.path.parent.name}/{error.path.name}: {error.fact}"))
        if error.expected:
            st.markdown(f"Expected: {formatting.escaped(error.expected)}")
        st.markdown("What to do:")
        st.code(error.next_step, language=None, wrap_lines=True)
        st.caption(f"Kind of fault: {kind}. Other pages are not affected.")
