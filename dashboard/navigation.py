"""The registry of pages: one row says all of a page but what it draws.

A page is a module named like its row, beside a text of the same name on how its numbers were
measured. Streamlit runs the module as `__main__`, so that others may import what is in it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard.ui import formatting
from store.schema.clip import names as clip
from store.schema.vae import names as vae
from store.schema.vit import names as vit

DASHBOARD = Path(__file__).parent
REPORT = "Report"  # the section of pages about a report as a whole


@dataclass(frozen=True)
class Page:
    """One page of the site."""

    name: str  # with hyphens its URL path
    title: str
    icon: str
    study: str = ""  # the one study that it needs; none where it is about all of them
    claims: tuple[str, ...] = ()  # the claims that it tells, the main one first
    of_several_reports: bool = False

    @property
    def section(self) -> str:
        """Return the section of the navigation in which the page stands."""
        return formatting.STUDY_TITLES[self.study] if self.study else REPORT

    @property
    def url_path(self) -> str:
        """Return the last part of the page's address."""
        return self.name.replace("_", "-")

    @property
    def file(self) -> str:
        """Return the file that Streamlit runs, from the dashboard's folder."""
        return f"{self.section.lower()}/{self.name}.py"

    @property
    def method(self) -> Path:
        """Return the file that says how the page's numbers were measured."""
        return (DASHBOARD / self.file).with_suffix(".md")

    def link(self, label: str = "", query: dict[str, str] | None = None) -> None:
        """Draw a link to the page, or with a query to the view that it names."""
        st.page_link(self.file, label=label or self.title, icon=self.icon, query_params=query)


FIRST = "overview"
_ROWS = (  # in the order of the navigation
    Page("overview", "Overview", ":material/fact_check:"),
    Page("one_picture", "One picture", ":material/center_focus_strong:"),
    Page("questions", "Questions", ":material/quiz:"),
    Page("compare", "Compare", ":material/balance:", of_several_reports=True),
    Page("about", "About", ":material/info:"),
    Page("attention", "Attention", ":material/visibility:", "vit", (vit.LABEL_CLAIM,)),
    Page("outline", "Outline", ":material/texture:", "vit", (vit.OUTLINE_CLAIM,)),
    Page("shape", "Shape", ":material/interests:", "vit", (vit.SHAPE_CLAIM,)),
    Page("masking", "Masking", ":material/grid_off:", "vit", (vit.CENTRE_CLAIM, vit.RANDOM_CLAIM)),
    Page("faithfulness", "Faithfulness", ":material/compare_arrows:", "vit"),
    Page("probes", "Probes", ":material/straighten:", "vit"),
    Page("training", "Training", ":material/trending_down:", "vae", (vae.LOSS_CLAIM,)),
    Page(
        *("reconstructions", "Reconstructions", ":material/compare:", "vae"),
        claims=(vae.BLUR_CLAIM, vae.REENCODE_CLAIM),
    ),
    Page("latent_space", "Latent space", ":material/scatter_plot:", "vae"),
    Page("collapse", "Collapse", ":material/blur_off:", "vae"),
    Page("priors", "Priors", ":material/casino:", "vae"),
    Page("explorer", "Explorer", ":material/tune:", "vae"),
    Page("prompts", "Prompts", ":material/chat:", "clip", (clip.PROMPTS_CLAIM,)),
    Page(
        "modality_gap",
        "Modality gap",
        ":material/join_inner:",
        "clip",
        (clip.GAP_CLAIM, clip.INSIDE_CLAIM),
    ),
    Page("alignment", "Alignment", ":material/sync_alt:", "clip", (clip.PROCRUSTES_CLAIM,)),
)
PAGES = {page.name: page for page in _ROWS}


def sections(studies: Collection[str]) -> dict[str, list[st.Page]]:
    """Return the pages by section, as `st.navigation` wants them.

    studies: those that the chosen report has; pages of others are hidden, and their links work.
    """
    by_section: dict[str, list[st.Page]] = {}
    for page in PAGES.values():
        file, title, icon, path = page.file, page.title, page.icon, page.url_path
        first = page.name == FIRST
        here = not page.study or page.study in studies
        entry = st.Page(
            file,
            title=title,
            icon=icon,
            url_path=path,
            default=first,
            visibility="visible" if here else "hidden",
        )
        by_section.setdefault(page.section, []).append(entry)
    return by_section


def page_of_claim(claim_id: str) -> Page:
    """Return the page that tells a claim. Raises LookupError: no page does."""
    for page in PAGES.values():
        if claim_id in page.claims:
            return page
    raise LookupError(f"No page tells the claim {claim_id!r}; name it in a row of navigation.PAGES")
