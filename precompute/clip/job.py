"""The CLIP study from images and a model to its results."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from precompute.claims import undecided_on_few
from precompute.cli.progress import console
from precompute.clip.alignment import claim as alignment_claim
from precompute.clip.alignment.measure import compare_methods
from precompute.clip.alignment.summary import alignment_arrays
from precompute.clip.bootstrap import draw_resamples
from precompute.clip.inputs import precomputed
from precompute.clip.inputs.embeddings import Captions, Embeddings, RandomStreams
from precompute.clip.inputs.images import ClipInputs, open_images, refuse_more_than_a_store_holds
from precompute.clip.inputs.split import Split
from precompute.clip.inputs.templates import LISTS, Templates
from precompute.clip.layout.summary import draw_shown, layout_arrays
from precompute.clip.modality_gap import claim as gap_claim
from precompute.clip.modality_gap.summary import gap_arrays
from precompute.clip.model.towers import find_model, identify
from precompute.clip.pipeline import encode, own_prompts, own_templates
from precompute.clip.prompts.claim import prompts_claim, published_words
from precompute.clip.prompts.summary import prompt_arrays
from precompute.clip.settings import ClipSettings
from precompute.errors import InputError
from precompute.job import JobContext, Measured
from precompute.study import Results
from store.schema import ArraySpec
from store.schema.clip import layout
from store.schema.clip import prompts as prompts_schema


def inspect(settings: ClipSettings, context: JobContext) -> ClipInputs:
    """Open the images and identify the checkpoint; loads no weights.

    Raises InputError: something is missing, or settings do not fit together.
    """
    if settings.embeddings:
        return precomputed.inspect(settings)
    if len(set(settings.styles)) < len(settings.styles):
        raise InputError("[clip] styles names one twice. Give each template a name of its own.")
    if unknown := [name for name in settings.template_lists if name not in LISTS]:
        raise InputError(
            f"[clip] template_lists has no list {unknown[0]!r}. Known: {', '.join(LISTS)}."
        )
    model = find_model(settings)
    draws = RandomStreams(settings.seed, settings.n_bootstrap)
    images, n_train = open_images(settings, context.data, draws.stream("subset"))
    templates = own_templates(settings)
    n_texts = len(own_prompts(templates, images.class_names))
    fix = "Give fewer templates, as with --set 'clip.template_lists=[]', or fewer images."
    refuse_more_than_a_store_holds(images, templates.n_wordings, n_texts, 0, fix)
    return ClipInputs(images, identify(model), n_train)


def measure(settings: ClipSettings, inputs: ClipInputs, context: JobContext) -> Measured:
    """Embed images and prompts, or take a file's embeddings, and read the shown images' pixels."""
    draws = RandomStreams(settings.seed, settings.n_bootstrap)
    if settings.embeddings:
        source = precomputed.read(settings, draws)
    else:
        source = encode(settings, inputs, context, draws)
    embeddings = source.embeddings
    shown_rows = draw_shown(embeddings, settings)
    arrays = {
        "images": embeddings.images,
        "labels": embeddings.labels,
        "split": embeddings.split.part,
        "scored": embeddings.scored,
        "texts": embeddings.texts,
        "members": embeddings.templates.members,
        "caption_labels": embeddings.captions.labels,
        "names": np.array(source.names),
        "prompts": np.array(source.prompts),
        "shown": shown_rows,
    }
    if embeddings.norms is not None:
        arrays["image_norms"], arrays["text_norms"] = embeddings.norms
    if source.thumbnails is not None:
        arrays["thumbnails"] = source.thumbnails(shown_rows)
    facts = {
        "images": inputs.images.name,
        "class_names": embeddings.class_names,
        "templates": embeddings.templates.templates,
        "styles": embeddings.templates.styles,
        "lists": embeddings.templates.lists,
        "captions": embeddings.captions.texts,
        "logit_scale": float(embeddings.logit_scale),
    }
    return Measured(arrays, facts, replace(inputs.model, preprocessing=source.preprocessing))


def _embeddings(measured: Measured) -> Embeddings:
    arrays, facts = measured.arrays, measured.facts
    norms = arrays.get("image_norms"), arrays.get("text_norms")
    texts, styles, lists = (tuple(facts[name]) for name in ("templates", "styles", "lists"))
    return Embeddings(
        images=arrays["images"],
        labels=arrays["labels"],
        split=Split(arrays["split"]),
        scored=arrays["scored"],
        texts=arrays["texts"],
        templates=Templates(texts, styles, lists, arrays["members"]),
        class_names=tuple(facts["class_names"]),
        captions=Captions(tuple(facts["captions"]), arrays["caption_labels"]),
        norms=None if norms[0] is None or norms[1] is None else (norms[0], norms[1]),
        logit_scale=facts["logit_scale"],
    )


def summarise(settings: ClipSettings, measured: Measured) -> Results:
    """Measure prompts, gap and alignment, lay out; return arrays and the three claims."""
    draws = RandomStreams(settings.seed, settings.n_bootstrap)
    embeddings, shown_rows = _embeddings(measured), measured.arrays["shown"]
    n_held_out = len(embeddings.held_out)
    resamples = draw_resamples(n_held_out, draws.n_bootstrap, draws.stream("bootstrap"))
    arrays, prompts = prompt_arrays(embeddings)
    gap_results, gap = gap_arrays(embeddings, shown_rows, resamples, draws)
    alignment = compare_methods(embeddings, settings.shots, settings.n_draws, resamples, draws)
    rows = np.searchsorted(embeddings.held_out, shown_rows)
    arrays |= gap_results | alignment_arrays(alignment, rows)
    arrays |= layout_arrays(embeddings, shown_rows, alignment, settings)
    arrays |= _input_arrays(embeddings, measured)
    model, images = measured.model.model, measured.facts["images"]
    if expected := published_words(prompts, model, images):
        console.print(f"  {expected}")
    claims = (
        prompts_claim(prompts, settings.seen_class_names, model, images),
        *(claim(gap) for claim in gap_claim.CLAIMS),
        *(claim(alignment, model, images) for claim in alignment_claim.CLAIMS),
    )
    return Results(arrays, tuple(map(undecided_on_few, claims)), embeddings.class_names)


def _input_arrays(embeddings: Embeddings, measured: Measured) -> dict[ArraySpec, NDArray]:
    arrays = {
        prompts_schema.IMAGE_NAME: measured.arrays["names"],
        prompts_schema.IMAGE_LABEL: embeddings.labels,
        prompts_schema.IMAGE_SPLIT: embeddings.split.part,
        prompts_schema.IMAGE_SCORED: embeddings.scored,
        prompts_schema.IMAGE_EMBEDDINGS: embeddings.images,
        prompts_schema.PROMPT: measured.arrays["prompts"],
        prompts_schema.TEXT_LABEL: embeddings.text_labels,
        prompts_schema.TEXT_TEMPLATE: embeddings.text_templates,
        prompts_schema.TEXT_EMBEDDINGS: embeddings.texts,
    }
    if embeddings.norms is not None:
        arrays[prompts_schema.IMAGE_NORM], arrays[prompts_schema.TEXT_NORM] = embeddings.norms
    if "thumbnails" in measured.arrays:
        arrays[layout.THUMBNAIL] = measured.arrays["thumbnails"]
    return arrays
