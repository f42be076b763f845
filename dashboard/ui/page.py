"""The parts that every page shares: finding, figure with its numbers, method, source, panel."""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from dashboard import loaders, navigation
from dashboard.charts.figure import Figure
from dashboard.ui import figures, formatting, pickers

P = ParamSpec("P")
SIDEWAYS = "sideways"  # before a container's key: on a phone what is in it scrolls sideways
DASHBOARD = Path(__file__).resolve().parents[1]

# Claims stand close, so that ten of them fit one screen, with a line between them.
# Streamlit stacks columns on a phone alone. Between a phone and a laptop, with the sidebar open,
# a column can be narrower than what is in it; there, it takes a row of its own.
STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding-top: 3rem; }
.st-key-claims p { line-height: 1.3; font-size: 0.95rem; }
.st-key-claims [data-testid="stCaptionContainer"] p { font-size: 0.84rem; }
@media (min-width: 1151px) {
  .st-key-claims [data-testid="stHorizontalBlock"] { flex-wrap: nowrap; }
  .st-key-claims [data-testid="stColumn"]:is(:first-child, :last-child) { flex: 0 0 7rem; }
  [data-testid="stHorizontalBlock"]:has([class*="_wall"]) { flex-wrap: nowrap; }
  [data-testid="stColumn"]:has([class*="_wall"]) { min-width: 16.5rem; }
}
.st-key-claims > [data-testid="stLayoutWrapper"] + [data-testid="stLayoutWrapper"] {
  border-top: 1px solid rgba(128, 136, 148, 0.35); padding-top: 0.3rem;
}
@media (max-width: 1150px) {
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"]) { flex-wrap: wrap; }
  [data-testid="stColumn"] { min-width: min(100%, 17rem); }
}
[class*="st-key-sideways_"] { overflow-x: auto; }
[class*="st-key-sideways_"] [data-testid="stVegaLiteChart"] { min-width: 44rem; }
[data-testid="stImage"] { column-gap: 0.4rem; }
#vg-tooltip-element img { width: 4.5rem; image-rendering: pixelated; }
</style>"""


def style() -> None:
    """Send the little that the theme cannot say."""
    st.html(STYLE)


def report_picker() -> None:
    """Draw the picker of reports; the choice lives in the URL."""
    names = list(loaders.find_reports())
    if not names:
        st.caption("No report found yet.")
        return
    pickers.pick("Report", names, "report", help_text="Folders of store/data that hold stores.")


def open_page(question: str, study: str, *claim_ids: str) -> loaders.Study:
    """Draw the title and what was found, then return the open study.

    claim_ids: the claims that this page is evidence for, the main one first.
    """
    st.title(question, anchor=False)
    opened = loaders.load_study(study)
    claims(opened, *claim_ids)
    return opened


def claims(study: loaders.Study, *claim_ids: str) -> None:
    """Draw each claim's verdict and finding, or say that the report does not make it."""
    for claim_id in claim_ids:
        claim = study.claim(claim_id)
        if claim is None:
            st.info(f"This report makes no claim named {claim_id}.")
        else:
            finding(claim)


def statement(sentences: list[str]) -> None:
    """Draw what was found where the original claimed nothing: the main sentence, then others."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"##### {formatting.escaped(sentences[0])}")
        for sentence in sentences[1:]:
            st.markdown(formatting.escaped(sentence))


def finding(claim: loaders.Claim) -> None:
    """Draw one claim's verdict and finding, with the sentence that it tests."""
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            verdict_badge(claim.verdict)
            st.caption(f"“{formatting.escaped(claim.sentence)}”", width="content")
        main, rest = formatting.main_and_rest(claim.finding)
        st.markdown(f"##### {main}")
        if rest:
            st.markdown(rest)


def said(finding: str) -> None:
    """Draw a finding that is no claim of the original report."""
    main, rest = formatting.main_and_rest(finding)
    st.markdown(f"**{main}** {rest}")


def verdict_badge(verdict: str) -> None:
    """Draw a verdict as a word with an icon."""
    colour, icon = formatting.MARKS[verdict]
    st.badge(verdict, icon=icon, color=colour)


def show(
    study: loaders.Study, build: Callable[P, Figure], /, *args: P.args, **kwargs: P.kwargs
) -> None:
    """Draw the figure that a function of `charts` builds, its numbers, and where they come from."""
    figures.with_numbers(build, *args, **kwargs)
    source(study)


def source(study: loaders.Study) -> None:
    """Draw the sentence that says where the numbers above come from."""
    sentence = formatting.source_sentence(study.provenance, study.store.content_hash)
    st.caption(formatting.escaped(sentence))


def method(name: str) -> None:
    """Draw how a page's numbers were measured, what to beware of and whom to cite."""
    with st.expander("How this was measured", icon=":material/science:"):
        st.markdown(
            (DASHBOARD / navigation.page_folder(name) / "method.md").read_text(encoding="utf-8")
        )


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
