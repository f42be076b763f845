"""Numbers, verdicts and untrusted text, put into words for the screen."""

import math
import re
from typing import Literal

from dashboard.charts import original_report
from store.records import Claim, LossConvention, Provenance

BadgeColour = Literal["blue", "orange", "violet"]
MARKS: dict[
    str, tuple[BadgeColour, str]
] = {  # verdict -> badge colour, icon: three equals, told apart without colour
    "supported": ("blue", ":material/check_circle:"),
    "refuted": ("orange", ":material/cancel:"),
    "undecided": ("violet", ":material/help:"),
}
FAULTS = {  # kind of store error -> icon, what it means for the reader
    "StoreMissing": (":material/inventory_2:", "It has not been made yet."),
    "StoreEmpty": (":material/draft:", "Its file is empty."),
    "StoreTruncated": (
        ":material/broken_image:",
        "Its file was cut short, as downloads can be.",
    ),
    "NotHdf5": (":material/draft:", "Its file is of another kind."),
    "LfsPointer": (":material/cloud_download:", "Its file was not fetched with the repository."),
    "StoreIncomplete": (":material/hourglass_empty:", "Its run did not finish."),
    "StoreNewer": (":material/update:", "A later version of this program wrote it."),
    "WrongStudy": (":material/swap_horiz:", "Its file holds another study."),
    "StoreHostile": (":material/gpp_maybe:", "Its file holds what no report has; it was not read."),
    "StoreDamaged": (":material/broken_image:", "Its file is damaged."),
    "SchemaMismatch": (":material/history:", "Another version of this program wrote it."),
}
LEAST_WHOLE = 0.01  # a smaller share of patches is written with one decimal
STUDY_TITLES = {"vit": "ViT", "vae": "VAE", "clip": "CLIP"}
ARM_TITLES = {
    "centre_block": "one block in the centre",
    "random_block": "one block anywhere",
    "scattered": "patches all over",
    "periphery": "the rim first",
    "most_attended": "most attended first",
    "least_attended": "least attended first",
}
FILL_TITLES = {
    "black": "black",
    "grey": "grey",
    "mean": "mean colour",
    "blur": "blur",
    "other_image": "another image",
    "token_drop": "tokens dropped",
}
ATTRIBUTION_TITLES = {
    "cls_attention": "CLS attention, last layer",
    "rollout": "rollout",
    "value_weighted": "value-weighted, last layer",
    "class_specific": "class-specific",
    "random": "random order",
}
UNTRAINED = "CLS attention, random weights"
SINK_TITLES = {
    "outlier_share": "patches that are outliers",
    "outlier_attention": "attention to outlier patches",
    "cls_attention": "attention of CLS to itself",
    "prefix_attention": "attention to registers",
}
METHOD_TITLES = {
    "none": "no alignment",
    "text_shift": "texts shifted (control)",
    "mean_removal": "means removed",
    "liang_shift": "shifted along the gap",
    "procrustes": "Procrustes",
    "procrustes_arbitrary": "Procrustes, rest at random",
    "procrustes_centred": "Procrustes, centred",
    "procrustes_shrunk": "Procrustes, shrunk",
    "ridge": "ridge map",
    "cca": "CCA",
    "procrustes_shuffled": "Procrustes, shuffled pairs (control)",
    "procrustes_rolled": "Procrustes, next class (control)",
    "random_rotation": "random rotation (control)",
    "class_mean": "class means, no text (baseline)",
    "logistic_probe": "logistic probe, no text (baseline)",
}
STATE_TITLES = {
    "none": "before",
    "procrustes": "after",
    "procrustes_shuffled": "control",
}
METRIC_TITLES = {
    "gap_distance": "gap distance",
    "centroid_cosine": "cosine between the two means",
    "matched_distance": "distance of matching pairs (L2I)",
    "relative_gap": "relative gap (RMG)",
    "matched_cosine": "mean cosine, matching pairs",
    "unmatched_cosine": "mean cosine, other pairs",
    "matched_auroc": "matching above other pairs (AUROC)",
    "margin": "margin over the next class",
    "alignment": "squared distance, matching pairs",
    "uniformity_images": "uniformity of images",
    "uniformity_texts": "uniformity of texts",
    "kernel_distance": "kernel distance (MMD²)",
    "effective_rank_images": "effective rank of images",
    "effective_rank_texts": "effective rank of texts",
    "gap_variance_share": "image variance along the gap",
    "frechet_means": "Fréchet, means",
    "frechet_covariances": "Fréchet, covariances",
    "neighbour_mixing": "neighbour mixing",
    "separability": "told apart by a plane",
    "image_to_text_1": "image to text, first 1",
    "image_to_text_5": "image to text, first 5",
    "image_to_text_10": "image to text, first 10",
    "text_to_image_1": "text to image, first 1",
    "text_to_image_5": "text to image, first 5",
    "text_to_image_10": "text to image, first 10",
}


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is: no link, image, colour or formula in it.

    Streamlit makes links of addresses once the backslashes are gone, so that an invisible word
    joiner stands where one would begin.
    """
    one_line = " ".join(str(text).split())
    without_markup = re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&=^\"'@])", r"\\\1", one_line)
    return re.sub(r"(?i)(https?|www|@)", "\\1\u2060", without_markup)


def main_and_rest(text: str) -> tuple[str, str]:
    """Return a finding's first sentence and what follows it, ready for Markdown."""
    main, *rest = re.split(r"(?<=[.?!]) (?=[A-Z0-9'])", text, maxsplit=1)
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
        return f"{value:.1e}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def with_interval(value: float, low: float, high: float) -> str:
    """Return a value and its 95 % interval in words."""
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


def tally(claims: list[Claim]) -> str:
    """Return how many claims have each verdict: '6 supported, 2 refuted, 2 undecided'."""
    counts = {verdict: sum(c.verdict == verdict for c in claims) for verdict in MARKS}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def source_sentence(provenance: Provenance, content_hash: str) -> str:
    """Return one sentence that says where a figure's numbers come from."""
    made = provenance.created_utc[:10] or "an unrecorded date"
    return (
        f"{STUDY_TITLES.get(provenance.study, provenance.study)} study of report "
        f"{provenance.report}: {provenance.model} on {provenance.dataset}, seed {provenance.seed}, "
        f"made {made} on {provenance.device}; contents {content_hash[:12]}."
    )


def read_convention(stored: str) -> LossConvention | None:
    """Return a stored loss convention; None where it is not ours."""
    try:
        return LossConvention.from_json(stored)
    except (ValueError, TypeError, KeyError):
        return None


def loss_convention(stored: str) -> str:
    """Return a stored loss convention as one sentence; one that is not ours, as it stands."""
    loss = read_convention(stored)
    if loss is None:
        return f"stored in words that this program does not know: {stored}"
    low, high = loss.pixel_range
    noise = f" of sigma {loss.sigma:.3g}" if loss.sigma else ""
    return (
        f"{loss.reconstruction.replace('_', ' ')}{noise} on pixels from {low:g} to {high:g}, "
        f"{loss.reduce_pixels} over pixels, {loss.reduce_batch} over the batch; KL weight "
        f"{loss.kl_weight:g}; decoded from the {loss.latent.replace('_', ' ')}; averaged over "
        f"{loss.averaged_over}."
    )


def prompt_task(provenance: Provenance) -> str:
    """Return what naming an image by its nearest prompt may be called for this model."""
    seen = provenance.preprocessing.get("seen_class_names", False)
    return "prompt classification" if seen else "zero-shot"


def task_note(provenance: Provenance) -> str:
    """Return one sentence on whether the model met these class names in training."""
    if prompt_task(provenance) == "zero-shot":
        return (
            "Called zero-shot because the report's settings name no training on these class names; "
            "nobody checked what else the model met."
        )
    return (
        "This model met these class names in training, so this is prompt classification, "
        "not zero-shot accuracy. Only differences between wordings are of interest."
    )


def diamonds_note(provenance: Provenance) -> str:
    """Return one sentence on the original report's accuracies, and what they may be held against.

    They are of CLIP ViT-B/32 with OpenAI's weights on STL-10's test images.
    """
    network, _, tag = provenance.model.partition("/")
    same = (
        network.removesuffix("-quickgelu") == "ViT-B-32" and tag == "openai",
        provenance.dataset.startswith("STL10"),
    )
    model, images = ("the same" if one else "another" for one in same)
    advice = "Order and height compare." if all(same) else "Compare their order, not their height."
    plain, photo, small = original_report.PROMPT_ACCURACY.values()
    return (
        f"Diamonds: the original report's plain {plain}, photo {photo} and small {small}, from "
        f"{model} model on {images} data set. {advice}"
    )
