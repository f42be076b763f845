"""What the CLIP study costs: encoding beside the usual loader, and the study on embeddings."""

import time
from collections.abc import Iterator

import numpy as np

from precompute.clip.alignment.measure import compare_methods
from precompute.clip.alignment.summary import alignment_arrays
from precompute.clip.bootstrap import draw_resamples
from precompute.clip.inputs.embeddings import Embeddings, RandomStreams
from precompute.clip.inputs.split import split_train_part
from precompute.clip.inputs.templates import LISTS, gather
from precompute.clip.modality_gap.summary import gap_arrays
from precompute.clip.prompts.summary import prompt_arrays
from precompute.settings import load_profile
from precompute.statistics import unit_rows
from tests.bench.encoding import encoding_rows
from tests.bench.row import Bound, Row

N_TRAIN, N_TEST, DIM, N_CLASSES = 5_000, 8_000, 512, 10


def rows() -> Iterator[Row]:
    """Yield the CLIP study's rows."""
    yield from encoding_rows()
    yield _study()


def _study() -> Row:
    embeddings = made_up()
    settings = load_profile("full").study("clip")
    draws = RandomStreams(0, settings.n_bootstrap)
    start = time.perf_counter()
    resamples = draw_resamples(
        len(embeddings.held_out), draws.n_bootstrap, draws.stream("bootstrap")
    )
    prompt_arrays(embeddings)
    gap_arrays(embeddings, embeddings.held_out[:2000], resamples, draws)
    evidence = compare_methods(embeddings, settings.shots, settings.n_draws, resamples, draws)
    alignment_arrays(evidence, np.arange(2000))
    return Row(
        work=f"prompts, gap and all alignment methods on {N_TRAIN + N_TEST:,} x {DIM} embeddings",
        ours=time.perf_counter() - start,
        unit="s",
        limited_by="matrix products of bootstrap and maps",
        bound=Bound("at most", 90, of="figure"),
    )


def made_up() -> Embeddings:
    """Clouds of STL-10's size, with the full profile's templates."""
    rng = np.random.default_rng(0)
    classes, shift = rng.normal(size=(N_CLASSES, DIM)), rng.normal(size=DIM)
    labels = np.arange(N_TRAIN + N_TEST) % N_CLASSES
    images = classes[labels] + shift + 3 * rng.normal(size=(len(labels), DIM))
    settings = load_profile("full").study("clip")
    templates = gather(settings.styles, settings.templates, tuple(LISTS))
    grid = [classes - shift + rng.normal(size=classes.shape) for _ in templates.templates]
    return Embeddings(
        images=unit_rows(images).astype(np.float32),
        labels=labels,
        split=split_train_part(labels, N_TRAIN, 0.4, 0.1, rng),
        scored=np.arange(len(labels)) >= N_TRAIN,
        texts=unit_rows(np.concatenate(grid)).astype(np.float32),
        templates=templates,
        class_names=tuple(map(str, range(N_CLASSES))),
        logit_scale=100.0,
    )
