"""One sentence per claim that says what was found, whichever way it fell."""

from precompute.clip.alignment_evidence import AlignmentEvidence
from precompute.clip.gap_evidence import GapEvidence
from precompute.clip.methods import CLASS_MEAN, MEAN_REMOVAL, NONE, PROCRUSTES, SHUFFLED
from precompute.clip.prompt_evidence import PromptEvidence, Rival
from precompute.clip.prompts import MAIN_STYLE
from precompute.statistics import Estimate, percent, percent_range

SIGNIFICANCE = 0.05


def prompts_finding(evidence: PromptEvidence, kind: str, published: str) -> str:
    """Say the photo template's accuracy and how it compares with every other wording.

    Args:
        evidence: accuracies and paired tests.
        kind: "prompt-classification accuracy" or "zero-shot accuracy".
        published: a sentence on a published number for the same weights and images, or "".
    """
    if not evidence.rivals:
        paired = f"There are no two templates, one named '{MAIN_STYLE}', to compare."
        said = f"On {evidence.n_images:,} images {kind} is {evidence.photo.value:.4f}. {paired}"
        return f"{said} {published}".strip()
    singles = [rival for rival in evidence.rivals if not rival.ensemble]
    clear = [rival for rival in singles if rival.p_value < SIGNIFICANCE]
    better = sum(rival.test.only_second > rival.test.only_first for rival in clear)
    own = [rival for rival in singles if rival.own]
    others = "".join(f", with '{rival.style}' {rival.accuracy.value:.4f}" for rival in own)
    said = (
        f"On {evidence.n_images:,} images {kind} with '{MAIN_STYLE}' is "
        f"{evidence.photo.value:.4f}{others}. {' '.join(map(_rival, own))} "
        f"Over {evidence.n_templates:,} templates it runs from "
        f"{evidence.lowest.value:.4f} to {evidence.highest.value:.4f} "
        f"('{evidence.highest_template}'); {better} of the others do better than '{MAIN_STYLE}' "
        f"and {len(clear) - better} worse, by exact McNemar tests after Holm's correction."
    )
    return f"{said} {published}".strip()


def _rival(rival: Rival) -> str:
    return (
        f"{rival.test.only_first:,} images are right only with '{MAIN_STYLE}', "
        f"{rival.test.only_second:,} only with '{rival.style}' ({p_value(rival.p_value)})."
    )


def gap_finding(evidence: GapEvidence) -> str:
    """Say how far apart the means are, and how well a plane and the gap's direction separate."""
    distance = evidence.estimate("gap_distance")
    matched, unmatched = evidence.estimate("matched_cosine"), evidence.estimate("unmatched_cosine")
    return (
        f"The means of {evidence.n_images:,} held-out images and {evidence.n_texts:,} distinct "
        f"texts lie {distance.value:.3f} apart ({interval(distance)}), "
        f"{evidence.halves:.3f} for two random halves of the images; the relative gap is "
        f"{evidence.estimate('relative_gap').value:.3f}. {_told_apart(evidence)} "
        f"Along the gap's direction "
        f"{percent(evidence.images_beyond)} of the images and "
        f"{percent(evidence.texts_beyond)} of the texts lie on their own side of the midpoint. "
        f"An image's cosine with its own class's "
        f"'{evidence.style}' prompt is {matched.value:.3f} on average, with the "
        f"others' {unmatched.value:.3f}."
    )


def _told_apart(evidence: GapEvidence) -> str:
    """Say how well a plane tells images from texts out of fold."""
    found = evidence.metric("separability")
    if found.reason:
        return f"Whether a plane tells the two apart is not defined, for {found.reason}."
    apart = found.estimate
    return (
        f"Out of fold a plane tells {percent(apart.value)} of them apart ({percent_range(apart)})."
    )


def procrustes_finding(evidence: AlignmentEvidence) -> str:
    """Say accuracy and gap before and after, and what the controls reach."""
    none, after = evidence.methods[NONE], evidence.methods[PROCRUSTES]
    shuffled, test = evidence.methods[SHUFFLED], after.against_none
    return (
        f"Fitted on {evidence.n_fit:,} labelled images, orthogonal Procrustes takes accuracy on "
        f"{evidence.n_held_out:,} held-out images from {none.accuracy.value:.4f} to "
        f"{after.accuracy.value:.4f} ({interval(after.accuracy, 4)}): {test.only_second:,} "
        f"images gained, {test.only_first:,} lost, exact McNemar {p_value(test.p_value)}. The gap "
        f"goes from {none.moved.gap.value:.3f} to {after.moved.gap.value:.3f}; fitted on shuffled "
        f"pairs it goes to {shuffled.moved.gap.value:.3f} too, at accuracy "
        f"{shuffled.accuracy.value:.4f}, so a closed gap shows no alignment of meaning. No such "
        f"map gets below {evidence.floor:.3f}. {_shots(evidence)} For comparison, removing each "
        f"modality's mean gives {evidence.methods[MEAN_REMOVAL].accuracy.value:.4f} and the "
        f"nearest class mean, which reads no text, "
        f"{evidence.methods[CLASS_MEAN].accuracy.value:.4f}."
    )


def _shots(evidence: AlignmentEvidence) -> str:
    """Say from how many images per class on the map is no worse than none."""
    shots = evidence.shots
    crossing = int(shots.crossing[shots.methods.index(PROCRUSTES)])
    if crossing < 0:
        return (
            f"With no number of images per class, up to {shots.per_class[-1]:,}, does it catch up."
        )
    return f"From {crossing:,} images per class on it is no worse than no map."


def p_value(p: float) -> str:
    """Return a p-value as readers print it."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def interval(estimate: Estimate, digits: int = 3) -> str:
    """Return the interval of an estimate in words."""
    return f"95 % interval {estimate.low:.{digits}f} to {estimate.high:.{digits}f}"
