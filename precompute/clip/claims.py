"""The three claims of the CLIP study, each with its verdict rule in a comment."""

import math

from precompute.clip.alignment.measure import AlignmentEvidence
from precompute.clip.alignment.methods import NONE, PROCRUSTES, SHUFFLED
from precompute.clip.findings import (
    SIGNIFICANCE,
    gap_finding,
    procrustes_finding,
    prompts_finding,
)
from precompute.clip.modality_gap.summary import SEPARATE, GapEvidence
from precompute.clip.prompts.summary import PromptEvidence
from store.records import Claim, Verdict
from store.schema.clip import alignment, modality_gap, prompts

PUBLISHED = {  # model -> list of templates, and accuracy on STL-10 that others measured with it
    "ViT-B-32-quickgelu/openai": ("openai_stl10", 0.971),
    "ViT-B-16-quickgelu/openai": ("openai_stl10", 0.983),
    "ViT-L-14-quickgelu/openai": ("openai_stl10", 0.994),
}
PUBLISHED_ON = ("STL10 train and test", 8_000)  # name of the images, and test images: all there are
REPRODUCED_WITHIN = 0.002  # open_clip's and CLIP_benchmark's tables differ by half of it


def accuracy_name(seen_class_names: bool) -> str:
    """Name the accuracy: weights that were trained on the class names are never zero-shot."""
    return "prompt-classification accuracy" if seen_class_names else "zero-shot accuracy"


def published_words(evidence: PromptEvidence, model: str, images: str) -> str:
    """Say what is published for this model and these images, beside what was measured; or ""."""
    if model not in PUBLISHED or (images, evidence.n_images) != PUBLISHED_ON:
        return ""
    name, expected = PUBLISHED[model]
    ours = [rival for rival in evidence.rivals if rival.style == f"ensemble {name}"]
    if not ours:
        return f"open_clip publishes {expected:.3f} for these weights with the list {name}."
    value = ours[0].accuracy.value
    fits = abs(value - expected) <= REPRODUCED_WITHIN
    return (
        f"For these weights and the list {name} open_clip publishes {expected:.3f}; measured here: "
        f"{value:.4f}, {'within' if fits else 'NOT within'} {REPRODUCED_WITHIN}."
    )


def prompts_claim(
    evidence: PromptEvidence, seen_class_names: bool, model: str, images: str
) -> Claim:
    """Does "a photo of a ..." label more images right than every other template?"""
    kind = accuracy_name(seen_class_names)
    photo, plain = evidence.photo, evidence.plain
    singles = [rival for rival in evidence.rivals if not rival.ensemble]
    clear = [rival for rival in singles if rival.p_value < SIGNIFICANCE]
    wins = [rival for rival in clear if rival.test.only_first > rival.test.only_second]
    losses = [rival for rival in clear if rival.test.only_second > rival.test.only_first]
    # Supported when photo beats each of the report's other templates on the same images, by exact
    # McNemar tests at 0.05 after Holm over every wording, and no single template is right more
    # often, be it by chance, for then it does not do best; refuted when one beats it likewise.
    # Ensembles are no single prompt and have no say.
    own = [rival for rival in singles if rival.own]
    best = photo.value >= evidence.highest.value
    supported = bool(own) and all(rival in wins for rival in own) and best
    return Claim(
        id="clip-prompts",
        sentence="The prompt 'a photo of a …' does best.",
        original="STL-10: 0.974 against 0.963 (plain) and 0.962 (a centered photo of a small …)",
        value=photo.value,
        low=photo.low,
        high=photo.high,
        unit=f"{kind} (share of images labelled right)",
        n=evidence.n_images,
        control=plain.value if plain else math.nan,
        control_name="the plain class name" if plain else "none: no plain template",
        verdict=_verdict(supported, bool(losses)),
        finding=prompts_finding(evidence, kind, published_words(evidence, model, images)),
        evidence=prompts.ACCURACY.path,
    )


def gap_claim(evidence: GapEvidence) -> Claim:
    """Do images and texts lie further apart than two halves of the images, and hardly touch?"""
    distance, apart = evidence.estimate("gap_distance"), evidence.estimate("separability")
    return Claim(
        id="clip-gap",
        sentence="Image and text embeddings form separate clouds.",
        original="a plot of both, judged by eye",
        value=apart.value,
        low=apart.low,
        high=apart.high,
        unit="share of images and texts told apart by a plane that never met the class",
        n=evidence.n_images,
        control=evidence.halves_apart,
        control_name="two random halves of the images",
        # Supported when all of the interval of what a plane tells apart, of classes that it never
        # met, reaches SEPARATE, and that of the distance between the means lies above what two
        # halves of one cloud give: clouds may be shifted and overlap. Refuted when all of either
        # interval lies below.
        verdict=_verdict(
            distance.low > evidence.halves and apart.low >= SEPARATE,
            distance.high < evidence.halves or apart.high < SEPARATE,
        ),
        finding=gap_finding(evidence),
        evidence=modality_gap.METRIC.path,
    )


def procrustes_claim(evidence: AlignmentEvidence) -> Claim:
    """Does accuracy rise on held-out images after orthogonal Procrustes?"""
    after, before = evidence.methods[PROCRUSTES], evidence.methods[NONE]
    shuffled = evidence.against_shuffled
    clear = after.against_none.p_value < SIGNIFICANCE
    by_pairs = shuffled.p_value < SIGNIFICANCE and shuffled.only_second > shuffled.only_first
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
        # McNemar test at 0.05, and likewise higher than with the fit on shuffled pairs: where one
        # class has most images, any fit gains by leaning towards it. Refuted when it is lower than
        # without a map. The gap is no part of the rule, because shuffled pairs close it too.
        verdict=_verdict(
            clear and after.accuracy.value > before.accuracy.value and by_pairs,
            clear and after.accuracy.value < before.accuracy.value,
        ),
        finding=procrustes_finding(evidence),
        evidence=alignment.ALIGNED_ACCURACY.path,
    )


def _verdict(supported: bool, refuted: bool) -> Verdict:
    return "supported" if supported else "refuted" if refuted else "undecided"
