"""The steps of the CLIP study that run the model, in shards that survive a kill."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from precompute.clip.inputs.embeddings import Embeddings, RandomStreams, Source, write_captions
from precompute.clip.inputs.images import ClipInputs, assign_roles
from precompute.clip.inputs.templates import Templates, fill_prompts, gather
from precompute.clip.model.encode import (
    EMBEDDING,
    NORM,
    crop_thumbnails,
    encode_images,
    encode_prompts,
    read_thumbnails,
)
from precompute.clip.model.towers import find_model, load_model, refuse_long_prompts
from precompute.clip.settings import ClipSettings
from precompute.compute.shards import Arrays, Shard, compute, merge, split_rows
from precompute.errors import InputError
from precompute.job import JobContext, run_key, step_key

STUDY = "clip"


def own_templates(settings: ClipSettings) -> Templates:
    """Return the settings' own templates, and those of the lists that they name."""
    return gather(settings.styles, settings.templates, settings.template_lists)


def own_prompts(templates: Templates, class_names: tuple[str, ...]) -> list[str]:
    """Return every template filled with every class name; raises InputError where two are alike."""
    try:
        return fill_prompts(templates.templates, class_names)
    except ValueError as error:
        raise InputError(f"[clip] {error} Make them distinct.") from error


def encode(
    settings: ClipSettings, inputs: ClipInputs, context: JobContext, draws: RandomStreams
) -> Source:
    """Embed the images and the texts with the model."""
    images, templates = inputs.images, own_templates(settings)
    split, scored = assign_roles(images, inputs.n_train, settings, draws.stream("split"))
    prompts = own_prompts(templates, images.class_names)
    captions = write_captions(
        images, settings.images, settings.n_captions, prompts, draws.stream("captions")
    )
    texts = [*prompts, *captions.texts]
    model = load_model(find_model(settings), context.device, settings.precision)
    refuse_long_prompts(model, texts)
    run, batch = run_key(settings, inputs), settings.batch_size

    def step(
        name: str,
        n_rows: int,
        work: Callable[[Shard], Arrays],
        function: Callable,
        label: str,
        unit: str = "images",
        given: Any = None,
    ) -> Arrays:
        """Compute a step's shards; its key covers the function that it calls and what is given."""
        key = step_key(run, __name__, function, given=given)
        shards = split_rows(name, n_rows, settings.shard_images)
        return merge(compute(shards, work, context.shard_folder(STUDY), key, label, unit))

    def embed_images(shard: Shard) -> Arrays:
        return encode_images(model, images, shard.rows, batch)

    def embed_texts(shard: Shard) -> Arrays:
        return encode_prompts(model, texts, shard.rows, batch)

    def thumbnails(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        def read(shard: Shard) -> Arrays:
            return read_thumbnails(images, rows[shard.start : shard.stop])

        what = ("thumbnails", len(rows), read, read_thumbnails, "thumbnails")
        return crop_thumbnails(step(*what, given=rows.tolist()))

    embedded = step("images", len(images), embed_images, encode_images, "image embeddings")
    what = ("prompts", len(texts), embed_texts, encode_prompts, "prompt embeddings", "prompts")
    of_texts = step(*what, given=texts)
    embeddings = Embeddings(
        images=embedded[EMBEDDING],
        labels=images.labels,
        split=split,
        scored=scored,
        texts=of_texts[EMBEDDING],
        templates=templates,
        class_names=images.class_names,
        captions=captions,
        norms=(embedded[NORM], of_texts[NORM]),
        logit_scale=model.logit_scale,
    )
    preprocessing = model.preprocessing(settings.seen_class_names)
    return Source(embeddings, images.names, texts, preprocessing, thumbnails)
