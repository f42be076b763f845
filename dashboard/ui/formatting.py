"""Numbers, verdicts and untrusted text, put into words for the screen."""

import math
import re
from typing import Literal

from store.records import Provenance

BadgeColour = Literal["blue", "orange", "violet"]
MARKS: dict[str, tuple[BadgeColour, str]] = {  # by verdict; told apart without colour too
    "supported": ("blue", ":material/check_circle:"),
    "refuted": ("orange", ":material/cancel:"),
    "undecided": ("violet", ":material/help:"),
}
FAULTS = {  # kind of store error -> icon, what it means for the reader
    "StoreMissing": (":material/inventory_2:", "It has not been made yet."),
    "StoreEmpty": (":material/draft:", "Its file is empty."),
    "StoreTruncated": (":material/broken_image:", "Its file was cut short, as downloads can be."),
    "NotHdf5": (":material/draft:", "Its file is of another kind."),
    "LfsPointer": (":material/cloud_download:", "Its file was not fetched with the repository."),
    "StoreIncomplete": (":material/hourglass_empty:", "Its run did not finish."),
    "StoreNewer": (":material/update:", "A later version of this program wrote it."),
    "WrongStudy": (":material/swap_horiz:", "Its file holds another study."),
    "StoreHostile": (":material/gpp_maybe:", "Its file holds what no report has; it was not read."),
    "StoreDamaged": (":material/broken_image:", "Its file is damaged."),
    "SchemaMismatch": (":material/history:", "Another version of this program wrote it."),
}
SHARES = ("share", "survival")  # words in the unit of a claim that is a share
LEAST_WHOLE = 0.01  # a smaller share of patches is written with one decimal
STUDY_TITLES = {"vit": "ViT", "vae": "VAE", "clip": "CLIP"}


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is: no link, image, colour or formula in it."""
    one_line = " ".join(str(text).encode("utf-8", "backslashreplace").decode().split())
    without_markup = re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&=^\"'@])", r"\\\1", one_line)
    # Streamlit makes links of what is left of addresses; a word joiner, invisible, prevents it.
    return re.sub(r"(?i)(https?|www|@)", "\\1\u2060", without_markup)


def main_and_rest(text: str) -> tuple[str, str]:
    """Return a finding's first sentence and what follows it, ready for Markdown."""
    main, *rest = re.split(r"(?<=[.?!]) (?=[A-Z0-9'])", minus(text), maxsplit=1)
    return escaped(main), escaped("".join(rest))


def template_title(template: str) -> str:
    """Return a prompt template as a reader would write it."""
    return template.replace("{}", "⟨class⟩")


def patch_share(ratio: float) -> str:
    """Return a share of patches, with a decimal where it is less than one in a hundred."""
    return f"{ratio:.0%}" if ratio >= LEAST_WHOLE else f"{ratio:.1%}"


def number(value: float) -> str:
    """Return a value with three decimals below 10, one from there on."""
    if math.isnan(value):
        return "not defined"
    if 0 < abs(value) < 0.0005:
        return minus(f"{value:.1e}")
    return minus(f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}")


def minus(text: str) -> str:
    """Return our own words with a true minus before a negative number; ranges and names stay."""
    return re.sub(r"(?<![\w.)\]-])-(?=\d)", "\N{MINUS SIGN}", text)


def measured(value: float, unit: str) -> str:
    """Return a claim's value: a share in per cent, others as a number."""
    if math.isnan(value):
        return "not defined"
    if not any(word in unit for word in SHARES):
        return number(value)
    return minus(f"{100 * value:.1f}%".replace(".0%", "%"))


def with_interval(value: float, low: float, high: float) -> str:
    """Return a value and its 95% interval in words."""
    if math.isnan(low) or math.isnan(high):
        return number(value)
    return f"{number(value)} ({number(low)} to {number(high)})"


def p_value(value: float) -> str:
    """Return a p-value; tiny ones as a bound."""
    if math.isnan(value):
        return "not defined"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def titled(name: str, titles: dict[str, str]) -> str:
    """Return the reader's word for a stored name, or the name where it is not ours."""
    return titles.get(name, name.replace("_", " "))


def capitalised(text: str) -> str:
    """Return words as they begin a line."""
    return text[:1].upper() + text[1:]


def source_sentence(provenance: Provenance, content_hash: str) -> str:
    """Return one sentence that says where a figure's numbers come from."""
    made = provenance.created_utc[:10] or "an unrecorded date"
    return (
        f"{STUDY_TITLES.get(provenance.study, provenance.study)} study of report "
        f"{provenance.report}: {provenance.model} on {provenance.dataset}, seed {provenance.seed}, "
        f"made {made} on {provenance.device}; contents {content_hash[:12]}."
    )
