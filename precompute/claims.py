"""No verdict from a handful of pictures, in any study that judges pictures one by one."""

from dataclasses import replace

from store.records import Claim

FEWEST_IMAGES = 20  # resampling fewer pictures says too little about others


def undecided_on_few(claim: Claim) -> Claim:
    """Return the claim, undecided where its pictures are fewer than FEWEST_IMAGES."""
    if not 0 < claim.n < FEWEST_IMAGES:
        return claim
    said = f"{claim.n} pictures are too few for a verdict, which asks for {FEWEST_IMAGES}."
    return replace(claim, verdict="undecided", finding=f"{claim.finding} {said}")
