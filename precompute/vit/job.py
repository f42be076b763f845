"""The ViT study from images and a checkpoint to its published store."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from precompute.cli.progress import console
from precompute.compute.batches import BatchRunner
from precompute.compute.shards import Arrays
from precompute.data.image_set import ImageSet, drawing_order, load_images
from precompute.errors import InputError
from precompute.job import Inputs, JobContext, publish_study, run_key
from precompute.settings import VitSettings
from precompute.vit import claims
from precompute.vit.attention.concentration import half_mass_share
from precompute.vit.attention.summary import attention_arrays
from precompute.vit.caution import cautious
from precompute.vit.faithfulness.measure import joined_curves
from precompute.vit.faithfulness.summary import faithfulness_arrays
from precompute.vit.labels.claim import unknown_words
from precompute.vit.labels.measure import find_labels, match_labels, unknown_classes
from precompute.vit.labels.summary import label_evidence
from precompute.vit.masking.masks import count_masked
from precompute.vit.masking.predict import MaskPlan, merge_ratios
from precompute.vit.masking.summary import Masking, masking_arrays
from precompute.vit.model.checkpoint import find_model, identify, read_label_names
from precompute.vit.model.classifier import load_classifier
from precompute.vit.model.inference import Lens
from precompute.vit.model.nearest_labels import with_stand_ins
from precompute.vit.outline.summary import outline_arrays
from precompute.vit.pipeline import STUDY, Study
from store.records import Claim
from store.schema import ArraySpec
from store.schema.vit import labels as labels_schema
from store.schema.vit import masking
from store.schema.vit.names import (
    ARMS,
    BLACK,
    CENTRE_BLOCK,
    FILLS,
    LEAST_ATTENDED,
    MOST_ATTENDED,
    RANDOM_BLOCK,
    RANKED_MAPS,
    SCATTERED,
    TOKEN_DROP,
)

# What the claims and the faithfulness curves rest on.
NEEDED_ARMS = (CENTRE_BLOCK, RANDOM_BLOCK, SCATTERED, MOST_ATTENDED, LEAST_ATTENDED)
NEEDED_FILL_ARMS = (CENTRE_BLOCK, RANDOM_BLOCK, SCATTERED)


def inspect(settings: VitSettings, context: JobContext) -> Inputs:
    """Open the images and identify the checkpoint; loads no weights.

    Raises InputError when something is missing or a setting does not fit the model.
    """
    _check_choices("arms", settings.arms, ARMS, NEEDED_ARMS)
    _check_choices("fill_arms", settings.fill_arms, settings.arms, NEEDED_FILL_ARMS)
    _check_choices("fills", settings.fills, FILLS, needed=(BLACK, TOKEN_DROP))
    found = find_model(settings.model)
    images = load_images(settings.images, "test", context.data)
    label_names = read_label_names(found)
    n_labels = len(label_names) or n_population(settings, images)  # or the pictures stand in
    if n_labels > np.iinfo(np.int16).max:
        raise InputError(f"{found.name}: {n_labels} labels do not fit the store's int16.")
    _expected_labels(settings, label_names)
    return Inputs(images, identify(found))


def run(settings: VitSettings, inputs: Inputs, context: JobContext) -> None:
    """Predict, read attention, hide patches, test the outline; write the store."""
    study = _open(settings, inputs, context)
    seen = study.predict()
    located = study.locate()
    masked = study.mask(seen, located["maps"])
    arrays, found = _results(study, seen, study.gallery(), masked)
    arrays |= attention_arrays(located, half_mass_share(seen["untrained_map"]), settings)
    found = cautious(found, study.lens.classifier.has_classifier)
    content_hash = publish_study(
        STUDY, context, settings, inputs.images, inputs.model, arrays, found, study.label_names
    )
    console.print(f"  content {content_hash[:12]}")


def n_population(settings: VitSettings, images: ImageSet) -> int:
    """Return how many pictures are measured: n_images, or all where it is 0 or more than all."""
    return min(settings.n_images or len(images), len(images))


def _open(settings: VitSettings, inputs: Inputs, context: JobContext) -> Study:
    """Load the model and draw the population: the gallery is its first images."""
    classifier = load_classifier(find_model(settings.model), context.device)
    n_all = len(inputs.images)
    n_images = n_population(settings, inputs.images)
    if n_images < settings.n_images:
        console.print(f"  the set has {n_images} images, fewer than n_images = {settings.n_images}")
    population = np.arange(n_all)  # in the set's own order where nothing is left out
    if n_images < n_all:
        population = drawing_order(n_all, settings.seed)[:n_images]
    merged = merge_ratios(settings, classifier.n_patches)
    if left_out := sorted(set(settings.mask_ratios) - set(merged.mask_ratios)):
        listed = ", ".join(map(str, left_out))
        console.print(f"  left out of mask_ratios, as a smaller one hides as many: {listed}")
    lens = Lens(classifier, inputs.images.take(population), BatchRunner(settings.batch_size))
    lens = with_stand_ins(lens, settings.shard_images)
    merged = replace(merged, n_top=min(settings.n_top, len(lens.classifier.label_names)))
    plan = MaskPlan(merged, count_masked(merged.mask_ratios, classifier.n_patches), population)
    n_gallery = min(settings.n_gallery, n_images)
    return Study(merged, context, run_key(settings, inputs), lens, plan, n_gallery)


def _results(
    study: Study, seen: Arrays, gallery: Arrays, masked: Arrays
) -> tuple[dict[ArraySpec, NDArray], tuple[Claim, ...]]:
    """Return the store's arrays and the claims."""
    settings, names = study.settings, study.label_names
    classes = study.images.class_names
    labels = match_labels(study.images.labels, classes, names)
    expected = _expected_labels(settings, names)
    unknown = unknown_classes(classes, names) if study.lens.classifier.has_classifier else ()
    if unknown and not len(expected):
        console.print(f"  no true labels are used. {unknown_words(unknown)}", markup=False)
    named = label_evidence(seen["predicted"], labels, expected, names, unknown)
    arrays, hidden = masking_arrays(_masking(study, seen, masked, labels))
    arrays |= _image_arrays(study, labels, seen, gallery, masked)
    arrays |= _faithfulness(study, seen, masked)
    outline = None
    if "region_share" in seen:
        outlined, outline = outline_arrays(seen, masked, settings)
        arrays |= outlined
    return arrays, (
        claims.label_claim(named),
        claims.outline_claim(outline),
        claims.centre_claim(hidden),
        claims.random_claim(hidden),
    )


def _masking(study: Study, seen: Arrays, masked: Arrays, labels: NDArray) -> Masking:
    return Masking(
        settings=study.settings,
        n_patches=study.lens.classifier.n_patches,
        ratios=study.plan.n_masked / study.lens.classifier.n_patches,
        run=study.plan.cells(),
        predicted=masked["predicted"],
        probability=masked["probability"],
        own=seen["predicted"],
        true=labels,
        expected=_expected_labels(study.settings, study.label_names),
        label_names=study.label_names,
    )


def _faithfulness(study: Study, seen: Arrays, masked: Arrays) -> dict[ArraySpec, NDArray]:
    settings = study.settings
    drop = settings.fills.index(TOKEN_DROP)
    curves = joined_curves(masked["curves"], masked["probability"][..., drop], settings.arms)
    ratios = study.plan.n_masked / study.lens.classifier.n_patches
    return faithfulness_arrays(RANKED_MAPS, curves, seen["probability"], ratios, settings)


def _image_arrays(
    study: Study, labels: NDArray, seen: Arrays, gallery: Arrays, masked: Arrays
) -> dict[ArraySpec, NDArray]:
    n_gallery = study.n_gallery
    return {
        labels_schema.IMAGE_NAME: np.array(study.images.names),
        labels_schema.IMAGE_LABEL: labels,
        labels_schema.IMAGE_PREDICTED: seen["predicted"],
        labels_schema.IMAGE_PROBABILITY: seen["probability"],
        labels_schema.GALLERY_NAME: np.array(study.images.names[:n_gallery]),
        labels_schema.GALLERY_IMAGE: np.arange(n_gallery, dtype=np.int32),
        labels_schema.GALLERY_LABEL: labels[:n_gallery],
        labels_schema.GALLERY_PIXELS: gallery["pixels"],
        labels_schema.GALLERY_TOP_INDEX: gallery["top_index"],
        labels_schema.GALLERY_TOP_PROBABILITY: gallery["top_probability"],
        labels_schema.CLS_ATTENTION: gallery["cls_attention"],
        labels_schema.CLS_TO_CLS: gallery["cls_to_cls"],
        labels_schema.ATTENTION_ROLLOUT: gallery["rollout"],
        masking.N_MASKED: study.plan.n_masked,
        masking.GALLERY_RANKING: masked["gallery_ranking"],
        masking.GALLERY_FILL_PIXELS: masked["gallery_fill_pixels"],
        masking.GALLERY_MASKED_TOP_INDEX: masked["gallery_top_index"],
        masking.GALLERY_MASKED_TOP_PROBABILITY: masked["gallery_top_probability"],
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
