"""What a claim must not say: a verdict from a handful of pictures, a label that no model gave."""

from dataclasses import replace

from precompute.claims import undecided_on_few
from store.records import Claim
from store.schema.vit.names import CENTRE_CLAIM, RANDOM_CLAIM

ON_LABELS = (CENTRE_CLAIM, RANDOM_CLAIM)  # claims on a picture keeping its label


def cautious(claims: tuple[Claim, ...], has_classifier: bool) -> tuple[Claim, ...]:
    """Return the claims, undecided where pictures are few, and plain about stand-ins for labels."""
    return tuple(
        undecided_on_few(claim if has_classifier else _stood_in(claim)) for claim in claims
    )


def _stood_in(claim: Claim) -> Claim:
    if claim.id not in ON_LABELS:
        return claim
    said = (
        "The model has no classifier: a picture keeps its label here while its CLS feature is "
        "nearer to that of the same whole picture than to any other's."
    )
    return replace(claim, finding=f"{claim.finding} {said}")
