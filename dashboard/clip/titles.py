"""The reader's words for what the CLIP study stores, by the names it is stored under."""

from dashboard.charts import original_report
from dashboard.ui import formatting
from store.records import Provenance
from store.schema.clip import names

PROMPT_CLASSIFICATION, ZERO_SHOT = "prompt classification", "zero-shot"
METHOD_TITLES = {
    names.NONE: "no alignment",
    names.TEXT_SHIFT: "texts shifted (control)",
    names.MEAN_REMOVAL: "means removed",
    names.LIANG_SHIFT: "shifted along the gap",
    names.PROCRUSTES: "Procrustes",
    names.PROCRUSTES_ARBITRARY: "Procrustes, rest at random",
    names.PROCRUSTES_CENTRED: "Procrustes, centred",
    names.PROCRUSTES_SHRUNK: "Procrustes, shrunk",
    names.RIDGE: "ridge map",
    names.CCA: "CCA",
    names.PROCRUSTES_SHUFFLED: "Procrustes, shuffled pairs (control)",
    names.PROCRUSTES_ROLLED: "Procrustes, next class (control)",
    names.RANDOM_ROTATION: "random rotation (control)",
    names.CLASS_MEAN: "class means, no text (baseline)",
    names.LOGISTIC_PROBE: "logistic probe, no text (baseline)",
}
STATE_TITLES = {
    names.NONE: "before",
    names.PROCRUSTES: "after",
    names.PROCRUSTES_SHUFFLED: "control",
}
METRIC_TITLES = {
    names.GAP_DISTANCE: "gap distance",
    names.CENTROID_COSINE: "cosine between the two means",
    names.MATCHED_DISTANCE: "distance of matching pairs (L2I)",
    names.RELATIVE_GAP: "relative gap (RMG)",
    names.MATCHED_COSINE: "mean cosine, matching pairs",
    names.UNMATCHED_COSINE: "mean cosine, other pairs",
    names.MATCHED_AUROC: "matching above other pairs (AUROC)",
    names.MARGIN: "margin over the next class",
    names.ALIGNMENT: "squared distance, matching pairs",
    names.UNIFORMITY_IMAGES: "uniformity of images",
    names.UNIFORMITY_TEXTS: "uniformity of texts",
    names.KERNEL_DISTANCE: "kernel distance (MMD²)",
    names.EFFECTIVE_RANK_IMAGES: "effective rank of images",
    names.EFFECTIVE_RANK_TEXTS: "effective rank of texts",
    names.GAP_VARIANCE_SHARE: "image variance along the gap",
    names.FRECHET_MEANS: "Fréchet, means",
    names.FRECHET_COVARIANCES: "Fréchet, covariances",
    names.NEIGHBOUR_MIXING: "neighbour mixing",
    names.SEPARABILITY: "told apart by a plane",
    names.TEXTS_INSIDE: "texts inside the cloud of images",
    names.GAP_DIRECTION: "cosine between the gaps of two classes",
}
for retrieval in names.RETRIEVALS:
    way, rank = retrieval.replace("_", " ").rsplit(" ", 1)
    METRIC_TITLES[retrieval] = f"{way}, first {rank}"
LAYOUT_NOTES = {
    names.PCA: "PCA keeps the two directions of most variance; what lies across them is not seen.",
    names.SVD: "Without centring, the first axis is mostly the mean of everything.",
    names.GAP_AXIS: (
        "Along the first axis distances are true; the second is what varies most across."
    ),
    names.TSNE: "t-SNE keeps neighbours, not distances; the size of an island means nothing.",
    names.UMAP: "UMAP keeps neighbours, not distances: the space between islands means nothing.",
}


AXIS_NAMES = {names.GAP_AXIS: "gap axis", names.TSNE: "t-SNE"}  # others in capitals
SCALES = {names.RAW: "as the model gives them", names.NORMALISED: "normalised to length 1"}


def method_title(method: str) -> str:
    """Return the reader's word for a method."""
    return formatting.titled(method, METHOD_TITLES)


def cell_titles(first: str, second: str) -> dict[int, str]:
    """Return the words for the columns of a 2 x 2 table, by their place in the store."""
    return {
        names.BOTH_RIGHT: "both right",
        names.ONLY_FIRST_RIGHT: f"only {first} right",
        names.ONLY_SECOND_RIGHT: f"only {second} right",
        names.BOTH_WRONG: "both wrong",
    }


def layout_kind(layout: str) -> str:
    """Return a layout's name without its settings."""
    known = (kind for kind in names.LAYOUTS if layout.split(" ")[0] == kind or layout == kind)
    return next(known, layout.split(" ")[0])


def axis_name(layout: str) -> str:
    """Return what a layout's axes are called."""
    kind = layout_kind(layout)
    return AXIS_NAMES.get(kind, kind.upper())


def prompt_task(provenance: Provenance) -> str:
    """Return what naming an image by its nearest prompt may be called for this model."""
    met_names = provenance.preprocessing.get("seen_class_names", False)
    return PROMPT_CLASSIFICATION if met_names else ZERO_SHOT


def task_note(provenance: Provenance) -> str:
    """Return one sentence on whether the model met these class names in training."""
    if prompt_task(provenance) == ZERO_SHOT:
        return (
            "Called zero-shot because the report's settings name no training on these class names; "
            "nobody checked what else the model met."
        )
    return (
        "This model met these class names in training, so this is prompt classification, "
        "not zero-shot accuracy. Only differences between wordings are of interest."
    )


def diamonds_note(provenance: Provenance) -> str:
    """Return one sentence on the original report's accuracies, and what they may be held against.

    They are of CLIP ViT-B/32 with OpenAI's weights on STL-10's test images.
    """
    network, _, tag = provenance.model.partition("/")
    same = (
        network.removesuffix("-quickgelu") == "ViT-B-32" and tag == "openai",
        provenance.dataset.startswith("STL10"),
    )
    model, images = ("the same" if one else "another" for one in same)
    advice = "Order and height compare." if all(same) else "Compare their order, not their height."
    plain, photo, small = original_report.PROMPT_ACCURACY.values()
    return (
        f"Diamonds: the original report's plain {plain}, photo {photo} and small {small}, from "
        f"{model} model on {images} data set. {advice}"
    )
