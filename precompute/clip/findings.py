"""One sentence per claim that says what was found, whichever way it fell."""

from math import isnan

from precompute.clip.alignment.measure import AlignmentEvidence
from precompute.clip.alignment.methods import CLASS_MEAN, MEAN_REMOVAL, NONE, PROCRUSTES, SHUFFLED
from precompute.clip.modality_gap.summary import SEPARATE, GapEvidence
from precompute.clip.prompts.measure import MAIN_STYLE
from precompute.clip.prompts.summary import PromptEvidence, Rival
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
    """Say whether the clouds touch, how far apart their means lie, and how cosines differ."""
    distance = evidence.estimate("gap_distance")
    matched, unmatched = evidence.estimate("matched_cosine"), evidence.estimate("unmatched_cosine")
    return (
        f"{_told_apart(evidence)} {_means_apart(distance, evidence.halves)}: the means of "
        f"{evidence.n_images:,} held-out images and {evidence.n_texts:,} distinct texts lie "
        f"{distance.value:.3f} apart ({interval(distance)}), where two random halves of the images "
        f"lie {evidence.halves:.3f} apart by chance; the relative gap is "
        f"{evidence.estimate('relative_gap').value:.3f}. Along the gap's direction "
        f"{percent(evidence.images_beyond)} of the images and "
        f"{percent(evidence.texts_beyond)} of the texts lie on their own side of the midpoint. "
        f"An image's cosine with its own class's "
        f"'{evidence.style}' prompt is {matched.value:.3f} on average, with the "
        f"others' {unmatched.value:.3f}."
    )


def _told_apart(evidence: GapEvidence) -> str:
    """Say how well a plane tells images from texts of classes that it never met."""
    apart = evidence.estimate("separability")
    if apart.low >= SEPARATE:
        said = "The two clouds hardly touch"
    elif apart.high < SEPARATE:
        said = "The two clouds overlap"
    else:
        said = "Whether the two clouds overlap is open"
    halves = f", {percent(evidence.halves_apart)} of two random halves of the images"
    return (
        f"{said}: a plane that never met the class tells {percent(apart.value)} of images and "
        f"texts apart ({percent_range(apart)}){'' if isnan(evidence.halves_apart) else halves}; "
        f"separate clouds ask for {percent(SEPARATE)}."
    )


def _means_apart(distance: Estimate, halves: float) -> str:
    if distance.low > halves:
        return "There is a gap"
    if distance.high < halves:
        return "There is no gap"
    return "A gap is not clear of chance"


def procrustes_finding(evidence: AlignmentEvidence) -> str:
    """Say accuracy and gap before and after, and what the controls reach."""
    none, after = evidence.methods[NONE], evidence.methods[PROCRUSTES]
    test = after.against_none
    return (
        f"Fitted on {evidence.n_fit:,} labelled images, orthogonal Procrustes takes accuracy on "
        f"{evidence.n_held_out:,} held-out images from {none.accuracy.value:.4f} to "
        f"{after.accuracy.value:.4f} ({interval(after.accuracy, 4)}): {test.only_second:,} "
        f"images gained, {test.only_first:,} lost, exact McNemar {p_value(test.p_value)}. "
        f"{_beside_shuffled(evidence)} {_gaps(evidence)} No such map gets below "
        f"{evidence.floor:.3f}. {_shots(evidence)} For comparison, removing each "
        f"modality's mean gives {evidence.methods[MEAN_REMOVAL].accuracy.value:.4f} and the "
        f"nearest class mean, which reads no text, "
        f"{evidence.methods[CLASS_MEAN].accuracy.value:.4f}."
    )


def _beside_shuffled(evidence: AlignmentEvidence) -> str:
    """Say what the true pairs are worth beside shuffled ones."""
    test = evidence.against_shuffled
    chance = ", no more than chance" if test.p_value >= SIGNIFICANCE else ""
    return (
        f"The same fit on shuffled pairs reaches {evidence.methods[SHUFFLED].accuracy.value:.4f}; "
        f"{test.only_second:,} images are right only with the true pairs and {test.only_first:,} "
        f"only with the shuffled ones ({p_value(test.p_value)}{chance})."
    )


def _gaps(evidence: AlignmentEvidence) -> str:
    """Say what becomes of the gap; that it closes under shuffled pairs too is worth a warning."""
    before, after, shuffled = (
        evidence.methods[name].moved.gap.value for name in (NONE, PROCRUSTES, SHUFFLED)
    )
    goes = f"The gap goes from {before:.3f} to {after:.3f}, with shuffled pairs to {shuffled:.3f}"
    if after >= before:
        return f"{goes}: it does not close."
    if shuffled >= before:
        return f"{goes}."
    return f"{goes}: a gap that closes shows no alignment of meaning."


def _shots(evidence: AlignmentEvidence) -> str:
    """Say from how many images per class on the map is as good as none."""
    shots = evidence.shots
    crossing = int(shots.crossing[shots.methods.index(PROCRUSTES)])
    level = "its mean over draws is at least the accuracy without a map"
    images = "image" if crossing == 1 else "images"
    said = f"From {crossing:,} {images} per class on {level}." if crossing >= 0 else ""
    if evidence.methods[PROCRUSTES].against_none.p_value >= SIGNIFICANCE:
        even = "With all fit images it differs from no map by no more than chance."
        return f"{said} {even}" if 0 <= crossing < shots.per_class[-1] else even
    if crossing == shots.per_class[-1]:  # the largest class's count; other classes may have fewer
        return "Only with all fit images is it better than no map."
    return said or "With no number of images per class, nor with all fit images, does it catch up."


def p_value(p: float) -> str:
    """Return a p-value as readers print it."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def interval(estimate: Estimate, digits: int = 3) -> str:
    """Return the interval of an estimate in words."""
    return f"95 % interval {estimate.low:.{digits}f} to {estimate.high:.{digits}f}"
