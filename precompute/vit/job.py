"""The ViT study from images and a checkpoint to its published store."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from precompute.datasets import ImageSet, load_images
from precompute.engine import Arrays, Shard, compute, merge, split_rows
from precompute.errors import InputError
from precompute.job import Inputs, JobContext, publish_study, run_key
from precompute.progress import console
from precompute.settings import VitSettings
from precompute.vit import claims, evidence
from precompute.vit.batches import BatchRunner
from precompute.vit.checkpoint import find_model, identify, read_label_names
from precompute.vit.labels import find_labels, match_labels
from precompute.vit.masking import TOKEN_DROP, MaskPlan, predict_masked
from precompute.vit.masks import ARMS, CENTRE_BLOCK, SCATTERED, count_masked
from precompute.vit.model import load_classifier
from precompute.vit.outline import outline_test
from precompute.vit.predict import Lens, predict_rows, read_gallery
from precompute.vit.preprocess import FILL_PIXELS
from precompute.vit.stand_ins import with_stand_ins
from precompute.vit.untrained import untrained
from precompute.vit.where import last_layer_half_mass, locate_attention
from precompute.vit.where_summary import attention_arrays
from store.records import Claim
from store.schema import ArraySpec, vit

STUDY = "vit"
FILLS = (*FILL_PIXELS, TOKEN_DROP)


def inspect(settings: VitSettings, context: JobContext) -> Inputs:
    """Open the images and identify the checkpoint; loads no weights.

    Raises InputError when something is missing or a setting does not fit the model.
    """
    _check_choices("arms", settings.arms, ARMS, needed=(CENTRE_BLOCK, SCATTERED))
    _check_choices("fills", settings.fills, FILLS, needed=(evidence.BLACK, TOKEN_DROP))
    found = find_model(settings.model)
    images = load_images(settings.images, "test", context.data)
    label_names = read_label_names(found)
    n_labels = len(label_names) or n_population(settings, images)  # or the pictures stand in
    if settings.n_top > n_labels:
        raise InputError(f"n_top is {settings.n_top}, {found.name} has {n_labels} labels.")
    if n_labels > np.iinfo(np.int16).max:
        raise InputError(f"{found.name}: {n_labels} labels do not fit the store's int16.")
    _expected_labels(settings, label_names)
    return Inputs(images, identify(found))


def run(settings: VitSettings, inputs: Inputs, context: JobContext) -> None:
    """Predict, read attention, mask, test the outline; write the store."""
    study = _open(settings, inputs, context)
    seen = study.compute("predict", len(study.images), study.predict, "attention and labels")
    gallery = study.compute("gallery", study.n_gallery, study.gallery, "gallery")
    masked = study.compute(
        "mask", len(study.images), lambda shard: study.mask(shard, seen["predicted"]), "masking"
    )
    located = study.compute("where", len(study.images), study.locate, "where attention lies")
    untrained = study.compute("random", len(study.images), study.untrained, "random weights")
    arrays, found = _results(study, seen, gallery, masked)
    arrays |= attention_arrays(located, untrained["half_mass"], settings)
    content_hash = publish_study(
        STUDY, context, settings, inputs.images, inputs.model, arrays, found, study.label_names
    )
    console.print(f"  content {content_hash[:12]}")


@dataclass(frozen=True)
class _Study:
    """One run: its settings, its population and its model."""

    settings: VitSettings
    context: JobContext
    key: str
    lens: Lens
    plan: MaskPlan
    n_gallery: int

    @property
    def images(self) -> ImageSet:
        return self.lens.images

    @property
    def label_names(self) -> tuple[str, ...]:
        return self.lens.classifier.label_names

    def compute(
        self, step: str, n_rows: int, work: Callable[[Shard], Arrays], label: str
    ) -> Arrays:
        shards = split_rows(step, n_rows, self.settings.shard_images)
        return merge(compute(shards, work, self.context.shard_folder(STUDY), self.key, label))

    def predict(self, shard: Shard) -> Arrays:
        return predict_rows(self.lens, shard.rows)

    def gallery(self, shard: Shard) -> Arrays:
        return read_gallery(self.lens, shard.rows, self.settings.n_top)

    def locate(self, shard: Shard) -> Arrays:
        return locate_attention(self.lens, shard.rows, self.gallery_rows(shard))

    def untrained(self, shard: Shard) -> Arrays:
        control = untrained(self.lens.classifier, self.settings.seed)
        return last_layer_half_mass(replace(self.lens, classifier=control), shard.rows)

    def gallery_rows(self, shard: Shard) -> int:
        return min(max(self.n_gallery - shard.start, 0), len(shard.rows))

    def mask(self, shard: Shard, predicted: NDArray) -> Arrays:
        n_gallery = self.gallery_rows(shard)
        own = predicted[shard.start : shard.stop]
        return predict_masked(self.lens, self.plan, shard.rows, own, n_gallery)


def n_population(settings: VitSettings, images: ImageSet) -> int:
    """Return how many pictures are measured: n_images, or all where it is 0 or more than all."""
    return min(settings.n_images or len(images), len(images))


def _open(settings: VitSettings, inputs: Inputs, context: JobContext) -> _Study:
    """Load the model and draw the population: the gallery is its first images."""
    classifier = load_classifier(find_model(settings.model), context.device)
    n_all = len(inputs.images)
    n_images = n_population(settings, inputs.images)
    if n_images < settings.n_images:
        console.print(f"  the set has {n_images} images, fewer than n_images = {settings.n_images}")
    population = np.arange(n_all)  # in the set's own order where nothing is left out
    if n_images < n_all:
        rng = np.random.default_rng(np.random.SeedSequence(settings.seed))
        population = rng.permutation(n_all)[:n_images]
    try:
        n_masked = count_masked(settings.mask_ratios, classifier.n_patches)
    except ValueError as error:
        raise InputError(f"[vit] {error}") from error
    lens = Lens(classifier, inputs.images.take(population), BatchRunner(settings.batch_size))
    lens = with_stand_ins(lens, settings.shard_images)
    plan = MaskPlan(settings, n_masked, population)
    n_gallery = min(settings.n_gallery, n_images)
    return _Study(settings, context, run_key(settings, inputs), lens, plan, n_gallery)


def _results(
    study: _Study, seen: Arrays, gallery: Arrays, masked: Arrays
) -> tuple[dict[ArraySpec, NDArray], tuple[Claim, ...]]:
    """Return the store's arrays and the claims."""
    settings, names = study.settings, study.label_names
    labels = match_labels(study.images.labels, study.images.class_names, names)
    expected = _expected_labels(settings, names)
    named = evidence.label_evidence(seen["predicted"], labels, expected, names)
    n_patches = study.lens.classifier.n_patches
    arrays, hidden = evidence.masking_arrays(
        masked, seen["predicted"], settings, study.plan.n_masked, n_patches, names
    )
    arrays |= _image_arrays(study, labels, seen, gallery)
    outline = None
    if "region_share" in seen:
        test = outline_test(seen["cls_map"], seen["region_share"])
        outlined, outline = evidence.outline_arrays(test, settings)
        arrays |= outlined
    return arrays, (
        claims.label_claim(named),
        claims.outline_claim(outline),
        claims.centre_claim(hidden),
        claims.random_claim(hidden),
    )


def _image_arrays(
    study: _Study, labels: NDArray, seen: Arrays, gallery: Arrays
) -> dict[ArraySpec, NDArray]:
    n_gallery = study.n_gallery
    return {
        vit.IMAGE_NAME: np.array(study.images.names),
        vit.IMAGE_LABEL: labels,
        vit.IMAGE_PREDICTED: seen["predicted"],
        vit.IMAGE_PROBABILITY: seen["probability"],
        vit.GALLERY_NAME: np.array(study.images.names[:n_gallery]),
        vit.GALLERY_IMAGE: np.arange(n_gallery, dtype=np.int32),
        vit.GALLERY_LABEL: labels[:n_gallery],
        vit.GALLERY_PIXELS: gallery["pixels"],
        vit.GALLERY_TOP_INDEX: gallery["top_index"],
        vit.GALLERY_TOP_PROBABILITY: gallery["top_probability"],
        vit.CLS_ATTENTION: gallery["cls_attention"],
        vit.CLS_TO_CLS: gallery["cls_to_cls"],
        vit.ATTENTION_ROLLOUT: gallery["rollout"],
    }


def _expected_labels(settings: VitSettings, label_names: tuple[str, ...]) -> NDArray[np.int64]:
    try:
        return find_labels(settings.expected_labels, label_names)
    except ValueError as error:
        raise InputError(
            f"[vit] expected_labels: {error}. Write labels as config.json does, or leave it empty."
        ) from error


def _check_choices(
    name: str, chosen: tuple[str, ...], known: tuple[str, ...], needed: tuple[str, ...]
) -> None:
    """Refuse an unknown or doubled entry, and a choice that leaves a claim without its cells."""
    unknown = [entry for entry in chosen if entry not in known]
    if unknown or len(set(chosen)) < len(chosen):
        wrong = f"holds {unknown[0]!r}" if unknown else "names one twice"
        raise InputError(f"[vit] {name} {wrong}. Known: {', '.join(known)}.")
    missing = [entry for entry in needed if entry not in chosen]
    if missing:
        raise InputError(f"[vit] {name} lacks {missing[0]!r}, which the masking claims rest on.")
