"""The ViT study from images and a checkpoint to its results."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from precompute.claims import undecided_on_few
from precompute.cli.progress import console
from precompute.compute.shards import Arrays
from precompute.data.registry import load_images
from precompute.errors import InputError
from precompute.job import Inputs, JobContext, Measured
from precompute.study import Results
from precompute.vit.attention.heads_summary import heads_arrays
from precompute.vit.attention.measure import half_mass_share
from precompute.vit.attention.summary import attention_arrays
from precompute.vit.faithfulness.measure import joined_curves
from precompute.vit.faithfulness.summary import faithfulness_arrays
from precompute.vit.labels import claim as label_claim
from precompute.vit.labels.measure import find_labels, label_evidence, match_labels, unknown_classes
from precompute.vit.masking import claim as masking_claim
from precompute.vit.masking.masks import count_masked
from precompute.vit.masking.predict import MaskPlan, merge_ratios
from precompute.vit.masking.summary import Masking, masking_arrays
from precompute.vit.model.checkpoint import find_model, identify, label_names, load_config
from precompute.vit.outline import claim as outline_claim
from precompute.vit.outline.summary import outline_arrays
from precompute.vit.pipeline import VitRun, n_population, open_run
from precompute.vit.probes.images import choose_images
from precompute.vit.probes.summary import Judged, probes_arrays, without_probes
from precompute.vit.settings import VitSettings
from precompute.vit.shape import claim as shape_claim
from precompute.vit.shape.summary import shape_arrays
from store.schema import ArraySpec
from store.schema.vit import attention, masking, names
from store.schema.vit import labels as labels_schema

# What the claims and the faithfulness curves rest on.
NEEDED_ARMS = (
    names.CENTRE_BLOCK,
    names.RANDOM_BLOCK,
    names.SCATTERED,
    names.MOST_ATTENDED,
    names.LEAST_ATTENDED,
)
NEEDED_FILL_ARMS = (names.CENTRE_BLOCK, names.RANDOM_BLOCK, names.SCATTERED)


def inspect(settings: VitSettings, context: JobContext) -> Inputs:
    """Open the images and identify the checkpoint; loads no weights.

    Raises InputError when something is missing or a setting does not fit the model.
    """
    _check_choices("arms", settings.arms, names.ARMS, NEEDED_ARMS)
    _check_choices("fill_arms", settings.fill_arms, settings.arms, NEEDED_FILL_ARMS)
    _check_choices("fills", settings.fills, names.FILLS, needed=(names.BLACK, names.TOKEN_DROP))
    model = find_model(settings.model)
    images = load_images(settings.images, "test", context.data)
    names_of_labels = label_names(load_config(model))
    n_labels = len(names_of_labels) or n_population(settings, images)  # or the pictures stand in
    if n_labels > np.iinfo(np.int16).max:
        raise InputError(f"{model.name}: {n_labels} labels do not fit the store's int16.")
    _expected_labels(settings, names_of_labels)
    return Inputs(images, identify(model))


def measure(settings: VitSettings, inputs: Inputs, context: JobContext) -> Measured:
    """Predict, read attention, hide patches, test the outline, keep shape or texture alone."""
    run = open_run(settings, inputs, context)
    whole = run.predict()
    located = run.locate()
    parts = {"whole": whole, "located": located, "masked": run.mask(whole, located["maps"])}
    parts["gallery"] = run.gallery()
    if run.images.on_object is not None:
        parts["shape"] = run.reshape()
    parts["probes"], probe_facts = _probed(run, settings, inputs, context)
    parts |= {f"heads/{weights}": run.heads(weights) for weights in names.WEIGHTS}
    arrays = {f"{part}/{name}": parts[part][name] for part in parts for name in parts[part]}
    arrays["names"] = np.array(run.images.names)
    arrays["labels"] = run.images.labels
    classifier = run.probe.classifier
    arrays["label_names"] = np.array(classifier.label_names)
    facts = {
        "class_names": run.images.class_names,
        "n_patches": classifier.n_patches,
        "has_classifier": classifier.has_classifier,
        "probes": probe_facts,
    }
    return Measured(arrays, facts, inputs.model)


def _probed(
    run: VitRun, settings: VitSettings, inputs: Inputs, context: JobContext
) -> tuple[Arrays, dict[str, Any]]:
    """Return what probes name, and what is needed to read it; or nothing, and the reason."""
    chosen = choose_images(settings, inputs.images, context.data)
    if isinstance(chosen, str):
        console.print(f"  {chosen}", markup=False)
        return {}, {"without": chosen}
    facts = {
        "most_frequent": int(np.bincount(chosen.fit.labels).argmax()),
        "n_fit": len(chosen.fit),
        "mask_ratio": run.n_half / run.probe.classifier.n_patches,
        "trained_on": chosen.trained_on,
    }
    return {**run.probe_layers(chosen), "labels": chosen.test.labels}, facts


def summarise(settings: VitSettings, measured: Measured) -> Results:
    """Return the store's arrays and the five claims."""
    parts: dict[str, dict[str, Any]] = {}  # what was measured, by step
    for key, values in measured.arrays.items():
        part, _, name = key.rpartition("/")
        parts.setdefault(part, {})[name] = values
    whole, masked = parts["whole"], parts["masked"]
    class_names, has_classifier = measured.facts["class_names"], measured.facts["has_classifier"]
    label_names = tuple(map(str, measured.arrays["label_names"]))
    labels = match_labels(measured.arrays["labels"], class_names, label_names)
    n_patches = measured.facts["n_patches"]
    settings = merge_ratios(settings, n_patches)
    settings = replace(settings, n_top=min(settings.n_top, len(label_names)))
    n_masked = count_masked(settings.mask_ratios, n_patches)
    plan = MaskPlan(settings, n_masked, np.arange(0))  # its masks are drawn already
    expected = _expected_labels(settings, label_names)
    unknown = unknown_classes(class_names, label_names) if has_classifier else ()
    if unknown and not len(expected):
        console.print(
            f"  no true labels are used. {label_claim.unknown_words(unknown)}", markup=False
        )
    named = label_evidence(whole["predicted"], labels, expected, label_names, unknown)
    hiding = Masking(
        settings=settings,
        n_patches=n_patches,
        ratios=n_masked / n_patches,  # as the grid rounds them
        run=plan.cells(),
        predicted=masked["predicted"],
        probability=masked["probability"],
        own=whole["predicted"],
        true=labels,
        expected=expected,
        label_names=label_names,
    )
    arrays, hidden = masking_arrays(hiding)
    arrays |= _image_arrays(measured.arrays["names"], labels, whole, parts["gallery"])
    arrays |= {
        masking.N_MASKED: n_masked,
        masking.GALLERY_RANKING: masked["gallery_ranking"],
        masking.GALLERY_FILL_PIXELS: masked["gallery_fill_pixels"],
        masking.GALLERY_MASKED_TOP_INDEX: masked["gallery_top_index"],
        masking.GALLERY_MASKED_TOP_PROBABILITY: masked["gallery_top_probability"],
    }
    dropped = hiding.probability[..., settings.fills.index(names.TOKEN_DROP)]
    curves = joined_curves(masked["curves"], dropped, settings.arms)
    arrays |= faithfulness_arrays(
        names.RANKED_MAPS, curves, whole["probability"], hiding.ratios, settings
    )
    outline = None
    if "region_share" in whole:
        outlined, outline = outline_arrays(whole, masked, settings)
        arrays |= outlined
    shaped = None
    if "shape" in parts:
        of_shape, shaped = shape_arrays(whole["predicted"], labels, parts["shape"], settings)
        arrays |= of_shape
    untrained = half_mass_share(whole["untrained_map"])
    arrays |= attention_arrays(parts["located"], untrained, settings)
    heads = {weights: parts[f"heads/{weights}"] for weights in names.WEIGHTS}
    arrays |= heads_arrays(heads[names.TRAINED], heads[names.UNTRAINED], settings)
    probe_facts = measured.facts["probes"]
    if "without" in probe_facts:
        arrays |= without_probes(probe_facts["without"])
    else:
        arrays |= probes_arrays(Judged(**parts["probes"], **probe_facts))
    claims = (
        *(claim(named) for claim in label_claim.CLAIMS),
        *(claim(outline) for claim in outline_claim.CLAIMS),
        *(claim(shaped) for claim in shape_claim.CLAIMS),
        *(claim(hidden) for claim in masking_claim.CLAIMS),
    )
    if not has_classifier:
        claims = tuple(masking_claim.named_by_stand_ins(claim) for claim in claims)
    return Results(arrays, tuple(map(undecided_on_few, claims)), label_names)


def _image_arrays(
    image_names: NDArray, labels: NDArray, whole: Arrays, gallery: Arrays
) -> dict[ArraySpec, NDArray]:
    """Return what is stored of whole images, their names and labels (image,)."""
    n_gallery = len(gallery["pixels"])
    return {
        labels_schema.IMAGE_NAME: image_names,
        labels_schema.IMAGE_LABEL: labels,
        labels_schema.IMAGE_PREDICTED: whole["predicted"],
        labels_schema.IMAGE_PROBABILITY: whole["probability"],
        labels_schema.GALLERY_NAME: image_names[:n_gallery],
        labels_schema.GALLERY_IMAGE: np.arange(n_gallery, dtype=np.int32),
        labels_schema.GALLERY_LABEL: labels[:n_gallery],
        labels_schema.GALLERY_PIXELS: gallery["pixels"],
        labels_schema.GALLERY_TOP_INDEX: gallery["top_index"],
        labels_schema.GALLERY_TOP_PROBABILITY: gallery["top_probability"],
        attention.CLS_ATTENTION: gallery["cls_attention"],
        attention.CLS_TO_CLS: gallery["cls_to_cls"],
        attention.ATTENTION_ROLLOUT: gallery["rollout"],
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
