"""How near each stage that computes on the device comes to what the device can do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from precompute.clip.model.encode import encode_images
from precompute.clip.model.towers import ClipModel
from precompute.data.image_set import load_images
from precompute.settings import load_profile
from precompute.vae.training.train import _Run
from precompute.vae.training.variants import own_model
from precompute.vit.model.attention_function import ATTENTION_NAME
from precompute.vit.model.token_drop import can_shorten, dropped_readout
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


def rows() -> Iterator[Row]:
    """Yield each stage under the roof, and CLIP's encoding beside the bare model."""
    limits = measure_limits(DEVICE)
    yield _attention(limits)
    yield _token_drop(limits)
    with TemporaryDirectory() as folder:
        yield from _encoding(Path(folder))
    yield _training(limits)


def _under_the_roof(
    work: str,
    stage: Callable[[], object],
    n_bytes: float,
    limits: Limits,
    input_s: float = 0.0,
    counted: Callable[[], object] | None = None,
) -> Row:
    """One stage beside the limit that binds it."""
    found = measure(stage, DEVICE, n_bytes, counted)
    binds = found.bound(limits, input_s)
    if binds == "memory":
        ours, peer, unit = found.bytes / found.seconds / 1e9, limits.bytes / 1e9, "GB/s"
        peer_name = "a large copy"
    else:
        ours, peer, unit = found.flops / found.seconds / 1e9, limits.flops / 1e9, "GFLOP/s"
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
    settings = load_profile("embedded").vae
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
