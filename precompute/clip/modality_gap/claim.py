"""Is there a gap, and do images lie within texts: rules, verdicts and words of both claims."""

from precompute.claims import judge
from precompute.clip.modality_gap.summary import GapEvidence
from precompute.statistics import interval, percent, percent_range
from store.records import Claim
from store.schema.clip import modality_gap, names

FEW_INSIDE, MOST_INSIDE = 0.05, 0.5  # of the texts: clouds apart, clouds that share one place


def gap_claim(evidence: GapEvidence) -> Claim:
    """Do images and texts lie further apart than images of the same classes would?"""
    gap = evidence.balanced
    return Claim(
        id=names.GAP_CLAIM,
        sentence="There is a modality gap between images and texts.",
        original="a plot of both, judged by eye: there is a gap",
        **vars(gap),
        unit="distance between the class-balanced means of images and texts",
        n=evidence.n_images,
        control=evidence.by_chance,
        control_name="95% of draws with images in the place of texts",
        # Supported when all of the interval lies above what 95 in 100 draws reach where each
        # class's texts are an image of that class, refuted when all of it lies below.
        verdict=judge(gap.low > evidence.by_chance, gap.high < evidence.by_chance),
        finding=gap_finding(evidence),
        evidence=modality_gap.METRIC.path,
    )


def gap_finding(evidence: GapEvidence) -> str:
    """Say how far apart the means lie beside chance, in how many directions, and cosines."""
    gap, chance = evidence.balanced, evidence.by_chance
    pairs = (names.MATCHED_COSINE, names.UNMATCHED_COSINE)
    matched, unmatched = map(evidence.estimate, pairs)
    apart = evidence.estimate(names.SEPARABILITY)
    there = "There is a gap" if gap.low > chance else "There is no gap beyond chance"
    if gap.low <= chance <= gap.high:
        there = "Whether there is a gap is open"
    return (
        f"{there}: images and texts lie {gap.value:.3f} apart. {evidence.n_images:,} held-out "
        f"images, {evidence.n_texts:,} distinct texts, each class counted alike: {interval(gap)}. "
        f"With an image in the place of each class's texts, 95% of draws stay below {chance:.3f}. "
        f"The gaps of two classes have a mean cosine of "
        f"{evidence.estimate(names.GAP_DIRECTION).value:.2f}, and one plane tells "
        f"{percent(apart.value)} of images and texts apart in classes that it was not fitted on "
        f"({percent_range(apart)}). The relative gap is "
        f"{evidence.estimate(names.RELATIVE_GAP).value:.3f}. The mean cosine of an image with the "
        f"'{evidence.style}' prompt of its own class is {matched.value:.3f}, of other classes "
        f"{unmatched.value:.3f}."
    )


def inside_claim(evidence: GapEvidence) -> Claim:
    """Do texts lie where images do, as near to an image as images are to each other?"""
    inside = evidence.estimate(names.TEXTS_INSIDE)
    return Claim(
        id=names.INSIDE_CLAIM,
        sentence="The images' embeddings lie within those of the texts.",
        original="the same plot, judged by eye",
        **vars(inside),
        unit="share of texts that lie as near to an image as images do",
        n=evidence.n_texts,
        control=evidence.halves_inside,
        control_name="images in the place of texts",
        # Refuted when at most one text in twenty lies inside the cloud of images, supported when
        # more than half do, each with the whole interval over classes. Texts are asked and not
        # images: a class's texts are near copies, and no image is as near to one as they are.
        verdict=judge(inside.low > MOST_INSIDE, inside.high <= FEW_INSIDE),
        finding=inside_finding(evidence),
        evidence=modality_gap.METRIC.path,
    )


def inside_finding(evidence: GapEvidence) -> str:
    """Say how many texts lie inside the cloud of images, and how many images would."""
    inside = evidence.estimate(names.TEXTS_INSIDE)
    share = "None" if inside.value == 0 else percent(inside.value)
    return (
        f"{share} of the texts lie inside the cloud of images. Inside is as near "
        f"to an image as 95% of images are to another one; {percent(evidence.halves_inside)} of "
        f"images that were held apart are. {evidence.n_texts:,} texts, {percent_range(inside)}."
    )


CLAIMS = (gap_claim, inside_claim)
