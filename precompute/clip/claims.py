"""The three claims of the CLIP study, each with its verdict rule in a comment."""

import math

from precompute.clip.alignment_evidence import NONE, PROCRUSTES, SHUFFLED, AlignmentEvidence
from precompute.clip.findings import gap_finding, procrustes_finding, prompts_finding
from precompute.clip.gap_evidence import GapEvidence
from precompute.clip.prompt_evidence import PromptEvidence
from precompute.clip.prompts import main_template
from store.records import Claim, Verdict
from store.schema import clip

SIGNIFICANCE = 0.05
PLAIN_STYLE = "plain"
PUBLISHED = {  # model and images -> what others measured
    ("ViT-B-32-quickgelu/openai", "STL10"): (
        "open_clip publishes 0.971 for these weights, with two photo templates averaged."
    ),
}


def accuracy_name(seen_class_names: bool) -> str:
    """Name the accuracy: weights that were trained on the class names are never zero-shot."""
    return "prompt-classification accuracy" if seen_class_names else "zero-shot accuracy"


def prompts_claim(
    evidence: PromptEvidence, seen_class_names: bool, model: str, images: str
) -> Claim:
    """Does "a photo of a ..." label more images right than every other template?"""
    kind = accuracy_name(seen_class_names)
    photo = evidence.accuracy[main_template(evidence.styles)]
    plain = math.nan
    if PLAIN_STYLE in evidence.styles:
        plain = evidence.accuracy[evidence.styles.index(PLAIN_STYLE)].value
    clear = [rival for rival in evidence.rivals if rival.p_value < SIGNIFICANCE]
    wins = [rival for rival in clear if rival.test.only_first > rival.test.only_second]
    losses = [rival for rival in clear if rival.test.only_second > rival.test.only_first]
    # Supported when photo beats every other template on the same images, by exact McNemar tests
    # at 0.05 after Holm; refuted when some other template beats it likewise.
    supported = bool(evidence.rivals) and len(wins) == len(evidence.rivals)
    return Claim(
        id="clip-prompts",
        sentence="The prompt 'a photo of a …' does best.",
        original="STL-10: 0.974 against 0.963 (plain) and 0.962 (a centered photo of a small …)",
        value=photo.value,
        low=photo.low,
        high=photo.high,
        unit=f"{kind} (share of images labelled right)",
        n=evidence.n_images,
        control=plain,
        control_name="the plain class name" if plain == plain else "none: no plain template",
        verdict=_verdict(supported, bool(losses)),
        finding=prompts_finding(evidence, kind, PUBLISHED.get((model, images), "")),
        evidence=clip.ACCURACY.path,
    )


def gap_claim(evidence: GapEvidence) -> Claim:
    """Do images and texts lie further apart than two halves of the images do?"""
    distance = evidence.estimates.distance
    return Claim(
        id="clip-gap",
        sentence="Image and text embeddings form separate clouds.",
        original="a plot of both, judged by eye",
        value=distance.value,
        low=distance.low,
        high=distance.high,
        unit="distance between the mean image and the mean text (0 to 2)",
        n=evidence.n_images,
        control=evidence.halves,
        control_name="two random halves of the images",
        # Supported when the whole interval lies above what two halves of one cloud give, refuted
        # when all of it lies below.
        verdict=_verdict(distance.low > evidence.halves, distance.high < evidence.halves),
        finding=gap_finding(evidence),
        evidence=clip.METRIC.path,
    )


def procrustes_claim(evidence: AlignmentEvidence) -> Claim:
    """Does accuracy rise on held-out images after orthogonal Procrustes?"""
    after, before = evidence.methods[PROCRUSTES], evidence.methods[NONE]
    clear = after.against_none.p_value < SIGNIFICANCE
    return Claim(
        id="clip-procrustes",
        sentence="Orthogonal Procrustes aligns the two and accuracy rises.",
        original="STL-10: 0.974 before, 0.977 after, on unspecified images",
        value=after.accuracy.value,
        low=after.accuracy.low,
        high=after.accuracy.high,
        unit="accuracy after alignment (share of held-out images labelled right)",
        n=evidence.n_held_out,
        control=evidence.methods[SHUFFLED].accuracy.value,
        control_name="fit on shuffled pairs",
        # Supported when accuracy on held-out images is higher than without a map, by an exact
        # McNemar test at 0.05; refuted when it is lower likewise. The gap is no part of the rule,
        # because shuffled pairs close it too.
        verdict=_verdict(
            clear and after.accuracy.value > before.accuracy.value,
            clear and after.accuracy.value < before.accuracy.value,
        ),
        finding=procrustes_finding(evidence),
        evidence=clip.ALIGNED_ACCURACY.path,
    )


def _verdict(supported: bool, refuted: bool) -> Verdict:
    return "supported" if supported else "refuted" if refuted else "undecided"
