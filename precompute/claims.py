"""What every study's claims share: how a verdict is given, on how many pictures, beside whom."""

from dataclasses import replace

from precompute.statistics import Estimate
from store.records import Claim, Reference, Verdict
from store.schema.clip import names as clip
from store.schema.vae import names as vae
from store.schema.vit import names as vit

FEWEST_IMAGES = 20  # resampling fewer pictures says too little about others

ORIGINAL = "original report"
OPENAI = "OpenAI's ViT-B/32 on STL-10"
# What public runs measured those weights on, as this program names it: model, images, how many.
PUBLIC_SETTING = ("ViT-B-32-quickgelu/openai", "STL10 train and test", 8_000)
# Public answers to the same course assignment, by a letter each, beside the original report.
REFERENCES = {
    vit.CENTRE_CLAIM: (
        Reference("run B", 0.770, 0, "accuracy, a quarter hidden in the centre"),
        Reference("run C", 0.60, 0, "accuracy, a tenth hidden in the centre"),
        Reference("run D", 0.47, 0, "accuracy, 40% hidden in the centre"),
        Reference("run F", 0.0, 0, "accuracy, 70% hidden in the centre"),
    ),
    vit.RANDOM_CLAIM: (
        Reference("run B", 0.083, 0, "error, a quarter hidden all over"),
        Reference("run C", 0.80, 0, "error, half hidden all over"),
        Reference("run D", 0.33, 0, "error, 40% hidden all over"),
        Reference("run F", 0.889, 0, "error, 70% hidden all over"),
    ),
    vae.LOSS_CLAIM: (Reference(ORIGINAL, 23.9, 0, "batch size and learning rate not told"),),
    clip.PROMPTS_CLAIM: (
        Reference(ORIGINAL, 0.974, 8000, OPENAI),
        Reference("run A", 0.9736, 8000, OPENAI),
        Reference("run B", 0.973625, 8000, OPENAI),
        Reference("run C", 0.97375, 8000, OPENAI),
        Reference("run D", 0.9736, 8000, OPENAI),
        Reference("run E", 0.9731, 8000, f"{OPENAI}, with a full stop"),
        Reference("run F", 0.9736, 8000, OPENAI),
    ),
    clip.PROCRUSTES_CLAIM: (
        Reference(ORIGINAL, 0.977, 8000, f"{OPENAI}, fitted on images not told"),
        Reference("run B", 0.9785, 8000, f"{OPENAI}, fitted on 5,000 train images"),
        Reference("run C", 0.978375, 8000, f"{OPENAI}, fitted on 5,000 train images"),
        Reference("run D", 0.9686, 8000, f"{OPENAI}, fitted on 100 of the test images"),
        Reference("run E", 0.9674, 8000, f"{OPENAI}, fitted on 100 of the test images"),
        Reference("run F", 0.9685, 8000, f"{OPENAI}, fitted on a part of the images"),
    ),
}


def judge(supported: bool, refuted: bool) -> Verdict:
    """Return the verdict; comparisons with NaN are false, so a missing value is undecided."""
    return "supported" if supported else "refuted" if refuted else "undecided"


def judge_beside(estimate: Estimate, low: float, high: float) -> Verdict:
    """Judge an interval against what it must exceed: all of it, none of it, or undecided."""
    return judge(estimate.low > high, estimate.high < low)


def undecided_on_few(claim: Claim) -> Claim:
    """Return the claim, undecided where its pictures are fewer than FEWEST_IMAGES."""
    if not 0 < claim.n < FEWEST_IMAGES:
        return claim
    few = f"{claim.n} pictures are too few for a verdict, which asks for {FEWEST_IMAGES}."
    return replace(claim, verdict="undecided", finding=f"{claim.finding} {few}")


def with_references(claim: Claim) -> Claim:
    """Return the claim with what others measured for it."""
    return replace(claim, references=REFERENCES.get(claim.id, ()))
