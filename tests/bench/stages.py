"""How near each stage that computes on the device comes to what the device can do."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from skimage import data
from torch import Tensor, nn

from precompute.clip.model.encode import encode_images
from precompute.clip.model.towers import ClipModel
from precompute.compute.batches import BatchRunner
from precompute.compute.shards import split_rows
from precompute.data.image_set import partners
from precompute.data.registry import load_images
from precompute.settings import load_profile
from precompute.vae.settings import own_model
from precompute.vae.training.train import _Run
from precompute.vit.model.attention_function import ATTENTION_NAME
from precompute.vit.model.inference import Probe
from precompute.vit.model.token_drop import can_shorten, dropped_readout
from precompute.vit.pipeline import beside_partners
from tests.bench import vit
from tests.bench.encoding import vit_b_32
from tests.bench.masking import HIDDEN, random_classifier, random_masks
from tests.bench.roofline import Limits, measure, measure_limits
from tests.bench.row import Bound, Row, seconds_side_by_side
from tests.support.stand_ins import write_stl10

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")
BATCH = 64 if CUDA else 8  # of ViT-B/16
PER_CLASS = 100 if CUDA else 2  # pictures that CLIP encodes, of ten classes
TRAINED = 40  # batches of the VAE
PHOTOGRAPHS, HEIGHT, WIDTH = 500, 400, 500


def rows() -> Iterator[Row]:
    """Yield each stage under the roof, CLIP's encoding beside the bare model, and the loading."""
    limits = measure_limits(DEVICE)
    yield _attention(limits)
    yield _token_drop(limits)
    with TemporaryDirectory() as folder:
        yield from _encoding(Path(folder))
    yield _training(limits)
    with TemporaryDirectory() as folder:
        yield _loading(Path(folder))


def _under_the_roof(
    work: str,
    stage: Callable[[], object],
    n_bytes: float,
    limits: Limits,
    input_s: float = 0.0,
    counted: Callable[[], object] | None = None,
) -> Row:
    """One stage beside the limit that binds it."""
    measured = measure(stage, DEVICE, n_bytes, counted)
    binds = measured.bound(limits, input_s)
    if binds == "memory":
        ours, peer, unit = measured.bytes / measured.seconds / 1e9, limits.bytes / 1e9, "GB/s"
        peer_name = "a large copy"
    else:
        ours, peer, unit = measured.flops / measured.seconds / 1e9, limits.flops / 1e9, "GFLOP/s"
        peer_name = "a large matrix product"
    return Row(f"{work}, {DEVICE.type}", ours, unit, binds, None, peer, peer_name)


def _attention(limits: Limits) -> Row:
    images = vit.pictures(BATCH, DEVICE.type)
    network = vit.make_network(ATTENTION_NAME, DEVICE.type)
    return _under_the_roof(
        f"all 144 CLS rows, ViT-B/16, batch {BATCH}",
        lambda: vit.cls_rows(network, images),
        _weights(network) + images.nbytes,
        limits,
    )


def _token_drop(limits: Limits) -> Row:
    classifier = random_classifier(DEVICE)
    images = vit.pictures(BATCH, DEVICE.type)
    hidden = random_masks(classifier, BATCH)
    shortens = can_shorten(classifier)

    @torch.inference_mode()
    def stage() -> Tensor:
        return dropped_readout(classifier, images, hidden, shortens)

    return _under_the_roof(
        f"token drop, {HIDDEN:.0%} of the patches, ViT-B/16, batch {BATCH}",
        stage,
        _weights(classifier.network) + images.nbytes,
        limits,
    )


def _encoding(folder: Path) -> Iterator[Row]:
    write_stl10(folder, n_train=1, n_test=PER_CLASS)
    images, model = load_images("STL10", "test", folder), vit_b_32(folder)
    n_images, whole, pixels = len(images), model.batch_preprocess, images.pixels
    assert whole is not None
    assert pixels is not None

    def stage() -> object:
        return encode_images(model, images, range(n_images), n_images)

    prepared = whole(pixels(range(n_images)), DEVICE)
    ours, bare, read = seconds_side_by_side(
        stage,
        lambda: _bare(model, prepared),
        lambda: whole(pixels(range(n_images)), DEVICE),
        repeats=3,
    )
    work = f"encode {n_images} STL-10 images with ViT-B/32 in one batch"
    yield Row(
        work=f"{work}, {DEVICE.type}",
        ours=n_images / ours,
        unit="images/s",
        peer=n_images / bare,
        peer_name="the bare model on pixels already prepared",
        limited_by="the network",
        bound=Bound("at least", 0.5, of="ratio"),
    )
    n_bytes = _weights(model.network.visual) + prepared.nbytes
    limits = measure_limits(
        DEVICE, torch.float16 if model.precision == "float16" else torch.float32
    )
    yield _under_the_roof(work, stage, n_bytes, limits, read)


@torch.inference_mode()
def _bare(model: ClipModel, prepared: Tensor) -> Tensor:
    with torch.autocast(DEVICE.type, torch.float16, enabled=model.precision == "float16"):
        return model.network.encode_image(prepared).cpu()  # brought to the host, as a stage's is


def _training(limits: Limits) -> Row:
    settings = load_profile("embedded").study("vae")
    n_images = TRAINED * settings.batch_size
    pixels = torch.rand(n_images, 784, generator=torch.Generator().manual_seed(0)).to(DEVICE)
    run, launched = (_Run(settings, own_model(settings), pixels, pixels[:1]) for _ in range(2))
    launched.recorded = None
    per_step = 7 * _weights(run.model)  # read twice; its gradient, and Adam's two means, both ways
    return _under_the_roof(
        f"train the VAE, {TRAINED} batches of {settings.batch_size}",
        run.epoch,
        pixels.nbytes + TRAINED * per_step,
        limits,
        counted=launched.epoch,
    )


def _weights(network: nn.Module) -> float:
    return sum(tensor.nbytes for tensor in network.parameters())


def _loading(folder: Path) -> Row:
    """Load what every step of the ViT study asks for; no image goes through the model."""
    _write_photographs(folder)
    images, classifier = load_images(str(folder), "test", folder), random_classifier(DEVICE)
    settings = load_profile("full").study("vit")
    n_images, prepare = len(images), classifier.preprocessor.prepare
    shards = beside_partners(split_rows("step", n_images, settings.shard_images))
    whole = [list(shard.rows) for shard in shards]
    masked = [[*rows, *partners(np.array(rows), n_images).tolist()] for rows in whole]
    asked = 3 * whole + masked + [list(range(settings.n_gallery))]

    def ours() -> None:
        probe = Probe(classifier, images, BatchRunner(settings.batch_size))
        for rows in asked:
            probe.prepare(rows)

    def one_by_one() -> None:
        for rows in asked:
            torch.stack([prepare(images.read(row)) for row in rows]).to(DEVICE)

    mine, peer = _cpu_seconds_side_by_side(ours, one_by_one)
    return Row(
        work=f"decode and prepare {n_images} photographs of {WIDTH} x {HEIGHT} px for all steps of "
        "the ViT study, seconds of CPU",
        ours=mine,
        unit="s",
        peer=peer,
        peer_name="each step, and each partner, by itself",
        limited_by="JPEG decoding and resizing",
        bound=Bound("at most", 0.25, of="ratio"),
    )


def _write_photographs(folder: Path) -> None:
    """Cut scikit-image's photographs at random places, and bring the cuts to one size."""
    rng = np.random.default_rng(0)
    sources = [Image.fromarray(one()) for one in (data.astronaut, data.coffee, data.rocket)]
    for number in range(PHOTOGRAPHS):
        source = sources[number % len(sources)]
        left, top = rng.uniform(0, 0.4, 2) * source.size
        right, bottom = rng.uniform(0.6, 1, 2) * source.size
        cut = source.resize((WIDTH, HEIGHT), box=(left, top, right, bottom))
        cut.save(folder / f"{number:03}.jpg", quality=90)


def _cpu_seconds_side_by_side(*works: Callable[[], object], repeats: int = 3) -> tuple[float, ...]:
    """Median seconds of each work on one CPU, in turns: other programs' work is not counted."""
    torch.set_num_threads(1)  # those that wait for each other count too
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for seconds, work in zip(taken, works, strict=True):
            start = time.process_time()
            work()
            seconds.append(time.process_time() - start)
    return tuple(median(seconds) for seconds in taken)
