"""What the CLIP study costs: encoding beside the usual loader, and the study on embeddings."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import open_clip
import torch
from safetensors.torch import save_file
from torch.utils.data import DataLoader, Dataset

from precompute.clip.alignment import unit_rows
from precompute.clip.alignment_arrays import alignment_arrays
from precompute.clip.alignment_evidence import compare_methods
from precompute.clip.embeddings import Draws, Embeddings
from precompute.clip.encode import encode_images
from precompute.clip.gap_evidence import gap_arrays
from precompute.clip.model import CONFIG, FOLDER, WEIGHTS, ClipModel, find_model, load_model
from precompute.clip.prompt_evidence import prompt_arrays
from precompute.clip.resamples import draw_resamples
from precompute.clip.split import split_train_part
from precompute.clip.templates import LISTS, gather
from precompute.datasets import ImageSet, load_images
from precompute.settings import load_profile
from tests.bench.row import Bound, Row, seconds_side_by_side
from tests.standins import write_stl10

CUDA = torch.cuda.is_available()
PER_CLASS = 800 if CUDA else 4  # of STL-10's ten classes: its whole test part on a GPU
BATCH = 512 if CUDA else 20
N_TRAIN, N_TEST, DIM, N_CLASSES = 5_000, 8_000, 512, 10


class OneByOne(Dataset[torch.Tensor]):
    """STL-10 the usual way: one PIL picture at a time through open_clip's transform."""

    def __init__(self, images: ImageSet, model: ClipModel) -> None:
        self.images, self.preprocess = images, model.preprocess

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> torch.Tensor:
        return self.preprocess(self.images.read(row))


def rows() -> Iterator[Row]:
    """Yield the CLIP study's rows."""
    with TemporaryDirectory() as folder:
        yield from _encoding(Path(folder))
    yield _study()


def _encoding(folder: Path) -> Iterator[Row]:
    write_stl10(folder, n_train=1, n_test=PER_CLASS)
    images, model = load_images("STL10", "test", folder), vit_b_32(folder)
    n_images = len(images)
    workers = 8 if CUDA else 0  # on a CPU workers would take cores from the network

    network: Any = model.network  # two classes whose types agree on no more

    def ours() -> np.ndarray:
        return encode_images(model, images, range(n_images), BATCH)["embedding"]

    def usual() -> np.ndarray:
        loader = DataLoader(
            OneByOne(images, model), batch_size=BATCH, num_workers=workers, pin_memory=CUDA
        )
        with torch.inference_mode(), torch.autocast("cuda", torch.float16, enabled=CUDA):
            parts = [network.encode_image(b.to(model.device)).float().cpu() for b in loader]
        return unit_rows(torch.cat(parts).numpy())

    cosine = float((ours() * usual()).sum(axis=1).min())
    mine, peer = seconds_side_by_side(ours, usual, repeats=3, warm_up=0)
    where = "one GPU, float16" if CUDA else "the CPU, float32"
    yield Row(
        work=f"encode {n_images:,} STL-10 images with ViT-B/32 on {where}, end to end",
        ours=n_images / mine,
        unit="images/s",
        peer=n_images / peer,
        peer_name="open_clip's transform per picture, DataLoader",
        limited_by="the network" if CUDA else "the network's multiplications",
        bound=Bound("at least", 5 if CUDA else 0.97, of="ratio"),
    )
    yield Row(
        work=f"least cosine of those {n_images:,} embeddings to the usual path's",
        ours=cosine,
        unit="cosine",
        limited_by="rounding to grey levels",
        bound=Bound("at least", 0.9999, of="figure"),
    )


def vit_b_32(folder: Path) -> ClipModel:
    """The real architecture with random weights: speed depends on shapes alone."""
    torch.manual_seed(0)
    name = "ViT-B-32-quickgelu"
    network: Any = open_clip.create_model(name)
    save_file(network.state_dict(), folder / WEIGHTS)
    config = {"model_cfg": open_clip.get_model_config(name), "preprocess_cfg": {}}
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    settings = replace(load_profile("full").clip, model=f"{FOLDER}{folder}", pretrained="")
    device = torch.device("cuda" if CUDA else "cpu")
    return load_model(find_model(settings), device, "float16" if CUDA else "float32")


def _study() -> Row:
    found = made_up()
    settings, draws = load_profile("full").clip, Draws(0, load_profile("full").clip.n_bootstrap)
    start = time.perf_counter()
    resamples = draw_resamples(len(found.held_out), draws.n_bootstrap, draws.stream("bootstrap"))
    prompt_arrays(found)
    gap_arrays(found, found.held_out[:2000], resamples, draws)
    evidence = compare_methods(found, settings.shots, settings.n_draws, resamples, draws)
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
    settings = load_profile("full").clip
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
