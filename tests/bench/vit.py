"""What reading attention costs beside the forward pass alone, at ViT-B/16's shape.

The weights are random: time and memory do not depend on them.
"""

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from transformers import PreTrainedModel, ViTConfig, ViTForImageClassification

from precompute.vit.model.attention_function import ATTENTION_NAME
from precompute.vit.model.forward import CLS, read_attention
from tests.bench.row import Bound, Row, seconds_side_by_side

ON_CPU, ON_GPU = 8, 64  # pictures per batch
LARGE = 64  # one more batch on a CPU, where each pass takes a quarter of a minute
TOKENS = 197
REPEATS = {"cpu": 3, "cuda": 20}


def rows() -> Iterator[Row]:
    """Yield the rows of this machine: on the CPU, and on the GPU where there is one."""
    yield from _time_rows("cpu", ON_CPU)
    yield _large_batch()
    yield _cpu_memory()
    if torch.cuda.is_available():
        yield from _gpu_rows()


def make_network(attention: str, device: str) -> PreTrainedModel:
    """Return a random ViT-B/16 (the defaults of its class) with one attention."""
    torch.manual_seed(0)
    network = ViTForImageClassification(ViTConfig()).requires_grad_(False).eval()
    network.set_attn_implementation(attention)
    nn.Module.to(network, device)  # transformers' own `to` is typed wrongly
    return network


def pictures(n: int, device: str) -> Tensor:
    """Return random pixel values."""
    return torch.randn(n, 3, 224, 224, generator=torch.Generator().manual_seed(0)).to(device)


@torch.inference_mode()
def plain(network: PreTrainedModel, images: Tensor) -> Tensor:
    """The forward pass alone, under whichever attention the network has."""
    return network(pixel_values=images).logits


@torch.inference_mode()
def cls_rows(network: PreTrainedModel, images: Tensor) -> Tensor:
    """Our extraction: the CLS rows of all layers and heads, and the logits."""
    return read_attention(network, images).cls_rows


@torch.inference_mode()
def our_rollout(network: PreTrainedModel, images: Tensor) -> Tensor | None:
    """Our extraction with the rollout accumulated in the forward pass."""
    return read_attention(network, images, with_rollout=True).rollout


@torch.inference_mode()
def eager_rows(network: PreTrainedModel, images: Tensor) -> Tensor:
    """The usual way: every matrix under eager attention, then the CLS rows of them."""
    output = network(pixel_values=images, output_attentions=True)
    return torch.stack([layer[:, :, CLS] for layer in output.attentions], dim=1)


@torch.inference_mode()
def eager_rollout(network: PreTrainedModel, images: Tensor) -> Tensor:
    """The usual way: every matrix under eager attention, multiplied afterwards."""
    output = network(pixel_values=images, output_attentions=True)
    rolled = torch.eye(TOKENS, device=images.device).expand(len(images), -1, -1)
    for attention in output.attentions:
        mixed = (attention.mean(dim=1) + torch.eye(TOKENS, device=images.device)) / 2
        rolled = mixed @ rolled
    return rolled


def _time_rows(device: str, n: int) -> Iterator[Row]:
    images = pictures(n, device)
    ours, sdpa = make_network(ATTENTION_NAME, device), make_network("sdpa", device)
    eager = make_network("eager", device)
    seconds = seconds_side_by_side(
        *(
            _synchronised(work, network, images)
            for work, network in (
                (cls_rows, ours),
                (plain, sdpa),
                (eager_rows, eager),
                (our_rollout, ours),
                (eager_rollout, eager),
            )
        ),
        repeats=REPEATS[device],
    )
    row, alone, usual, rolled, rolled_usual = seconds
    shape = f"ViT-B/16, batch {n}, {device.upper()}"
    yield _beside_sdpa(shape, row, alone, 1.05 if device == "cpu" else 1 / 0.9)
    yield Row(
        work=f"all 144 CLS rows, {shape}: pictures a second",
        ours=n / row,
        unit="images/s",
        peer=n / usual,
        peer_name="eager, output_attentions=True",
        limited_by="the forward pass",
        bound=Bound("at least", 1.0 if device == "cpu" else 1.3, of="ratio"),
    )
    yield Row(
        work=f"CLS rows and rollout, {shape}",
        ours=rolled,
        unit="s",
        peer=rolled_usual,
        peer_name="eager, the whole matrices multiplied",
        limited_by="the (T, T) matrices of 12 heads",
        bound=Bound("at most", 1.1, of="ratio"),
    )


def _large_batch() -> Row:
    images = pictures(LARGE, "cpu")
    ours, sdpa = make_network(ATTENTION_NAME, "cpu"), make_network("sdpa", "cpu")
    row, alone = seconds_side_by_side(
        lambda: cls_rows(ours, images), lambda: plain(sdpa, images), repeats=2, warm_up=0
    )
    return _beside_sdpa(f"ViT-B/16, batch {LARGE}, CPU", row, alone, 1.05)


def _beside_sdpa(shape: str, ours: float, alone: float, most: float) -> Row:
    return Row(
        work=f"all 144 CLS rows, {shape}",
        ours=ours,
        unit="s",
        peer=alone,
        peer_name="the sdpa forward alone",
        limited_by="the forward pass",
        bound=Bound("at most", most, of="ratio"),
    )


def _synchronised(
    work: Callable[[PreTrainedModel, Tensor], object], network: PreTrainedModel, images: Tensor
) -> Callable[[], None]:
    def call() -> None:
        work(network, images)
        if images.is_cuda:
            torch.cuda.synchronize()

    return call


def _cpu_memory() -> Row:
    images = pictures(ON_CPU, "cpu")
    peaks = (
        _cpu_megabytes(work, make_network(attention, "cpu"), images) for work, attention in PLACES
    )
    alone, ours, eager = peaks
    return _memory_row(ours - alone, eager - alone, f"batch {ON_CPU}, CPU")


def _memory_row(ours: float, eager: float, where: str) -> Row:
    return Row(
        work=f"peak memory added by all 144 CLS rows, ViT-B/16, {where}",
        ours=ours,
        unit="MB",
        peer=eager,
        peer_name="eager, output_attentions=True",
        limited_by="CLS rows: 0.11 MB a picture",
        bound=Bound("at most", 1 / 50, of="ratio"),
    )


def _cpu_megabytes(work: Callable, network: PreTrainedModel, images: Tensor) -> float:
    """Peak of the tensors that a second call holds, by the allocator's own record."""
    work(network, images)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        work(network, images)
    profiler: Any = record.profiler  # no public call gives the allocator's record in order
    events = profiler.kineto_results.events()
    changes = sorted((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]")
    return max(accumulate(size for _, size in changes)) / 1e6


def _gpu_rows() -> Iterator[Row]:
    yield from _time_rows("cuda", ON_GPU)
    images = pictures(ON_GPU, "cuda")
    alone, ours, eager = (
        _gpu_megabytes(work, make_network(attention, "cuda"), images) for work, attention in PLACES
    )
    yield _memory_row(ours - alone, eager - alone, f"batch {ON_GPU}, GPU")


def _gpu_megabytes(work: Callable, network: PreTrainedModel, images: Tensor) -> float:
    work(network, images)
    torch.cuda.reset_peak_memory_stats()
    work(network, images)
    return torch.cuda.max_memory_allocated() / 1e6


PLACES = ((plain, "sdpa"), (cls_rows, ATTENTION_NAME), (eager_rows, "eager"))
