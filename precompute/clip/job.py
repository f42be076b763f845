"""The CLIP study from images and a model to its published store."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from precompute.clip import claims
from precompute.clip.alignment_evidence import alignment_arrays, compare_methods
from precompute.clip.embeddings import Draws, Embeddings, stream
from precompute.clip.encode import EMBEDDING, encode_images, encode_prompts
from precompute.clip.gap_evidence import gap_arrays
from precompute.clip.layout_evidence import draw_shown, layout_arrays
from precompute.clip.model import ClipModel, find_model, identify, load_model, refuse_long_prompts
from precompute.clip.population import ClipInputs, assign_roles, open_images
from precompute.clip.prompt_evidence import prompt_arrays
from precompute.clip.prompts import fill_prompts
from precompute.clip.thumbnails import crop_thumbnails, read_thumbnails
from precompute.engine import Arrays, Shard, compute, merge, split_rows
from precompute.errors import InputError
from precompute.job import JobContext, publish_study, run_key
from precompute.progress import console
from precompute.settings import ClipSettings
from store.records import Claim
from store.schema import ArraySpec, clip

STUDY = "clip"


def inspect(settings: ClipSettings, context: JobContext) -> ClipInputs:
    """Open the images and identify the checkpoint; loads no weights.

    Raises:
        InputError: something is missing, or settings do not fit together.
    """
    if len(set(settings.styles)) < len(settings.styles):
        raise InputError("[clip] styles names one twice. Give each template a name of its own.")
    found = find_model(settings)
    images, n_train = open_images(settings, context.data, stream(settings.seed, "subset"))
    _prompts(settings, images.class_names)
    return ClipInputs(images, identify(found), n_train)


def run(settings: ClipSettings, inputs: ClipInputs, context: JobContext) -> None:
    """Embed images and prompts, measure prompts, gap and alignment, lay out; write the store."""
    images, prompts = inputs.images, _prompts(settings, inputs.images.class_names)
    draws = Draws(settings.seed, settings.n_bootstrap)
    roles = assign_roles(images, inputs.n_train, settings, draws.stream("split"))
    model = load_model(find_model(settings), context.device)
    refuse_long_prompts(model, prompts)
    steps = _Steps(settings, context, run_key(settings, inputs))
    found = Embeddings(
        images=steps.images(model, inputs),
        labels=images.labels,
        split=roles.split,
        scored=roles.scored,
        texts=steps.prompts(model, prompts),
        styles=settings.styles,
        templates=settings.templates,
        class_names=images.class_names,
    )
    shown = draw_shown(found, settings)
    thumbnails = steps.thumbnails(inputs, shown)
    arrays, said = _measure(found, shown, settings, inputs, draws)
    arrays |= _input_arrays(found, images.names, prompts) | {clip.THUMBNAIL: thumbnails}
    identity = replace(inputs.model, preprocessing=model.preprocessing(settings.seen_class_names))
    content_hash = publish_study(
        STUDY, context, settings, images, identity, arrays, said, images.class_names
    )
    console.print(f"  content {content_hash[:12]}")


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
    arrays, prompts = prompt_arrays(found)
    gap_results, gap = gap_arrays(found, shown, draws)
    alignment = compare_methods(found, draws)
    arrays |= gap_results | alignment_arrays(alignment, np.searchsorted(found.held_out, shown))
    arrays |= layout_arrays(found, shown, alignment.map, settings)
    said = (
        claims.prompts_claim(
            prompts, settings.seen_class_names, inputs.model.model, settings.images
        ),
        claims.gap_claim(gap),
        claims.procrustes_claim(alignment),
    )
    return arrays, said


def _input_arrays(
    found: Embeddings, names: tuple[str, ...], prompts: list[str]
) -> dict[ArraySpec, NDArray]:
    n_classes, n_templates = len(found.class_names), len(found.templates)
    return {
        clip.IMAGE_NAME: np.array(names),
        clip.IMAGE_LABEL: found.labels,
        clip.IMAGE_SPLIT: found.split.part,
        clip.IMAGE_SCORED: found.scored,
        clip.IMAGE_EMBEDDINGS: found.images,
        clip.PROMPT: np.array(prompts),
        clip.TEXT_LABEL: np.tile(np.arange(n_classes), n_templates),
        clip.TEXT_TEMPLATE: np.repeat(np.arange(n_templates), n_classes),
        clip.TEXT_EMBEDDINGS: found.texts,
        clip.TEMPLATE: np.array(found.templates),
        clip.STYLE: np.array(found.styles),
    }


def _prompts(settings: ClipSettings, class_names: tuple[str, ...]) -> list[str]:
    try:
        return fill_prompts(settings.templates, class_names)
    except ValueError as error:
        raise InputError(f"[clip] {error} Make them distinct.") from error
