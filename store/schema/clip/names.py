"""The names that the CLIP study stores, each spelled once.

The tuples give the order in which a study measures and stores them. A store may hold fewer, so a
reader looks a name's row up in the store and never counts on its position here.
"""

# --- images: what each may be used for; these are the numbers that a store holds ---------------
FIT, SELECT, HELD_OUT = 0, 1, 2

# --- prompts -----------------------------------------------------------------------------------
PLAIN_STYLE = "plain"  # the class name alone
PHOTO_STYLE = "photo"  # the original report's best template; gap and alignment use it
OWN_LIST = "own"  # the templates that the settings spell out
FILE_LIST = "file"  # all templates of a file of embeddings

# --- paired comparisons: the columns of every 2 x 2 table, stored in this order ----------------
BOTH_RIGHT, ONLY_FIRST_RIGHT, ONLY_SECOND_RIGHT, BOTH_WRONG = range(4)

# --- modality gap ------------------------------------------------------------------------------
GAP_DISTANCE, CENTROID_COSINE = "gap_distance", "centroid_cosine"
MATCHED_DISTANCE, RELATIVE_GAP = "matched_distance", "relative_gap"
MATCHED_COSINE, UNMATCHED_COSINE = "matched_cosine", "unmatched_cosine"
MATCHED_AUROC, MARGIN, ALIGNMENT = "matched_auroc", "margin", "alignment"
UNIFORMITY_IMAGES, UNIFORMITY_TEXTS = "uniformity_images", "uniformity_texts"
KERNEL_DISTANCE, GAP_VARIANCE_SHARE = "kernel_distance", "gap_variance_share"
EFFECTIVE_RANK_IMAGES, EFFECTIVE_RANK_TEXTS = "effective_rank_images", "effective_rank_texts"
FRECHET_MEANS, FRECHET_COVARIANCES = "frechet_means", "frechet_covariances"
NEIGHBOUR_MIXING, SEPARABILITY = "neighbour_mixing", "separability"
IMAGE_TO_TEXT, TEXT_TO_IMAGE = "image_to_text", "text_to_image"
RETRIEVAL_RANKS = (1, 5, 10)
RETRIEVALS = tuple(  # the order in which the alignment study stores them too
    f"{way}_{rank}" for way in (IMAGE_TO_TEXT, TEXT_TO_IMAGE) for rank in RETRIEVAL_RANKS
)
OF_CENTRES = (GAP_DISTANCE, CENTROID_COSINE, MATCHED_DISTANCE, RELATIVE_GAP)
OF_PAIRS = (MATCHED_COSINE, UNMATCHED_COSINE, MATCHED_AUROC, MARGIN, ALIGNMENT)
UNIFORMITIES = (UNIFORMITY_IMAGES, UNIFORMITY_TEXTS)
EFFECTIVE_RANKS = (EFFECTIVE_RANK_IMAGES, EFFECTIVE_RANK_TEXTS)
OF_CLOUDS = (*UNIFORMITIES, KERNEL_DISTANCE, *EFFECTIVE_RANKS, GAP_VARIANCE_SHARE)
TEXTS_INSIDE, GAP_DIRECTION = "texts_inside", "gap_direction"
OF_CLOUDS += (FRECHET_MEANS, FRECHET_COVARIANCES, NEIGHBOUR_MIXING, SEPARABILITY)
OF_CLOUDS += (TEXTS_INSIDE, GAP_DIRECTION)
METRICS = (*OF_CENTRES, *OF_PAIRS, *OF_CLOUDS, *RETRIEVALS)
MATCHED, UNMATCHED = "matched", "unmatched"
IMAGE_IMAGE, TEXT_TEXT = "image-image", "text-text"
COSINE_KINDS = (MATCHED, UNMATCHED, IMAGE_IMAGE, TEXT_TEXT)

NORMALISED, RAW = "normalised", "raw"
SCALES = (NORMALISED, RAW)  # embeddings of length 1, and as the model gives them
IMAGE, TEXT = "image embeddings", "text embeddings"
MODALITIES = (IMAGE, TEXT)

# --- alignment ---------------------------------------------------------------------------------
NONE = "none"  # embeddings as they are
TEXT_SHIFT, MEAN_REMOVAL, LIANG_SHIFT = "text_shift", "mean_removal", "liang_shift"
PROCRUSTES, PROCRUSTES_ARBITRARY = "procrustes", "procrustes_arbitrary"
PROCRUSTES_CENTRED, PROCRUSTES_SHRUNK = "procrustes_centred", "procrustes_shrunk"
RIDGE, CCA = "ridge", "cca"
PROCRUSTES_SHUFFLED, PROCRUSTES_ROLLED = "procrustes_shuffled", "procrustes_rolled"
RANDOM_ROTATION = "random_rotation"
CLASS_MEAN, LOGISTIC_PROBE = "class_mean", "logistic_probe"
SHIFTS = (TEXT_SHIFT, MEAN_REMOVAL, LIANG_SHIFT)
ROTATIONS = (PROCRUSTES, PROCRUSTES_ARBITRARY, PROCRUSTES_CENTRED, PROCRUSTES_SHRUNK)
CONTROLS = (PROCRUSTES_SHUFFLED, PROCRUSTES_ROLLED, RANDOM_ROTATION)
BASELINES = (CLASS_MEAN, LOGISTIC_PROBE)
METHODS = (NONE, *SHIFTS, *ROTATIONS, RIDGE, CCA, *CONTROLS, *BASELINES)
METHOD_ROLE, CONTROL_ROLE, BASELINE_ROLE = "method", "control", "baseline"
ROLES = (METHOD_ROLE, CONTROL_ROLE, BASELINE_ROLE)

# --- layouts -----------------------------------------------------------------------------------
PCA, SVD, GAP_AXIS = "pca", "svd", "gap axis"
TSNE, UMAP = "t-sne", "umap"  # a layout's name goes on with its settings
LAYOUTS = (PCA, SVD, GAP_AXIS, TSNE, UMAP)
STATES = (NONE, PROCRUSTES, PROCRUSTES_SHUFFLED)  # in which each layout shows the images

# --- claims ------------------------------------------------------------------------------------
PROMPTS_CLAIM, GAP_CLAIM, INSIDE_CLAIM = "clip-prompts", "clip-gap", "clip-inside"
PROCRUSTES_CLAIM = "clip-procrustes"
CLAIMS = (PROMPTS_CLAIM, GAP_CLAIM, INSIDE_CLAIM, PROCRUSTES_CLAIM)
