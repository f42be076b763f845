"""The reader's words for what the ViT study stores, by the names it is stored under.

Regions, the maps of a contrast and dropped tokens are stored in words, and shown as they stand.
"""

from dashboard.loaders import Study
from dashboard.ui import formatting
from store.schema import ArraySpec
from store.schema.vit import attention, faithfulness, masking, names, probes, shape

ARM_TITLES = {
    names.CENTRE_BLOCK: "one block in the centre",
    names.RANDOM_BLOCK: "one block anywhere",
    names.SCATTERED: "patches all over",
    names.PERIPHERY: "the rim first",
    names.MOST_ATTENDED: "most attended first",
    names.LEAST_ATTENDED: "least attended first",
}
FILL_TITLES = {
    names.BLACK: "black",
    names.GREY: "grey",
    names.MEAN: "mean colour",
    names.BLUR: "blur",
    names.OTHER_IMAGE: "another image",
    names.TOKEN_DROP: "tokens dropped",
}
MAP_TITLES = {
    names.CLS_ATTENTION: "CLS attention, last layer",
    names.ROLLOUT: "rollout",
    names.VALUE_WEIGHTED: "value-weighted, last layer",
    names.CLASS_SPECIFIC: "class-specific",
    names.RANDOM: "random order",
}
UNTRAINED = "CLS attention, random weights"
DIRECTION_TITLES = {
    names.DELETION: "highest first: deletion",
    names.INSERTION: "lowest first: insertion",
}
POOLING_TITLES = {names.CLS_TOKEN: "CLS token", names.PATCH_MEAN: "mean of patches"}
VIEW_TITLES = {
    names.WHOLE: "whole",
    names.SCATTERED: "half hidden, all over",
    names.CENTRE_BLOCK: "half hidden, in the centre",
}
WEIGHTS_TITLES = {names.TRAINED: "trained", names.UNTRAINED: "random weights"}
HEAD_TITLES = {  # of the measures that can be chosen
    names.HEAD_DIVERGENCE: "Difference",
    names.HEAD_ENTROPY: "Entropy",
    names.HEAD_DISTANCE: "Distance",
}
HEAD_COLUMNS = {
    names.HEAD_ENTROPY: "entropy, nats",
    names.HEAD_DISTANCE: "distance, px",
    names.HEAD_DIVERGENCE: "from other heads, bits",
    names.HEAD_CHANGE: "between pictures, bits",
}
SINK_TITLES = {  # the measures that are shares of attention or patches, so share an axis
    names.OUTLIER_SHARE: "patches that are outliers",
    names.OUTLIER_ATTENTION: "attention to outlier patches",
    names.CLS_SELF_ATTENTION: "attention of CLS to itself",
    names.PREFIX_ATTENTION: "attention to registers",
}
VERSION_TITLES = {
    names.SILHOUETTE: "silhouette",
    names.EDGES: "edges",
    names.SHUFFLED_FINE: "shuffled, fine",
    names.SHUFFLED_COARSE: "shuffled, coarse",
    names.TEXTURE_FINE: "texture, fine",
    names.TEXTURE_COARSE: "texture, coarse",
    names.BACKGROUND_REMOVED: "background removed",
    names.OBJECT_REMOVED: "object removed",
}
OF_STORED = {  # dataset of names -> the words for them
    masking.MASK_ARM: ARM_TITLES,
    masking.MASK_FILL: FILL_TITLES,
    attention.ATTRIBUTION: MAP_TITLES,
    probes.PROBE_WEIGHTS: WEIGHTS_TITLES,
    probes.PROBE_VIEW: VIEW_TITLES,
    probes.PROBE_POOLING: POOLING_TITLES,
    faithfulness.FAITHFUL_MAP: MAP_TITLES,
    faithfulness.FAITHFUL_DIRECTION: DIRECTION_TITLES,
    shape.VERSION: VERSION_TITLES,
}


def stored_titles(study: Study, spec: ArraySpec) -> list[str]:
    """Return the reader's words for every name that a dataset holds, in its order."""
    words = OF_STORED[spec]
    return [formatting.titled(name, words) for name in study.read(spec).tolist()]
