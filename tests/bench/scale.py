"""What the driver pays for each shard: writing, reading back, joining, memory, and the index.

The results are made up (random, so that they compress badly), of the size that each study's are at
full settings. `python -m tests.bench.scale` prints the table of docs/scale.md.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from precompute.compute.shards import Shard, compute, merge, split_rows
from precompute.data.registry import load_images
from tests.bench.row import Bound, Row

CELLS = 20 * 3 * 9 * 3  # masks of one image in the full profile: seeds, arms, ratios, fills
KINDS = {"ViT masking": 50, "CLIP embeddings": 1000}  # images per shard in the full profile
SIZES = {"ViT masking": (1_000, 4_000, 16_000), "CLIP embeddings": (10_000, 40_000, 160_000)}
INDEXED = 2_000  # small JPEGs


@dataclass(frozen=True)
class Measured:
    """One simulated step."""

    kind: str
    n_images: int
    n_shards: int
    megabytes: float  # of joined results
    compute_s: float  # results written, read back and compared, file by file
    resume_s: float  # every shard's file read and compared again
    merge_s: float
    peak_mb: float  # of the driver's memory above what it had before


def rows() -> Iterator[Row]:
    """Yield one row per cost, at the middle size, and the index's."""
    for kind in KINDS:
        measured = _in_own_process(kind, SIZES[kind][1])
        yield Row(
            work=f"driver: {measured.n_shards} shards of {kind}, {measured.n_images:,} images",
            ours=measured.n_shards / measured.compute_s,
            unit="shards/s",
            limited_by="gzip and sha256 on one core",
            bound=Bound("at least", 1, of="figure"),
        )
        yield Row(
            work=f"driver: joining {measured.megabytes:.0f} MB of {kind}",
            ours=measured.megabytes / measured.merge_s,
            unit="MB/s",
            limited_by="memory bandwidth",
            bound=Bound("at least", 200, of="figure"),
        )
        yield Row(
            work=f"driver: memory for {measured.megabytes:.0f} MB of {kind}",
            ours=measured.peak_mb / measured.megabytes,
            unit="× results",
            limited_by="parts and joined arrays at once",
            bound=Bound("at most", 3, of="figure"),
        )
    yield Row(
        work=f"index {INDEXED:,} JPEGs of 256 px: read, decode, digest",
        ours=INDEXED / _index_seconds(),
        unit="images/s",
        limited_by="JPEG decoding",
        bound=Bound("at least", 200, of="figure"),
    )


def made_up(kind: str, shard: Shard) -> dict[str, NDArray]:
    """Return a shard's results as the study would."""
    n_rows, rng = len(shard.rows), np.random.default_rng(shard.start)
    if kind == "CLIP embeddings":
        return {"embedding": rng.standard_normal((n_rows, 512), np.float32)}
    return {
        "predicted": rng.integers(0, 1000, (n_rows, CELLS), np.int16),
        "probability": rng.random((n_rows, CELLS), np.float32).astype(np.float16),
    }


def simulate(kind: str, n_images: int) -> Measured:
    """Run one step of n_images through the engine in this process."""
    shards = split_rows("step", n_images, KINDS[kind])
    with TemporaryDirectory() as folder:
        before, start = _peak_mb(), time.perf_counter()
        parts = compute(shards, lambda shard: made_up(kind, shard), Path(folder), "key")
        computed = time.perf_counter()
        joined = merge(parts)
        merged, peak = time.perf_counter(), _peak_mb()
        del parts
        compute(shards, lambda shard: {}, Path(folder), "key")
        resumed = time.perf_counter()
    megabytes = sum(values.nbytes for values in joined.values()) / 1e6
    return Measured(
        kind,
        n_images,
        len(shards),
        megabytes,
        compute_s=computed - start,
        resume_s=resumed - merged,
        merge_s=merged - computed,
        peak_mb=peak - before,
    )


def _in_own_process(kind: str, n_images: int) -> Measured:
    """Simulate in a process of its own, whose highest memory is no other's."""
    command = [sys.executable, "-m", "tests.bench.scale", kind, str(n_images)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return Measured(**json.loads(result.stdout.splitlines()[-1]))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _index_seconds() -> float:
    rng = np.random.default_rng(0)
    with TemporaryDirectory() as folder:
        picture = Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).resize((256, 256))
        picture.save(Path(folder) / "first.jpg")
        content = (Path(folder) / "first.jpg").read_bytes()
        for number in range(INDEXED - 1):
            (Path(folder) / f"{number:06}.jpg").write_bytes(content)
        start = time.perf_counter()
        load_images(folder, "test", Path())
        return time.perf_counter() - start


def table() -> Iterator[str]:
    """Yield the lines of docs/scale.md's table, as they are measured."""
    yield "| step | images | shards | results | shards/s | read back | join | driver memory |"
    yield "|---|---|---|---|---|---|---|---|"
    for kind, sizes in SIZES.items():
        for n_images in sizes:
            m = _in_own_process(kind, n_images)
            yield (
                f"| {kind} | {n_images:,} | {m.n_shards:,} | {m.megabytes:,.0f} MB "
                f"| {m.n_shards / m.compute_s:.1f} | {m.megabytes / m.resume_s:,.0f} MB/s "
                f"| {m.megabytes / m.merge_s:,.0f} MB/s | {m.peak_mb:,.0f} MB |"
            )
    yield f"\nindex: {INDEXED / _index_seconds():,.0f} images/s"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(asdict(simulate(sys.argv[1], int(sys.argv[2])))) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in table())
