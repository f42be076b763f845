"""What a claim must not say: a verdict from a handful of pictures, a label that no model gave."""

from dataclasses import replace

from store.records import Claim

FEWEST_IMAGES = 20  # resampling fewer pictures says too little about others
ON_LABELS = ("vit-centre", "vit-random")  # claims on a picture keeping its label


def cautious(claims: tuple[Claim, ...], has_classifier: bool) -> tuple[Claim, ...]:
    """Return the claims, undecided where pictures are few, and plain about stand-ins for labels."""
    return tuple(_few(claim if has_classifier else _stood_in(claim)) for claim in claims)


def _few(claim: Claim) -> Claim:
    if not 0 < claim.n < FEWEST_IMAGES:
        return claim
    said = f"{claim.n} pictures are too few for a verdict, which asks for {FEWEST_IMAGES}."
    return replace(claim, verdict="undecided", finding=f"{claim.finding} {said}")


def _stood_in(claim: Claim) -> Claim:
    if claim.id not in ON_LABELS:
        return claim
    said = (
        "The model has no classifier: a picture keeps its label here while its CLS feature is "
        "nearer to that of the same whole picture than to any other's."
    )
    return replace(claim, finding=f"{claim.finding} {said}")
