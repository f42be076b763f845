"""Arrays of made-up stores: of each study's shapes, and where it matters of plausible values."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from store.records import LossConvention
from store.schema import STUDIES, TEXT, ArraySpec
from store.schema.clip import alignment, layout, modality_gap, prompts
from store.schema.common import COMMON
from store.schema.vae import collapse, latent_space, names, priors, reconstructions, sweep
from store.schema.vit import attention, faithfulness, labels, masking, outline, probes, shape
from store.schema.vit import names as vit_names

SIZES = {
    "vit": {"gallery": 4, "image": 40, "layer": 2, "head": 2, "patch_row": 7, "patch_col": 7}
    | {"pixel_row": 28, "pixel_col": 28, "channel": 1, "class": 10, "top": 5, "arm": 3, "ratio": 3}
    | {"fill": 3, "seed": 2, "rank": 5, "region": 3, "outlined": 12, "contrast": 5, "estimate": 3}
    | {"quartile": 3, "masking_finding": 3, "ranked_map": 5, "direction": 2, "faithful_finding": 1}
    | {"attribution": 4, "other_attribution": 4, "sink_measure": 5, "finding": 3}
    | {"head_measure": 4, "head_finding": 2, "probe_weights": 2, "probe_view": 3, "pooling": 2}
    | {"probe_layer": 3, "probe_finding": 4}
    | {"layer_and_head": 2, "half": 2, "dropped": 4, "draw": 2}
    | {"version": 8, "shaped": 30, "cue": 2, "example": 4, "example_row": 28, "example_col": 28},
    "vae": {"image": 40, "class": 10, "split": 2, "epoch": 10, "baseline": 3, "estimate": 3}
    | {"sample": 4, "pixel_row": 28, "pixel_col": 28, "latent": 8, "xy": 2, "traversal": 3}
    | {"step": 5, "prior_sample": 6, "hidden": 16, "statement": 4, "extreme": 4, "rank": 2}
    | {"shown": 20, "layout": 2, "start": 2, "pass": 4, "chain": 2}
    | {"point": 6, "seed": 2, "trend": 2, "beta": 3, "own_seed": 3, "first_epoch": 4}
    | {"collapse_run": 4, "collapse_epoch": 3, "collapse_seed": 2, "component": 6, "draw": 2}
    | {"source": 5, "tile": 6, "picture": 20}
    | {"map": 4 * 49, "channel": 4, "middle": 2, "kernel_row": 4, "kernel_col": 4},
    "clip": {"image": 40, "class": 10, "template": 3, "embedding_dim": 16, "estimate": 3}
    | {"pair": 6, "side": 2, "cell": 4, "metric": 4, "edge": 21, "cosine_kind": 4, "method": 5}
    | {"shown": 20, "pixel_row": 28, "pixel_col": 28, "channel": 1, "layout": 2, "xy": 2}
    | {"list": 1, "wording": 4, "state": 3, "nearest_image": 3, "nearest_text": 2, "retrieval": 6}
    | {"shot_method": 2, "shot": 3, "draw": 2, "step": 5, "scale": 2, "modality": 2},
}
CLASS_NAMES = ("T-shirt/top", "trouser", "pullover", "dress", "coat")
CLASS_NAMES += ("sandal", "shirt", "sneaker", "bag", "ankle boot")
WORDS: dict[ArraySpec, tuple[str, ...]] = {
    attention.ATTRIBUTION: ("cls_attention", "rollout", "value_weighted", "class_specific"),
    attention.SINK_MEASURE: (
        "outlier_share",
        "outlier_attention",
        "cls_attention",
        "prefix_attention",
        "top_is_outlier",
    ),
    attention.HEAD_MEASURE: ("head_entropy", "head_distance", "head_divergence", "head_change"),
    probes.PROBE_WEIGHTS: ("trained", "untrained"),
    probes.PROBE_VIEW: ("whole", "scattered", "centre_block"),
    probes.PROBE_POOLING: ("cls_token", "patch_mean"),
    masking.MASK_ARM: ("centre_block", "random_block", "scattered"),
    masking.MASK_FILL: ("black", "grey", "token_drop"),
    outline.REGION: ("outline", "interior", "background"),
    outline.CONTRAST_NAME: (
        "own map",
        "shifted maps",
        "another image's map",
        "random weights",
        "centred Gaussian",
    ),
    shape.VERSION: vit_names.VERSIONS,
    shape.CUE: tuple(vit_names.CUES),
    outline.DROPPED_NAME: ("outline", "interior", "background", "anywhere"),
    faithfulness.FAITHFUL_MAP: (
        "cls_attention",
        "rollout",
        "value_weighted",
        "class_specific",
        "random",
    ),
    faithfulness.FAITHFUL_DIRECTION: ("deletion", "insertion"),
    reconstructions.SPLIT: ("train", "held_out"),
    reconstructions.STATEMENT: ("summed", "halved", "mean over pixels", "Gaussian, in nats"),
    latent_space.LAYOUT: ("pca", "umap"),
    latent_space.START: ("test images", "prior samples"),
    collapse.PIXELS: ("sum", "mean", "mean", "mean"),
    collapse.LATENTS: ("sum", "sum", "mean", "mean"),
    collapse.CURE: ("none", "none", "none", "warm_up"),
    priors.SOURCE: names.SOURCES,
    sweep.ARCHITECTURE: ("mlp",) * 6,
    sweep.TERM: ("squared_error",) * 4 + ("bernoulli", "gaussian"),
    sweep.TREND: ("kl_nats", "squared_error"),
    reconstructions.BASELINE_NAME: (names.OWN_MODEL, "PCA-20", names.MEAN_IMAGE),
    prompts.TEMPLATE: ("{}", "a photo of a {}", "a centered photo of a small {}"),
    prompts.STYLE: ("plain", "photo", "small", "ensemble own"),
    prompts.WORDING: (
        "{}",
        "a photo of a {}",
        "a centered photo of a small {}",
        "mean of the three",
    ),
    modality_gap.METRIC_NAME: (
        "gap_distance",
        "centroid_cosine",
        "matched_cosine",
        "unmatched_cosine",
    ),
    modality_gap.SCALE: ("normalised", "raw"),
    modality_gap.MODALITY: ("image embeddings", "text embeddings"),
    modality_gap.COSINE_KIND: ("matched", "unmatched", "image-image", "text-text"),
    alignment.METHOD: (
        "none",
        "mean_removal",
        "procrustes",
        "procrustes_shuffled",
        "class_mean",
    ),
    alignment.METHOD_ROLE: ("baseline", "method", "method", "control", "baseline"),
    alignment.SHOT_METHOD: ("procrustes", "class_mean"),
    modality_gap.METRIC_REASON: ("",),
    layout.STATE: ("none", "procrustes", "procrustes_shuffled"),
    layout.LAYOUT: ("pca", "umap 15, 0.1"),
}
DECODER_WEIGHTS = (
    *(latent_space.DECODER_HIDDEN_WEIGHT, latent_space.DECODER_OUTPUT_WEIGHT),
    *(latent_space.DECODER_MAP_WEIGHT, latent_space.DECODER_MIDDLE_WEIGHT),
    latent_space.DECODER_LAST_WEIGHT,
)

Sizes = Mapping[str, int]


def made_up_arrays(study: str, rng: np.random.Generator, n: Sizes) -> dict[ArraySpec, NDArray]:
    """Return a valid value of every dataset that the study has of its own."""
    specs = [spec for spec in STUDIES[study].arrays if spec not in COMMON]
    arrays = {spec: _any_values(spec, rng, n) for spec in specs}
    return arrays | {"vit": _vit, "vae": _vae, "clip": _clip}[study](rng, n)


def words(words: tuple[str, ...], size: int) -> NDArray:
    """Return the first words, then numbered variants of them."""
    more = [f"{words[i % len(words)]} {i}" for i in range(len(words), size)]
    return np.array([*words, *more][:size], dtype=str)


def _any_values(spec: ArraySpec, rng: np.random.Generator, n: Sizes) -> NDArray:
    """Return values of the right shape and kind: words, labels, 0/1 flags, pixels or shares."""
    shape = tuple(n[dim] for dim in spec.dims)
    if spec.dtype == TEXT:
        return words(WORDS.get(spec, (spec.path.replace("/", " "),)), *shape)
    if spec.dtype == "uint8":
        return rng.integers(
            0, 256 if {"pixel_row", "example_row"} & set(spec.dims) else 2, shape, dtype="uint8"
        )
    if spec.dtype.startswith("int"):
        end = (spec.bounds(n) or (0, None))[1]
        return rng.integers(0, min(n["class"], end or n["class"]), shape).astype(spec.dtype)
    if spec.dims[-1:] == ("estimate",):
        return _estimate(rng.uniform(0.1, 0.9, shape[:-1]))
    return rng.uniform(0, 1, shape).astype(spec.dtype)


def _estimate(values: NDArray, margin: float = 0.05) -> NDArray:
    return np.stack([values, values - margin, values + margin], axis=-1).astype("float32")


def _rows(rng: np.random.Generator, n_rows: int, n_chosen: int) -> NDArray:
    return np.sort(rng.choice(n_rows, n_chosen, replace=False)).astype("int32")


def _rankings(rng: np.random.Generator, shape: tuple[int, ...], size: int) -> NDArray:
    """Return an independent permutation of range(size) for each element of `shape`."""
    return rng.random((*shape, size)).argsort(axis=-1)


def _top(rng: np.random.Generator, shape: tuple[int, ...], n: Sizes) -> tuple[NDArray, NDArray]:
    index = _rankings(rng, shape, n["class"])[..., : n["top"]].astype("int32")
    probability = np.sort(rng.dirichlet(np.ones(n["class"]), shape), axis=-1)[..., ::-1]
    return index, probability[..., : n["top"]].astype("float32")


def _vit(rng: np.random.Generator, n: Sizes) -> dict[ArraySpec, NDArray]:
    grid = (n["patch_row"], n["patch_col"])
    patches, cell = grid[0] * grid[1], (n["arm"], n["ratio"], n["fill"])
    rows = rng.dirichlet(np.ones(patches + 1), (n["gallery"], n["layer"], n["head"]))
    maps = rows[..., 1:].reshape(*rows.shape[:-1], *grid).astype("float16")
    index, probability = _top(rng, (n["gallery"],), n)
    masked_index, masked_probability = _top(rng, (n["gallery"], *cell), n)
    n_masked = np.linspace(1, patches - 1, n["ratio"]).astype("int32")
    area = rng.dirichlet(np.ones(n["region"]), n["outlined"]).astype("float32")
    ranking = _rankings(rng, (n["gallery"], n["arm"]), patches).astype("int16")
    return {
        labels.GALLERY_NAME: np.array([f"picture-{i}.png" for i in range(n["gallery"])], dtype=str),
        labels.IMAGE_NAME: np.array([f"image-{i:04d}.png" for i in range(n["image"])], dtype=str),
        labels.GALLERY_IMAGE: _rows(rng, n["image"], n["gallery"]),
        labels.GALLERY_TOP_INDEX: index,
        labels.GALLERY_TOP_PROBABILITY: probability,
        attention.CLS_ATTENTION: maps,
        attention.CLS_TO_CLS: rows[..., 0].astype("float32"),
        attention.ATTENTION_ROLLOUT: maps.astype("float32").mean(axis=(1, 2)),
        masking.N_MASKED: n_masked,
        masking.MASK_RATIO: (n_masked / patches).astype("float32"),
        masking.N_MASKS: np.full(cell, n["seed"], "int32"),
        masking.GALLERY_RANKING: ranking.reshape(*ranking.shape[:-1], *grid),
        masking.GALLERY_MASKED_TOP_INDEX: masked_index,
        masking.GALLERY_MASKED_TOP_PROBABILITY: masked_probability.astype("float16"),
        outline.OUTLINE_IMAGE: _rows(rng, n["image"], n["outlined"]),
        outline.REGION_SHARE: area,
    }


def _vae(rng: np.random.Generator, n: Sizes) -> dict[ArraySpec, NDArray]:
    curve = np.linspace(32.0, 16.0, n["epoch"])[:, None] + np.arange(n["split"])
    kl = np.linspace(8.9, 7.9, n["epoch"])[:, None] + np.zeros(n["split"])
    averaged = ("train images while the epoch runs", "test images after the epoch")
    conventions = [
        LossConvention("squared_error", (0.0, 1.0), "sum", "mean", 1.0, "latent_sample", over)
        for over in averaged
    ]
    values: dict[ArraySpec, NDArray] = {
        reconstructions.LOSS_CONVENTION: np.array([c.to_json() for c in conventions][: n["split"]]),
        reconstructions.STATED_CONVENTION: np.array([conventions[1].to_json()] * n["statement"]),
        sweep.POINT_CONVENTION: np.array([conventions[1].to_json()] * n["point"]),
        sweep.TRAIN_CONVENTION: np.array([conventions[0].to_json()] * n["point"]),
        sweep.BETA: np.array([4.0, 1.0, 0.1][: n["beta"]], "float32"),
        sweep.BETA_POINT: np.arange(n["beta"], dtype="int32"),
        reconstructions.LOSS: (curve + kl).astype("float32"),
        reconstructions.RECONSTRUCTION_TERM: curve.astype("float32"),
        reconstructions.KL_NATS: kl.astype("float32"),
        reconstructions.BASELINE_ERROR: _estimate(np.linspace(14.5, 68.0, n["baseline"]), 0.5),
        reconstructions.SAMPLE_IMAGE: _rows(rng, n["image"], n["sample"]),
        latent_space.POSTERIOR_MEAN: rng.normal(size=(n["image"], n["latent"])).astype("float32"),
        latent_space.PCA_XY: rng.normal(size=(n["image"], n["xy"])).astype("float32"),
        latent_space.PCA_VARIANCE_SHARE: np.linspace(0.4, 0.2, n["xy"], dtype="float32"),
        latent_space.TRAVERSAL_LATENT: rng.permutation(n["latent"])[: n["traversal"]].astype(
            "int32"
        ),
        latent_space.TRAVERSAL_VALUE: np.linspace(-3, 3, n["step"], dtype="float32"),
    }
    for spec in DECODER_WEIGHTS:
        values[spec] = rng.normal(0, 0.3, [n[dim] for dim in spec.dims]).astype(spec.dtype)
    return values


def _clip(rng: np.random.Generator, n: Sizes) -> dict[ArraySpec, NDArray]:
    label = rng.integers(0, n["class"], n["image"], dtype="int32")
    templates = words(WORDS[prompts.TEMPLATE], n["template"])
    names = words(CLASS_NAMES, n["class"])
    edges = np.linspace(-1, 1, n["edge"], dtype="float32")
    density = rng.dirichlet(np.ones(n["bin"]), n["cosine_kind"]).astype("float32")
    rotation, _ = np.linalg.qr(rng.normal(size=(n["embedding_dim"], n["embedding_dim"])))
    pairs = [(a, b) for a in range(n["wording"]) for b in range(a + 1, n["wording"])]
    images = _unit(rng.normal(size=(n["image"], n["embedding_dim"])) + 1)
    texts = _unit(rng.normal(size=(n["text"], n["embedding_dim"])) - 1)
    return _clip_prompts(rng, n, label) | {
        prompts.IMAGE_LABEL: label,
        prompts.IMAGE_SPLIT: (np.arange(n["image"]) % 3).astype("uint8"),
        prompts.IMAGE_EMBEDDINGS: images,
        prompts.TEXT_EMBEDDINGS: texts,
        prompts.PROMPT: np.array([t.replace("{}", name) for t in templates for name in names]),
        prompts.TEXT_LABEL: np.tile(np.arange(n["class"], dtype="int32"), n["template"]),
        prompts.TEXT_TEMPLATE: np.repeat(np.arange(n["template"], dtype="int32"), n["class"]),
        prompts.PAIR: np.resize(np.array(pairs or [(0, 0)], dtype="int32"), (n["pair"], n["side"])),
        modality_gap.GAP_VECTOR: images.mean(axis=0) - texts.mean(axis=0),
        modality_gap.COSINE_EDGE: edges,
        modality_gap.COSINE_DENSITY: density,
        alignment.ROTATION: rotation.astype("float32"),
        alignment.N_FIT: np.array(n["image"] // 3),
        alignment.N_HELD_OUT: np.array(n["image"] // 3),
        layout.SHOWN_IMAGE: _rows(rng, n["image"], n["shown"]),
        layout.NEAREST_IMAGE: rng.integers(0, n["shown"], (n["shown"], n["nearest_image"])),
        layout.NEAREST_TEXT: rng.integers(0, n["text"], (n["shown"], n["nearest_text"])),
        alignment.SHOTS: np.array([2**row for row in range(n["shot"])]),
        alignment.SHIFT_STEP: np.linspace(-0.5, 1, n["step"], dtype="float32"),
    }


def _clip_prompts(rng: np.random.Generator, n: Sizes, label: NDArray) -> dict[ArraySpec, NDArray]:
    other = rng.integers(0, n["class"], (n["wording"], n["image"]))
    predicted = np.where(rng.random(other.shape) < 0.8, label, other).astype("int16")
    n_correct = (predicted == label).sum(axis=1)
    confusion = np.zeros((n["wording"], n["class"], n["class"]), dtype="int32")
    for row, of_template in zip(predicted, confusion, strict=True):
        np.add.at(of_template, (label, row), 1)
    return {
        prompts.IMAGE_SCORED: np.ones(n["image"], dtype="uint8"),
        prompts.PREDICTED: predicted,
        prompts.N_CORRECT: n_correct,
        prompts.WORDING_ENSEMBLE: (np.arange(n["wording"]) >= n["template"]).astype("uint8"),
        prompts.TEMPLATE_MEMBER: np.ones((n["list"], n["template"]), dtype="uint8"),
        prompts.N_IMAGES: np.full(n["wording"], n["image"]),
        prompts.ACCURACY: _estimate(n_correct / n["image"]),
        prompts.CONFUSION: confusion,
    }


def _unit(rows: NDArray) -> NDArray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("float32")
