"""Do images and texts form separate clouds: rule, verdict and words of the claim on the gap."""

from math import isnan

from precompute.claims import judge
from precompute.clip.modality_gap.summary import GapEvidence
from precompute.statistics import Estimate, interval, percent, percent_range
from store.records import Claim
from store.schema.clip import modality_gap, names

# Clouds are separate when a plane leaves at most one in twenty on the wrong side: two round normal
# clouds reach it once their means lie 3.3 standard deviations apart, and then hardly touch.
SEPARATE = 0.95


def gap_claim(evidence: GapEvidence) -> Claim:
    """Do images and texts lie further apart than two halves of the images, and hardly touch?"""
    distance, apart = evidence.estimate(names.GAP_DISTANCE), evidence.estimate(names.SEPARABILITY)
    return Claim(
        id=names.GAP_CLAIM,
        sentence="Image and text embeddings form separate clouds.",
        original="a plot of both, judged by eye",
        **vars(apart),
        unit="share of images and texts told apart by a plane that never met the class",
        n=evidence.n_images,
        control=evidence.halves_apart,
        control_name="two random halves of the images",
        # Supported when all of the interval of what a plane tells apart, of classes that it never
        # met, reaches SEPARATE, and that of the distance between the means lies above what two
        # halves of one cloud give: clouds may be shifted and overlap. Refuted when all of either
        # interval lies below.
        verdict=judge(
            distance.low > evidence.halves and apart.low >= SEPARATE,
            distance.high < evidence.halves or apart.high < SEPARATE,
        ),
        finding=gap_finding(evidence),
        evidence=modality_gap.METRIC.path,
    )


def gap_finding(evidence: GapEvidence) -> str:
    """Say whether the clouds touch, how far apart their means lie, and how cosines differ."""
    distance = evidence.estimate(names.GAP_DISTANCE)
    pairs = (names.MATCHED_COSINE, names.UNMATCHED_COSINE)
    matched, unmatched = map(evidence.estimate, pairs)
    return (
        f"{_told_apart(evidence)} {_means_apart(distance, evidence.halves)}: the means of "
        f"{evidence.n_images:,} held-out images and {evidence.n_texts:,} distinct texts lie "
        f"{distance.value:.3f} apart ({interval(distance)}), those of two random halves of the "
        f"images {evidence.halves:.3f}. The relative gap is "
        f"{evidence.estimate(names.RELATIVE_GAP).value:.3f}. Along the gap's direction "
        f"{percent(evidence.images_beyond)} of the images and {percent(evidence.texts_beyond)} of "
        f"the texts lie on their own side of the midpoint. The mean cosine of an image with the "
        f"'{evidence.style}' prompt of its own class is {matched.value:.3f}, of other classes "
        f"{unmatched.value:.3f}."
    )


def _told_apart(evidence: GapEvidence) -> str:
    """Say how well a plane tells images from texts of classes that it never met."""
    apart = evidence.estimate(names.SEPARABILITY)
    if apart.low >= SEPARATE:
        overlap = "The two clouds hardly touch"
    elif apart.high < SEPARATE:
        overlap = "The two clouds overlap"
    else:
        overlap = "Whether the two clouds overlap is open"
    halves = f" It tells apart {percent(evidence.halves_apart)} of two random halves of the images."
    return (
        f"{overlap}: a plane tells {percent(apart.value)} of images and texts apart. Separate "
        f"clouds would need {percent(SEPARATE)}. The plane is judged on classes that it was not "
        f"fitted on ({percent_range(apart)}).{'' if isnan(evidence.halves_apart) else halves}"
    )


def _means_apart(distance: Estimate, halves: float) -> str:
    if distance.low > halves:
        return "There is a gap"
    if distance.high < halves:
        return "There is no gap"
    return "A gap is not clear of chance"


CLAIMS = (gap_claim,)
