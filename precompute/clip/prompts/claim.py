"""Does "a photo of a ..." do best: rule, verdict and words of the claim on prompts."""

import math

from precompute.claims import PUBLIC_SETTING, judge
from precompute.clip.prompts.summary import PairedWording, PromptEvidence
from precompute.statistics import SIGNIFICANCE, Estimate, p_value
from store.records import Claim
from store.schema.clip import prompts
from store.schema.clip.names import PHOTO_STYLE, PLAIN_STYLE, PROMPTS_CLAIM

PUBLISHED = {  # model -> list of templates, and accuracy on STL-10 that others measured with it
    "ViT-B-32-quickgelu/openai": ("openai_stl10", 0.971),
    "ViT-B-16-quickgelu/openai": ("openai_stl10", 0.983),
    "ViT-L-14-quickgelu/openai": ("openai_stl10", 0.994),
}
PUBLISHED_ON = ("STL10 train and test", 8_000)  # name of the images, and test images: all there are
# Six public runs agree within one image on PUBLIC_SETTING.
PUBLIC_RUNS = {PLAIN_STYLE: 0.9626, PHOTO_STYLE: 0.9736}
PUBLIC_RUNS_WITHIN = 4  # images
REPRODUCED_WITHIN = 0.002  # open_clip's and CLIP_benchmark's tables differ by half of it


def accuracy_name(seen_class_names: bool) -> str:
    """Name the accuracy: weights that were trained on the class names are never zero-shot."""
    return "prompt-classification accuracy" if seen_class_names else "zero-shot accuracy"


def published_words(evidence: PromptEvidence, model: str, images: str) -> str:
    """Say what is published for this model and these images, beside what was measured; or ""."""
    if model not in PUBLISHED or (images, evidence.n_images) != PUBLISHED_ON:
        return ""
    name, expected = PUBLISHED[model]
    words = []
    if (model, images, evidence.n_images) == PUBLIC_SETTING:
        of_style = {PLAIN_STYLE: evidence.plain, PHOTO_STYLE: evidence.photo}
        words = [_public_run(name, one, evidence.n_images) for name, one in of_style.items() if one]
    ours = [rival for rival in evidence.rivals if rival.style == f"ensemble {name}"]
    if not ours:
        words.append(f"open_clip publishes {expected:.3f} for these weights with the list {name}.")
        return " ".join(words)
    value = ours[0].accuracy.value
    fits = abs(value - expected) <= REPRODUCED_WITHIN
    words.append(
        f"For these weights and the list {name} open_clip publishes {expected:.3f}; measured here: "
        f"{value:.4f}, {'within' if fits else 'NOT within'} {REPRODUCED_WITHIN}."
    )
    return " ".join(words)


def _public_run(style: str, ours: Estimate, n_images: int) -> str:
    expected = PUBLIC_RUNS[style]
    off = abs(round(ours.value * n_images) - round(expected * n_images))
    result = "reproduced" if off <= PUBLIC_RUNS_WITHIN else "NOT reproduced"
    return (
        f"Public runs report {expected:.4f} with '{style}'; measured here: {ours.value:.4f}, "
        f"{result} within {PUBLIC_RUNS_WITHIN} images of {n_images:,}."
    )


def prompts_claim(
    evidence: PromptEvidence, seen_class_names: bool, model: str, images: str
) -> Claim:
    """Does "a photo of a ..." label more images right than every other template?"""
    kind = accuracy_name(seen_class_names)
    photo, plain = evidence.photo, evidence.plain
    singles = [rival for rival in evidence.rivals if not rival.ensemble]
    clear = [rival for rival in singles if rival.p_value < SIGNIFICANCE]
    wins = [rival for rival in clear if rival.test.only_first > rival.test.only_second]
    losses = [rival for rival in clear if rival.test.only_second > rival.test.only_first]
    # Supported when photo beats each of the report's other templates on the same images, by exact
    # McNemar tests at 0.05 after Holm over every wording, and no single template is right more
    # often, be it by chance, for then it does not do best; refuted when one beats it likewise.
    # Ensembles are no single prompt and have no say.
    own = [rival for rival in singles if rival.own]
    best = photo.value >= evidence.highest.value
    supported = bool(own) and all(rival in wins for rival in own) and best
    return Claim(
        id=PROMPTS_CLAIM,
        sentence="The prompt 'a photo of a …' does best.",
        original="STL-10: 0.974 against 0.963 (plain) and 0.962 (a centered photo of a small …)",
        **vars(photo),
        unit=f"{kind} (share of images labelled right)",
        n=evidence.n_images,
        control=plain.value if plain else math.nan,
        control_name="the plain class name" if plain else "none: no plain template",
        verdict=judge(supported, bool(losses)),
        finding=prompts_finding(evidence, kind, published_words(evidence, model, images)),
        evidence=prompts.ACCURACY.path,
    )


def prompts_finding(evidence: PromptEvidence, kind: str, published: str) -> str:
    """Say the photo template's accuracy and how it compares with every other wording.

    kind: from `accuracy_name`. published: from `published_words`.
    """
    if not evidence.rivals:
        paired = f"There are no two templates, one named '{PHOTO_STYLE}', to compare."
        sentence = f"On {evidence.n_images:,} images {kind} is {evidence.photo.value:.4f}. {paired}"
        return f"{sentence} {published}".strip()
    singles = [rival for rival in evidence.rivals if not rival.ensemble]
    clear = [rival for rival in singles if rival.p_value < SIGNIFICANCE]
    better = sum(rival.test.only_second > rival.test.only_first for rival in clear)
    own = [rival for rival in singles if rival.own]
    others = "".join(f", with '{rival.style}' {rival.accuracy.value:.4f}" for rival in own)
    sentence = (
        f"With '{PHOTO_STYLE}' {kind} is {evidence.photo.value:.4f}{others}. On "
        f"{evidence.n_images:,} images: {' '.join(map(_rival, own))} "
        f"Over {evidence.n_templates:,} templates accuracy runs from "
        f"{evidence.lowest.value:.4f} to {evidence.highest.value:.4f} "
        f"('{evidence.highest_template}'). {better} of the others do better than '{PHOTO_STYLE}' "
        f"and {len(clear) - better} worse, by exact McNemar tests after Holm's correction."
    )
    return f"{sentence} {published}".strip()


def _rival(rival: PairedWording) -> str:
    return (
        f"{rival.test.only_first:,} images are right only with '{PHOTO_STYLE}', "
        f"{rival.test.only_second:,} only with '{rival.style}' ({p_value(rival.p_value)})."
    )
