"""One sentence per claim that says what was found, whichever way it fell."""

from precompute.clip.alignment_evidence import (
    CLASS_MEAN,
    MEAN_REMOVAL,
    NONE,
    PROCRUSTES,
    SHUFFLED,
    AlignmentEvidence,
)
from precompute.clip.gap_evidence import GapEvidence
from precompute.clip.prompt_evidence import PromptEvidence, Rival
from precompute.clip.prompts import MAIN_STYLE
from precompute.statistics import Estimate, percent


def prompts_finding(evidence: PromptEvidence, kind: str, published: str) -> str:
    """Say each template's accuracy and how the photo template compares with the others.

    Args:
        evidence: accuracies and paired tests.
        kind: "prompt-classification accuracy" or "zero-shot accuracy".
        published: a sentence on a published number for the same weights and images, or "".
    """
    each = ", ".join(
        f"{estimate.value:.4f} with '{template}' ({style})"
        for style, template, estimate in zip(
            evidence.styles, evidence.templates, evidence.accuracy, strict=True
        )
    )
    if not evidence.rivals:
        paired = f"There are no two templates, one named '{MAIN_STYLE}', to compare."
    else:
        paired = " ".join(_rival(rival) for rival in evidence.rivals)
    said = f"On {evidence.n_images:,} images {kind} is {each}. {paired}"
    return f"{said} {published}".strip()


def _rival(rival: Rival) -> str:
    return (
        f"Against {rival.style}, {rival.test.only_first:,} images are right only with "
        f"{MAIN_STYLE} and {rival.test.only_second:,} only with {rival.style} (exact McNemar, "
        f"Holm-adjusted {p_value(rival.p_value)})."
    )


def gap_finding(evidence: GapEvidence) -> str:
    """Say how far apart the means are, and how well the gap's direction separates the two."""
    estimates = evidence.estimates
    return (
        f"The means of {evidence.n_images:,} held-out images and {evidence.n_texts:,} distinct "
        f"prompts lie {estimates.distance.value:.3f} apart ({interval(estimates.distance)}), "
        f"{evidence.halves:.3f} for two random halves of the images; their cosine is "
        f"{estimates.centroid_cosine.value:.3f}. Along the gap's direction "
        f"{percent(evidence.images_beyond)} of the images and "
        f"{percent(evidence.texts_beyond)} of the prompts lie on their own side of the midpoint. "
        f"An image's cosine with its own class's "
        f"'{evidence.style}' prompt is {estimates.matched_cosine.value:.3f} on average, with the "
        f"others' {estimates.unmatched_cosine.value:.3f}."
    )


def procrustes_finding(evidence: AlignmentEvidence) -> str:
    """Say accuracy and gap before and after, and what the controls reach."""
    none, after = evidence.methods[NONE], evidence.methods[PROCRUSTES]
    shuffled, test = evidence.methods[SHUFFLED], evidence.methods[PROCRUSTES].against_none
    return (
        f"Fitted on {evidence.n_fit:,} labelled images, orthogonal Procrustes takes accuracy on "
        f"{evidence.n_held_out:,} held-out images from {none.accuracy.value:.4f} to "
        f"{after.accuracy.value:.4f} ({interval(after.accuracy, 4)}): {test.only_second:,} "
        f"images gained, {test.only_first:,} lost, exact McNemar {p_value(test.p_value)}. The gap "
        f"goes from {none.gap.value:.3f} to {after.gap.value:.3f}; fitted on shuffled pairs it "
        f"goes to {shuffled.gap.value:.3f} too, at accuracy {shuffled.accuracy.value:.4f}, so a "
        f"closed gap shows no alignment of meaning. No such map gets below "
        f"{evidence.floor:.3f}. For comparison, removing each modality's mean gives "
        f"{evidence.methods[MEAN_REMOVAL].accuracy.value:.4f} and the nearest class mean, which "
        f"reads no text, {evidence.methods[CLASS_MEAN].accuracy.value:.4f}."
    )


def p_value(p: float) -> str:
    """Return a p-value as readers print it."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def interval(estimate: Estimate, digits: int = 3) -> str:
    """Return the interval of an estimate in words."""
    return f"95 % interval {estimate.low:.{digits}f} to {estimate.high:.{digits}f}"
