"""Encoding STL-10, resized as a batch on the device, beside open_clip one picture at a time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from torch.utils.data import DataLoader, Dataset

from precompute.clip.inputs.templates import fill_prompts
from precompute.clip.model.encode import encode_images, encode_prompts
from precompute.clip.model.towers import CONFIG, FOLDER, WEIGHTS, ClipModel, find_model, load_model
from precompute.clip.prompts.summary import nearest_prompt
from precompute.clip.settings import ClipSettings
from precompute.data import fashion_mnist
from precompute.data.image_set import ImageSet
from precompute.data.registry import STL10_PIXELS, load_images
from precompute.settings import load_profile
from precompute.statistics import unit_rows
from tests.bench.row import Bound, Row, seconds_side_by_side
from tests.support.stand_ins import write_stl10, write_stl10_part

CUDA = torch.cuda.is_available()
PRECISION = "float16" if CUDA else "float32"
PER_CLASS = 800 if CUDA else 4  # of STL-10's ten classes: its whole test part on a GPU
BATCH = 512 if CUDA else 20
WORKERS = 8 if CUDA else 0  # on a CPU workers would take cores from the network
N_LABELLED = 4_000  # pictures behind the accuracy: one of them is 0.025 points
POINTS = 100  # percentage points in a share of 1


class OneByOne(Dataset[torch.Tensor]):
    """STL-10 the usual way: one PIL picture at a time through open_clip's transform."""

    def __init__(self, images: ImageSet, model: ClipModel) -> None:
        self.images, self.preprocess = images, model.preprocess

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> torch.Tensor:
        return self.preprocess(self.images.read(row))


def encoding_rows() -> Iterator[Row]:
    """Yield speed and cosine with ViT-B/32's shape, and accuracy with a model that was trained."""
    with TemporaryDirectory() as folder:
        write_stl10(Path(folder), n_train=1, n_test=PER_CLASS)
        images = load_images("STL10", "test", Path(folder))
        yield from _speed(images, vit_b_32(Path(folder)))
        if CUDA:
            yield _whole_precision(images, vit_b_32(Path(folder), "float32"))
    with TemporaryDirectory() as folder:
        yield _accuracy(Path(folder))


def usual_embeddings(model: ClipModel, images: ImageSet) -> NDArray[np.float32]:
    """Embed every picture the usual way; unit rows."""
    network: Any = model.network  # two classes whose types agree on no more
    loader = DataLoader(
        OneByOne(images, model), batch_size=BATCH, num_workers=WORKERS, pin_memory=CUDA
    )
    with torch.inference_mode(), torch.autocast("cuda", torch.float16, enabled=CUDA):
        parts = [network.encode_image(batch.to(model.device)).float().cpu() for batch in loader]
    return unit_rows(torch.cat(parts).numpy()).astype(np.float32)


def _ours(model: ClipModel, images: ImageSet) -> NDArray[np.float32]:
    return encode_images(model, images, range(len(images)), BATCH)["embedding"]


def _speed(images: ImageSet, model: ClipModel) -> Iterator[Row]:
    n_images = len(images)
    cosine = float((_ours(model, images) * usual_embeddings(model, images)).sum(axis=1).min())
    mine, peer = seconds_side_by_side(
        lambda: _ours(model, images), lambda: usual_embeddings(model, images), repeats=3, warm_up=0
    )
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
    if CUDA:
        yield Row(
            work="the same pictures, a figure for the GPU alone",
            ours=n_images / mine,
            unit="images/s",
            limited_by="the network",
            bound=Bound("at least", 5_000, of="figure"),
        )
    yield Row(
        work=f"least cosine of those {n_images:,} embeddings to the usual path's",
        ours=cosine,
        unit="cosine",
        limited_by="rounding to grey levels",
        bound=Bound("at least", 0.9999, of="figure"),
    )


def _whole_precision(images: ImageSet, model: ClipModel) -> Row:
    """The profile's own precision, which half precision must not hide."""
    (seconds,) = seconds_side_by_side(lambda: _ours(model, images), repeats=3)
    return Row(
        work=f"encode {len(images):,} STL-10 images with ViT-B/32 on one GPU, float32",
        ours=len(images) / seconds,
        unit="images/s",
        limited_by="the network's multiplications",
    )


def _accuracy(folder: Path) -> Row:
    """Classify Fashion-MNIST's pictures, enlarged to an STL-10 file, with the embedded weights."""
    test_part, side = fashion_mnist.load("test"), STL10_PIXELS[1]
    pixels = [
        np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC))
        for one in test_part.images[:N_LABELLED]
    ]
    coloured = np.repeat(np.stack(pixels)[..., None], STL10_PIXELS[0], axis=-1)
    write_stl10_part(folder, "test", coloured, test_part.labels[:N_LABELLED])
    images = load_images("STL10", "test", folder)
    model = _load(load_profile("embedded").study("clip"))
    prompts = fill_prompts(["a photo of {}"], fashion_mnist.CLASS_NAMES)
    texts = encode_prompts(model, prompts, range(len(prompts)), BATCH)["embedding"]
    ours, usual = (
        POINTS * float(np.mean(nearest_prompt(embedded, texts) == images.labels))
        for embedded in (_ours(model, images), usual_embeddings(model, images))
    )
    return Row(
        work=f"accuracy on {N_LABELLED:,} pictures of 96 px with the embedded weights: {ours:.2f} "
        f"points, the usual path {usual:.2f}; the difference",
        ours=abs(ours - usual),
        unit="points",
        limited_by="rounding to grey levels",
        bound=Bound("at most", 0.1, of="figure"),
    )


def vit_b_32(folder: Path, precision: str = PRECISION) -> ClipModel:
    """The real architecture with random weights: speed depends on shapes alone."""
    torch.manual_seed(0)
    name = "ViT-B-32-quickgelu"
    network: Any = open_clip.create_model(name)
    save_file(network.state_dict(), folder / WEIGHTS)
    config = {"model_cfg": open_clip.get_model_config(name), "preprocess_cfg": {}}
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    settings = replace(load_profile("full").study("clip"), model=f"{FOLDER}{folder}", pretrained="")
    return _load(settings, precision)


def _load(settings: ClipSettings, precision: str = PRECISION) -> ClipModel:
    device = torch.device("cuda" if CUDA else "cpu")
    return load_model(find_model(settings), device, precision)
