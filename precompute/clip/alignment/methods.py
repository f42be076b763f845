"""Every way of bringing images and texts together that is judged, with controls and baselines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from precompute.clip.alignment.linear import (
    Classifier,
    fit_cca,
    fit_class_means,
    fit_probe,
    fit_ridge,
)
from precompute.clip.alignment.maps import (
    Alignment,
    FitSet,
    fit_liang_shift,
    fit_mean_removal,
    fit_text_shift,
    no_alignment,
)
from precompute.clip.alignment.procrustes import (
    fit_procrustes,
    fit_procrustes_arbitrary,
    fit_procrustes_centred,
    fit_procrustes_shrunk,
    random_rotation,
)
from precompute.clip.inputs.embeddings import Draws

NONE, TEXT_SHIFT, MEAN_REMOVAL, PROCRUSTES = "none", "text_shift", "mean_removal", "procrustes"
SHUFFLED, ROLLED, ROTATED = "procrustes_shuffled", "procrustes_rolled", "random_rotation"
SHRUNK, ARBITRARY, CLASS_MEAN, PROBE = (
    "procrustes_shrunk",
    "procrustes_arbitrary",
    "class_mean",
    "logistic_probe",
)
METHOD, CONTROL, BASELINE = "method", "control", "baseline"
SHOT_METHODS = (PROCRUSTES, SHRUNK, CLASS_MEAN)  # fitted again on few images per class

Fitted = Alignment | Classifier


@dataclass(frozen=True)
class Method:
    """How one method is fitted, and what it reads."""

    role: str  # METHOD, CONTROL or BASELINE
    about: str
    fit: Callable[[FitSet, Draws], Fitted]


def _shuffled(fit: FitSet, draws: Draws) -> Alignment:
    return fit_procrustes(fit.relabelled(draws.stream("shuffle").permutation(fit.labels)))


def _rolled(fit: FitSet, _draws: Draws) -> Alignment:
    return fit_procrustes(fit.relabelled((fit.labels + 1) % len(fit.prompts)))


METHODS: Mapping[str, Method] = {
    NONE: Method(
        BASELINE, "Embeddings as they are.", lambda fit, _: no_alignment(fit.images.shape[1])
    ),
    TEXT_SHIFT: Method(
        CONTROL,
        "Adds the gap vector to every text, without normalising: no label can change.",
        lambda fit, _: fit_text_shift(fit),
    ),
    MEAN_REMOVAL: Method(
        METHOD,
        "Subtracts the mean fit image and the mean text, then normalises; reads no labels, but "
        "assumes that the fit images have the classes' usual shares.",
        lambda fit, _: fit_mean_removal(fit),
    ),
    "liang_shift": Method(
        METHOD,
        "Moves both along the gap vector, then normalises (Liang et al. 2022); the step is chosen "
        "on the select images.",
        lambda fit, _: fit_liang_shift(fit),
    ),
    PROCRUSTES: Method(
        METHOD,
        "Orthogonal map from fit images to their classes' prompts; reads the labels of the fit "
        "images, so it is supervised. Completed by the smallest rotation.",
        lambda fit, _: fit_procrustes(fit),
    ),
    ARBITRARY: Method(
        METHOD,
        "The same map; what the fit leaves open is drawn at random, as SciPy leaves it to LAPACK.",
        lambda fit, draws: fit_procrustes_arbitrary(fit, draws.stream("completion")),
    ),
    "procrustes_centred": Method(
        METHOD,
        "The same after subtracting the mean fit image and the mean paired prompt.",
        lambda fit, _: fit_procrustes_centred(fit),
    ),
    SHRUNK: Method(
        METHOD,
        "Centred, and pulled towards doing nothing by a strength chosen on the select images; 1 is "
        "as strong as the fit's strongest direction.",
        lambda fit, _: fit_procrustes_shrunk(fit),
    ),
    "ridge": Method(
        METHOD,
        "Affine least squares from images to their prompts; the penalty is chosen on the select "
        "images.",
        lambda fit, _: fit_ridge(fit),
    ),
    "cca": Method(
        METHOD,
        "Canonical correlation analysis onto at most K - 1 shared directions; its gap and cosines "
        "are measured in that space.",
        lambda fit, _: fit_cca(fit),
    ),
    SHUFFLED: Method(
        CONTROL, "Procrustes fitted on shuffled pairs, which carry no information.", _shuffled
    ),
    ROLLED: Method(
        CONTROL, "Procrustes fitted on the next class's prompt for every image.", _rolled
    ),
    ROTATED: Method(
        CONTROL,
        "A random rotation of the images, fitted on nothing.",
        lambda fit, draws: random_rotation(fit.images.shape[1], draws.stream("rotation")),
    ),
    CLASS_MEAN: Method(
        BASELINE,
        "The nearest class mean of the fit images; reads labels and no text, so it has no gap.",
        lambda fit, _: fit_class_means(fit),
    ),
    PROBE: Method(
        BASELINE,
        "Logistic regression on image embeddings, its inverse penalty chosen on the select images; "
        "reads labels and no text, so it has no gap.",
        lambda fit, _: fit_probe(fit),
    ),
}
