"""Does Procrustes raise accuracy: rule, verdict and words of the claim on alignment."""

from precompute.claims import PUBLIC_SETTING, judge
from precompute.clip.alignment.measure import AlignmentEvidence
from precompute.statistics import SIGNIFICANCE, interval, p_value
from store.records import Claim
from store.schema.clip import alignment, names

# Two public runs on PUBLIC_SETTING, fitted on STL-10's train images.
PUBLIC_RUNS, PUBLIC_RUNS_WITHIN = 0.9785, 0.002


def procrustes_claim(evidence: AlignmentEvidence, model: str = "", images: str = "") -> Claim:
    """Does accuracy rise on held-out images after orthogonal Procrustes?"""
    after, before = evidence.methods[names.PROCRUSTES], evidence.methods[names.NONE]
    shuffled = evidence.against_shuffled
    clear = after.against_none.p_value < SIGNIFICANCE
    by_pairs = shuffled.p_value < SIGNIFICANCE and shuffled.only_second > shuffled.only_first
    return Claim(
        id=names.PROCRUSTES_CLAIM,
        sentence="Orthogonal Procrustes aligns the two and accuracy rises.",
        original="STL-10: 0.974 before, 0.977 after, on unspecified images",
        **vars(after.accuracy),
        unit="accuracy after alignment (share of held-out images labelled right)",
        n=evidence.n_held_out,
        control=evidence.methods[names.PROCRUSTES_SHUFFLED].accuracy.value,
        control_name="fit on shuffled pairs",
        # Supported when accuracy on held-out images is higher than without a map, by an exact
        # McNemar test at 0.05, and likewise higher than with the fit on shuffled pairs: where one
        # class has most images, any fit gains by leaning towards it. Refuted when it is lower than
        # without a map. The gap is no part of the rule, because shuffled pairs close it too.
        verdict=judge(
            clear and after.accuracy.value > before.accuracy.value and by_pairs,
            clear and after.accuracy.value < before.accuracy.value,
        ),
        finding=f"{procrustes_finding(evidence)} {_public_runs(evidence, model, images)}".strip(),
        evidence=alignment.ALIGNED_ACCURACY.path,
    )


def procrustes_finding(evidence: AlignmentEvidence) -> str:
    """Say accuracy and gap before and after, and what the controls reach."""
    none, after = evidence.methods[names.NONE], evidence.methods[names.PROCRUSTES]
    test = after.against_none
    return (
        f"Procrustes takes held-out accuracy from {none.accuracy.value:.4f} to "
        f"{after.accuracy.value:.4f}. Fitted on {evidence.n_fit:,} labelled images, judged on "
        f"{evidence.n_held_out:,} others: {interval(after.accuracy, 4)}, {test.only_second:,} "
        f"images gained, {test.only_first:,} lost, exact McNemar {p_value(test.p_value)}. "
        f"{_beside_shuffled(evidence)} {_gaps(evidence)} No rotation can close it below "
        f"{evidence.floor:.3f}. {_shots(evidence)} Removing each modality's mean instead gives "
        f"{evidence.methods[names.MEAN_REMOVAL].accuracy.value:.4f}; the nearest class mean, which "
        f"reads no text, gives {evidence.methods[names.CLASS_MEAN].accuracy.value:.4f}."
    )


def _beside_shuffled(evidence: AlignmentEvidence) -> str:
    """Say what the true pairs are worth beside shuffled ones."""
    test = evidence.against_shuffled
    chance = ", no more than chance" if test.p_value >= SIGNIFICANCE else ""
    shuffled = evidence.methods[names.PROCRUSTES_SHUFFLED].accuracy.value
    return (
        f"The same fit on shuffled pairs reaches {shuffled:.4f}; "
        f"{test.only_second:,} images are right only with the true pairs and {test.only_first:,} "
        f"only with the shuffled ones ({p_value(test.p_value)}{chance})."
    )


def _gaps(evidence: AlignmentEvidence) -> str:
    """Say what becomes of the gap; that it closes under shuffled pairs too is worth a warning."""
    before, after, shuffled = (
        evidence.methods[name].geometry.gap.value
        for name in (names.NONE, names.PROCRUSTES, names.PROCRUSTES_SHUFFLED)
    )
    goes = f"The gap goes from {before:.3f} to {after:.3f}, with shuffled pairs to {shuffled:.3f}"
    if after >= before:
        return f"{goes}: it does not close."
    if shuffled >= before:
        return f"{goes}."
    return f"{goes}, so a smaller gap does not show that meanings align."


def _public_runs(evidence: AlignmentEvidence, model: str, images: str) -> str:
    """Say whether others' accuracy of these weights on these images is reproduced; or ""."""
    if (model, images, evidence.n_held_out) != PUBLIC_SETTING:
        return ""
    off = abs(evidence.methods[names.PROCRUSTES].accuracy.value - PUBLIC_RUNS)
    result = "reproduced" if off <= PUBLIC_RUNS_WITHIN else "NOT reproduced"
    return f"Public runs report {PUBLIC_RUNS:.4f}; {result} within {PUBLIC_RUNS_WITHIN}."


def _shots(evidence: AlignmentEvidence) -> str:
    """Say from how many images per class on the map is as good as none."""
    shots = evidence.shots
    crossing = int(shots.crossing[shots.methods.index(names.PROCRUSTES)])
    level = "its mean over draws is at least the accuracy without a map"
    images = "image" if crossing == 1 else "images"
    reached = f"From {crossing:,} {images} per class on {level}." if crossing >= 0 else ""
    if evidence.methods[names.PROCRUSTES].against_none.p_value >= SIGNIFICANCE:
        even = "With all fit images it differs from no map by no more than chance."
        return f"{reached} {even}" if 0 <= crossing < shots.per_class[-1] else even
    if crossing == shots.per_class[-1]:  # the largest class's count; other classes may have fewer
        return "Only with all fit images is it better than no map."
    return reached or "It stays below no map with any number of images per class, and with all."


CLAIMS = (procrustes_claim,)
