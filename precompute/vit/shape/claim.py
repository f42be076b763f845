"""Does the label rest on the object's shape and not on its texture: evidence, rule and words."""

from collections.abc import Mapping
from dataclasses import dataclass

from precompute.claims import judge
from precompute.statistics import UNDEFINED, Estimate, percent, percent_range, points
from store.records import Claim, Verdict
from store.schema.vit import labels, names, shape

WORDS = {  # of the versions that keep one cue alone
    names.SILHOUETTE: "silhouette",
    names.EDGES: "edges",
    names.TEXTURE_FINE: "fine blocks",
    names.TEXTURE_COARSE: "coarse blocks",
}
ENOUGH = 0.5  # a cue alone is enough where it keeps a label more often than not


@dataclass(frozen=True)
class ShapeEvidence:
    """How many pictures keep their label by their object's shape alone, and by its texture."""

    shape: Estimate  # mean over the versions that keep the shape alone
    texture: Estimate  # likewise the texture
    other_shape: Estimate  # the control: shape versions of another object's mask, of equal area
    over_texture: Estimate  # shape minus texture, paired by image
    over_other_shape: Estimate  # shape minus the control, paired by image
    by_shape: Mapping[str, Estimate]  # each version that keeps the shape alone, by name
    by_texture: Mapping[str, Estimate]  # likewise the texture
    n_images: int
    n_left_out: int  # whose object is smaller than a patch, or fills the frame


def shape_claim(evidence: ShapeEvidence | None) -> Claim:
    """Does shape keep the label and texture not? None: the images have no object masks."""
    shape_alone = UNDEFINED if evidence is None else evidence.shape
    return Claim(
        id=names.SHAPE_CLAIM,
        sentence="The model knows an object by its outline and not by its texture.",
        original="heat maps over three cat photos, judged by eye: the outline, not fur or texture",
        **vars(shape_alone),
        unit="label survival with the shape alone",
        n=0 if evidence is None else evidence.n_images,
        control=UNDEFINED.value if evidence is None else evidence.other_shape.value,
        control_name="none" if evidence is None else "another object's shape of equal area",
        # Supported when every version of shape alone keeps more than half of the labels and every
        # version of texture alone fewer than half, and shape keeps more than texture and than
        # another object's shape of equal area, each with its whole interval; refuted when every
        # version of shape keeps fewer than half, or every version of texture more than half.
        # Whatever keeps the label of most pictures is enough to know them by. Versions that
        # disagree decide nothing: what "shape alone" means would then depend on how it is drawn.
        verdict=_verdict(evidence),
        finding=shape_finding(evidence),
        evidence=(shape.CUE_SURVIVAL if evidence else labels.IMAGE_PREDICTED).path,
    )


def _verdict(evidence: ShapeEvidence | None) -> Verdict:
    if evidence is None:
        return "undecided"
    by_shape, by_texture = evidence.by_shape.values(), evidence.by_texture.values()
    beaten = min(evidence.over_texture.low, evidence.over_other_shape.low)
    return judge(
        all(_is_enough(of) for of in by_shape) and all(map(_is_not, by_texture)) and beaten > 0,
        all(map(_is_not, by_shape)) or all(_is_enough(of) for of in by_texture),
    )


def shape_finding(evidence: ShapeEvidence | None) -> str:
    """Say how many labels shape keeps and texture keeps, beside the control and by version."""
    if evidence is None:
        return (
            "The images come without object masks, so shape and texture cannot be told apart. "
            "A folder of masks beside the folder of pictures would do."
        )
    if not evidence.n_images:
        return (
            f"None of {evidence.n_left_out:,} images has an object with room around it: nothing "
            "was measured."
        )
    of_shape, of_texture = evidence.shape, evidence.texture
    left_out = f" {evidence.n_left_out:,} images are left out." if evidence.n_left_out else ""
    return (
        f"With its shape alone a picture keeps its label in {percent(of_shape.value)} of cases, "
        f"with its texture alone in {percent(of_texture.value)}. On {evidence.n_images:,} images: "
        f"shape {percent_range(of_shape)} ({_listed(evidence.by_shape)}), texture "
        f"{percent_range(of_texture)} ({_listed(evidence.by_texture)}). Shape minus "
        f"texture: {points(evidence.over_texture)}; shape minus another object's shape of equal "
        f"area: {points(evidence.over_other_shape)}. So shape alone {_enough(evidence.by_shape)}, "
        f"and texture alone {_enough(evidence.by_texture)}.{left_out}"
    )


def _listed(versions: Mapping[str, Estimate]) -> str:
    return ", ".join(f"{WORDS[name]} {percent(one.value)}" for name, one in versions.items())


def _enough(versions: Mapping[str, Estimate]) -> str:
    """Say of a cue whether it keeps the label of most pictures, however it is drawn."""
    if all(map(_is_enough, versions.values())):
        return "is enough for most pictures"
    if all(map(_is_not, versions.values())):
        return "is not enough for most pictures"
    enough = [WORDS[name] for name, one in versions.items() if _is_enough(one)]
    not_enough = [WORDS[name] for name, one in versions.items() if _is_not(one)]
    if enough and not_enough:
        return f"is enough as {' and '.join(enough)} and not as {' and '.join(not_enough)}"
    return "may or may not be enough for most pictures"


def _is_enough(cue: Estimate) -> bool:
    return cue.low > ENOUGH


def _is_not(cue: Estimate) -> bool:
    return cue.high < ENOUGH


CLAIMS = (shape_claim,)
