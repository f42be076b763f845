"""The CLIP study from images and a model to its published store."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from precompute.claims import undecided_on_few
from precompute.cli.progress import console
from precompute.clip import claims
from precompute.clip.alignment.measure import compare_methods
from precompute.clip.alignment.summary import alignment_arrays
from precompute.clip.bootstrap import draw_resamples
from precompute.clip.inputs import precomputed
from precompute.clip.inputs.captions import write_captions
from precompute.clip.inputs.embeddings import Draws, Embeddings, Source, stream
from precompute.clip.inputs.images import (
    ClipInputs,
    assign_roles,
    open_images,
    refuse_more_than_a_store_holds,
)
from precompute.clip.inputs.templates import LISTS, Templates, gather
from precompute.clip.layout.summary import draw_shown, layout_arrays
from precompute.clip.modality_gap.summary import gap_arrays
from precompute.clip.model.encode import EMBEDDING, encode_images, encode_prompts
from precompute.clip.model.thumbnails import crop_thumbnails, read_thumbnails
from precompute.clip.model.towers import (
    ClipModel,
    find_model,
    identify,
    load_model,
    refuse_long_prompts,
)
from precompute.clip.prompts.measure import fill_prompts
from precompute.clip.prompts.summary import prompt_arrays
from precompute.compute.shards import Arrays, Shard, compute, merge, split_rows
from precompute.errors import InputError
from precompute.job import JobContext, publish_study, run_key
from precompute.settings import ClipSettings
from store.records import Claim
from store.schema import ArraySpec
from store.schema.clip import layout
from store.schema.clip import prompts as prompts_schema

STUDY = "clip"


def inspect(settings: ClipSettings, context: JobContext) -> ClipInputs:
    """Open the images and identify the checkpoint; loads no weights.

    Raises:
        InputError: something is missing, or settings do not fit together.
    """
    if settings.embeddings:
        return precomputed.inspect(settings)
    if len(set(settings.styles)) < len(settings.styles):
        raise InputError("[clip] styles names one twice. Give each template a name of its own.")
    if unknown := [name for name in settings.template_lists if name not in LISTS]:
        raise InputError(
            f"[clip] template_lists has no list {unknown[0]!r}. Known: {', '.join(LISTS)}."
        )
    found = find_model(settings)
    images, n_train = open_images(settings, context.data, stream(settings.seed, "subset"))
    templates = _templates(settings)
    n_texts = len(_prompts(templates, images.class_names))
    refuse_more_than_a_store_holds(
        images,
        templates.n_wordings,
        n_texts,
        0,
        "Give fewer templates, as with --set 'clip.template_lists=[]', or fewer images.",
    )
    return ClipInputs(images, identify(found), n_train)


def run(settings: ClipSettings, inputs: ClipInputs, context: JobContext) -> None:
    """Embed images and prompts, measure prompts, gap and alignment, lay out; write the store."""
    draws = Draws(settings.seed, settings.n_bootstrap)
    if settings.embeddings:
        source = precomputed.read(settings, draws)
    else:
        source = _encode(settings, inputs, context, draws)
    found = source.found
    shown = draw_shown(found, settings)
    arrays, said = _measure(found, shown, settings, inputs, draws)
    arrays |= _input_arrays(found, source.names, source.prompts)
    if source.thumbnails is not None:
        arrays[layout.THUMBNAIL] = source.thumbnails(shown)
    identity = replace(inputs.model, preprocessing=source.preprocessing)
    content_hash = publish_study(
        STUDY, context, settings, inputs.images, identity, arrays, said, found.class_names
    )
    console.print(f"  content {content_hash[:12]}")


def _encode(
    settings: ClipSettings, inputs: ClipInputs, context: JobContext, draws: Draws
) -> Source:
    """Embed the images and the texts with the model."""
    images, templates = inputs.images, _templates(settings)
    roles = assign_roles(images, inputs.n_train, settings, draws.stream("split"))
    prompts = _prompts(templates, images.class_names)
    captions = write_captions(
        images, settings.images, settings.n_captions, prompts, draws.stream("captions")
    )
    texts = [*prompts, *captions.texts]
    model = load_model(find_model(settings), context.device, settings.precision)
    refuse_long_prompts(model, texts)
    steps = _Steps(settings, context, run_key(settings, inputs))
    found = Embeddings(
        images=steps.images(model, inputs),
        labels=images.labels,
        split=roles.split,
        scored=roles.scored,
        texts=steps.prompts(model, texts),
        templates=templates,
        class_names=images.class_names,
        captions=captions,
        logit_scale=model.logit_scale,
    )
    return Source(
        found,
        images.names,
        texts,
        model.preprocessing(settings.seen_class_names),
        lambda shown: steps.thumbnails(inputs, shown),
    )


@dataclass(frozen=True)
class _Steps:
    """The steps that a kill can interrupt, each in shards."""

    settings: ClipSettings
    context: JobContext
    key: str

    def images(self, model: ClipModel, inputs: ClipInputs) -> NDArray[np.float32]:
        return self._run(
            "images",
            len(inputs.images),
            lambda shard: encode_images(model, inputs.images, shard.rows, self.settings.batch_size),
            "image embeddings",
        )[EMBEDDING]

    def prompts(self, model: ClipModel, prompts: list[str]) -> NDArray[np.float32]:
        return self._run(
            "prompts",
            len(prompts),
            lambda shard: encode_prompts(model, prompts, shard.rows, self.settings.batch_size),
            "prompt embeddings",
            "prompts",
        )[EMBEDDING]

    def thumbnails(self, inputs: ClipInputs, shown: NDArray[np.int64]) -> NDArray[np.uint8]:
        return crop_thumbnails(
            self._run(
                "thumbnails",
                len(shown),
                lambda shard: read_thumbnails(inputs.images, shown[shard.start : shard.stop]),
                "thumbnails",
            )
        )

    def _run(
        self,
        step: str,
        n_rows: int,
        work: Callable[[Shard], Arrays],
        label: str,
        unit: str = "images",
    ) -> Arrays:
        shards = split_rows(step, n_rows, self.settings.shard_images)
        return merge(compute(shards, work, self.context.shard_folder(STUDY), self.key, label, unit))


def _measure(
    found: Embeddings,
    shown: NDArray[np.int64],
    settings: ClipSettings,
    inputs: ClipInputs,
    draws: Draws,
) -> tuple[dict[ArraySpec, NDArray], tuple[Claim, ...]]:
    """Return the store's arrays of results, and the claims."""
    resamples = draw_resamples(len(found.held_out), draws.n_bootstrap, draws.stream("bootstrap"))
    arrays, prompts = prompt_arrays(found)
    gap_results, gap = gap_arrays(found, shown, resamples, draws)
    alignment = compare_methods(found, settings.shots, settings.n_draws, resamples, draws)
    arrays |= gap_results | alignment_arrays(alignment, np.searchsorted(found.held_out, shown))
    arrays |= layout_arrays(found, shown, alignment, settings)
    model, images = inputs.model.model, inputs.images.name
    if expected := claims.published_words(prompts, model, images):
        console.print(f"  {expected}")
    said = (
        claims.prompts_claim(prompts, settings.seen_class_names, model, images),
        claims.gap_claim(gap),
        claims.procrustes_claim(alignment),
    )
    return arrays, tuple(map(undecided_on_few, said))


def _input_arrays(
    found: Embeddings, names: tuple[str, ...], prompts: list[str]
) -> dict[ArraySpec, NDArray]:
    return {
        prompts_schema.IMAGE_NAME: np.array(names),
        prompts_schema.IMAGE_LABEL: found.labels,
        prompts_schema.IMAGE_SPLIT: found.split.part,
        prompts_schema.IMAGE_SCORED: found.scored,
        prompts_schema.IMAGE_EMBEDDINGS: found.images,
        prompts_schema.PROMPT: np.array(prompts),
        prompts_schema.TEXT_LABEL: found.text_labels,
        prompts_schema.TEXT_TEMPLATE: found.text_templates,
        prompts_schema.TEXT_EMBEDDINGS: found.texts,
    }


def _templates(settings: ClipSettings) -> Templates:
    return gather(settings.styles, settings.templates, settings.template_lists)


def _prompts(templates: Templates, class_names: tuple[str, ...]) -> list[str]:
    try:
        return fill_prompts(templates.templates, class_names)
    except ValueError as error:
        raise InputError(f"[clip] {error} Make them distinct.") from error
