"""The names that the ViT study stores, each spelled once: what is hidden, what replaces it, maps.

The tuples give the order in which a study measures and stores them. A store may hold fewer, so a
reader looks a name's row up in the store and never counts on its position here.
"""

# --- masking: what replaces hidden patches -----------------------------------------------------
BLACK, GREY, MEAN, BLUR, OTHER_IMAGE = "black", "grey", "mean", "blur", "other_image"
TOKEN_DROP = "token_drop"  # the patch's token is left out instead of its pixels replaced
FILLS = (BLACK, GREY, MEAN, BLUR, OTHER_IMAGE, TOKEN_DROP)

# --- masking: which patches are hidden ---------------------------------------------------------
CENTRE_BLOCK, RANDOM_BLOCK, SCATTERED = "centre_block", "random_block", "scattered"
PERIPHERY, MOST_ATTENDED, LEAST_ATTENDED = "periphery", "most_attended", "least_attended"
# An arm's place seeds its random numbers: a new arm goes at the end, or every mask changes.
ARMS = (CENTRE_BLOCK, RANDOM_BLOCK, SCATTERED, PERIPHERY, MOST_ATTENDED, LEAST_ATTENDED)

# --- masking: the quartiles over images, in percent, and what the findings are about -----------
LOWER_QUARTILE, MEDIAN, UPPER_QUARTILE = 25, 50, 75
QUARTILES = (LOWER_QUARTILE, MEDIAN, UPPER_QUARTILE)
ABOUT_CONTIGUITY, ABOUT_FILLS, ABOUT_DESTINATIONS = "contiguity", "fills", "destinations"
MASKING_FINDINGS = (ABOUT_CONTIGUITY, ABOUT_FILLS, ABOUT_DESTINATIONS)

# --- weights: what training added is what the others lack ---------------------------------------
TRAINED, UNTRAINED = "trained", "untrained"
WEIGHTS = (TRAINED, UNTRAINED)

# --- attention and faithfulness: one map per image and attribution -----------------------------
CLS_ATTENTION = "cls_attention"  # last layer, mean over heads
ROLLOUT = "rollout"  # Abnar & Zuidema 2020, all layers
VALUE_WEIGHTED = "value_weighted"  # attention times the length of the value that it fetches
CLASS_SPECIFIC = "class_specific"  # Chefer et al. 2021, for the image's own label
ATTRIBUTIONS = (CLS_ATTENTION, ROLLOUT, VALUE_WEIGHTED, CLASS_SPECIFIC)
RANDOM = "random"  # a ranking that no map gave
RANKED_MAPS = (*ATTRIBUTIONS, RANDOM)  # whose rankings the faithfulness curves follow
DELETION, INSERTION = "deletion", "insertion"
DIRECTIONS = (DELETION, INSERTION)

# --- attention: sinks, and what the findings are about -----------------------------------------
OUTLIER_SHARE = "outlier_share"  # of the patch tokens
OUTLIER_ATTENTION = "outlier_attention"  # from CLS to them
CLS_SELF_ATTENTION = "cls_attention"  # from CLS to itself
PREFIX_ATTENTION = "prefix_attention"  # from CLS to registers or a distillation token
TOP_IS_OUTLIER = "top_is_outlier"  # of images: the most attended patch is an outlier
SINK_MEASURES = (OUTLIER_SHARE, OUTLIER_ATTENTION, CLS_SELF_ATTENTION, PREFIX_ATTENTION)
SINK_MEASURES += (TOP_IS_OUTLIER,)
ABOUT_CONCENTRATION, ABOUT_SINKS, ABOUT_AGREEMENT = "concentration", "sinks", "agreement"
ATTENTION_FINDINGS = (ABOUT_CONCENTRATION, ABOUT_SINKS, ABOUT_AGREEMENT)

# --- attention: how the heads of a layer differ ------------------------------------------------
HEAD_ENTROPY = "head_entropy"  # of the CLS row
HEAD_DISTANCE = "head_distance"  # from a patch to those that it attends to
HEAD_DIVERGENCE = "head_divergence"  # between the CLS rows of two heads of a layer
HEAD_CHANGE = "head_change"  # between the CLS rows of a head on two pictures
HEAD_MEASURES = (HEAD_ENTROPY, HEAD_DISTANCE, HEAD_DIVERGENCE, HEAD_CHANGE)
HEAD_FINDINGS = (HEAD_DIVERGENCE, HEAD_DISTANCE)  # what they are about

# --- probes: what is read, and of which picture ------------------------------------------------
CLS_TOKEN, PATCH_MEAN = "cls_token", "patch_mean"
POOLINGS = (CLS_TOKEN, PATCH_MEAN)
WHOLE = "whole"  # nothing hidden
PROBE_ARMS = (SCATTERED, CENTRE_BLOCK)  # of the masking study
VIEWS = (WHOLE, *PROBE_ARMS)
ABOUT_LAST, ABOUT_DEPTHS = "the last layer", "every depth"
ABOUT_MASKS, ABOUT_TRAINING = "hidden patches", "trained weights"
PROBE_FINDINGS = (ABOUT_LAST, ABOUT_DEPTHS, ABOUT_MASKS, ABOUT_TRAINING)

# --- outline: regions, what is dropped, and the maps whose contrasts are compared --------------
OUTLINE, INTERIOR, BACKGROUND = "outline", "interior", "background"
REGIONS = (OUTLINE, INTERIOR, BACKGROUND)
ANYWHERE = "anywhere"  # patches regardless of region: the control
DROPPED = (*REGIONS, ANYWHERE)
OWN_MAP = "own map"  # the map tested; the others are what may look like it
SHIFTED_MAPS = "shifted maps"  # the mean over its toroidal shifts
OTHER_MAP = "another image's map"
UNTRAINED_MAP = "random weights"  # of the same architecture
CENTRED_GAUSSIAN = "centred Gaussian"  # in the middle of every image
EDGE_MAP = "edges of the picture"  # the length of its gradient, without any model
CONTRASTS = (OWN_MAP, SHIFTED_MAPS, OTHER_MAP, UNTRAINED_MAP, CENTRED_GAUSSIAN, EDGE_MAP)
CHOOSING_HALF, HELD_OUT_HALF = "choosing", "held_out"  # of the images, for the best head
HALVES = (CHOOSING_HALF, HELD_OUT_HALF)

# --- shape: what is left of a picture ----------------------------------------------------------
SILHOUETTE, EDGES = "silhouette", "edges"
SHUFFLED_FINE, SHUFFLED_COARSE = "shuffled_fine", "shuffled_coarse"
TEXTURE_FINE, TEXTURE_COARSE = "texture_fine", "texture_coarse"
BACKGROUND_REMOVED, OBJECT_REMOVED = "background_removed", "object_removed"
# A version's place seeds its random numbers: a new version goes at the end, or all others change.
VERSIONS = (SILHOUETTE, EDGES, SHUFFLED_FINE, SHUFFLED_COARSE, TEXTURE_FINE, TEXTURE_COARSE)
VERSIONS += (BACKGROUND_REMOVED, OBJECT_REMOVED)
SHAPE_ALONE, TEXTURE_ALONE = "shape", "texture"
CUES = {SHAPE_ALONE: (SILHOUETTE, EDGES), TEXTURE_ALONE: (TEXTURE_FINE, TEXTURE_COARSE)}

# --- claims ------------------------------------------------------------------------------------
LABEL_CLAIM, OUTLINE_CLAIM, SHAPE_CLAIM = "vit-label", "vit-outline", "vit-shape"
CENTRE_CLAIM, RANDOM_CLAIM = "vit-centre", "vit-random"
CLAIMS = (LABEL_CLAIM, OUTLINE_CLAIM, SHAPE_CLAIM, CENTRE_CLAIM, RANDOM_CLAIM)
