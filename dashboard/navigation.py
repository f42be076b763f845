"""Which pages there are, in which section, and which page holds a claim's evidence."""

import streamlit as st

SECTIONS = {
    "Report": (
        ("overview", "Overview", ":material/fact_check:"),
        ("one_picture", "One picture", ":material/center_focus_strong:"),
        ("compare", "Compare", ":material/balance:"),
        ("about", "About", ":material/info:"),
    ),
    "ViT": (
        ("attention", "Attention", ":material/visibility:"),
        ("outline", "Outline", ":material/texture:"),
        ("masking", "Masking", ":material/grid_off:"),
        ("faithfulness", "Faithfulness", ":material/compare_arrows:"),
    ),
    "VAE": (
        ("training", "Training", ":material/trending_down:"),
        ("reconstructions", "Reconstructions", ":material/compare:"),
        ("latent_space", "Latent space", ":material/scatter_plot:"),
        ("explorer", "Explorer", ":material/tune:"),
    ),
    "CLIP": (
        ("prompts", "Prompts", ":material/chat:"),
        ("modality_gap", "Modality gap", ":material/join_inner:"),
        ("alignment", "Alignment", ":material/sync_alt:"),
    ),
}

FIRST = "overview"
ACROSS_REPORTS = ("compare",)  # pages that show more than one report

EVIDENCE = {  # claim -> page that shows its evidence
    "vit-label": "attention",
    "vit-outline": "outline",
    "vit-centre": "masking",
    "vit-random": "masking",
    "vae-loss": "training",
    "vae-blur": "reconstructions",
    "vae-reencode": "reconstructions",
    "clip-prompts": "prompts",
    "clip-gap": "modality_gap",
    "clip-procrustes": "alignment",
}


def sections() -> dict[str, list[st.Page]]:
    """Return the pages by section, as `st.navigation` wants them."""
    return {
        section: [
            st.Page(
                page_file(name),
                title=title,
                icon=icon,
                url_path=name.replace("_", "-"),
                default=name == FIRST,
            )
            for name, title, icon in pages
        ]
        for section, pages in SECTIONS.items()
    }


def section_of(name: str) -> str:
    """Return the section in which a page stands."""
    return next(
        section for section, pages in SECTIONS.items() if name in [page for page, _, _ in pages]
    )


def page_folder(name: str) -> str:
    """Return the folder of a page, from the dashboard's own."""
    return f"{section_of(name).lower()}/{name}"


def page_file(name: str) -> str:
    """Return the file that Streamlit runs for a page, from the dashboard's folder."""
    return f"{page_folder(name)}/page.py"


def link_to(name: str, label: str = "") -> None:
    """Draw a link to a page by its file's name."""
    title, icon = next(
        (title, icon) for pages in SECTIONS.values() for page, title, icon in pages if page == name
    )
    st.page_link(page_file(name), label=label or title, icon=icon)
