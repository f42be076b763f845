"""Small, valid, made-up stores for tests: right shapes, plausible values, no model behind them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from store.records import Claim, Provenance, Reference, Skipped, StoreContents
from store.schema import STUDIES
from store.schema.clip import alignment, modality_gap, prompts
from store.schema.vae import reconstructions
from store.schema.vit import labels, masking, outline, shape
from store.writer import publish
from tests.support.made_up_arrays import CLASS_NAMES, SIZES, Sizes, made_up_arrays, words

CLAIMS = {  # study -> (id, evidence, the original's evidence)
    "vit": (
        ("vit-label", labels.GALLERY_TOP_PROBABILITY, "tabby cat, index 281"),
        ("vit-outline", outline.CONTRAST, "heat maps of three cat photos"),
        ("vit-shape", shape.CUE_SURVIVAL, "the outline, not fur or texture"),
        ("vit-centre", masking.SURVIVAL, "one patch hidden, label kept"),
        ("vit-random", masking.PUZZLE_SHARE, "crossword puzzle"),
    ),
    "vae": (
        ("vae-loss", reconstructions.LOSS, "40.9 to 23.9 in 10 epochs"),
        ("vae-blur", reconstructions.LAPLACIAN_RATIO, "a row of reconstructions"),
        ("vae-reencode", reconstructions.LATENT_DRIFT, "not measured"),
    ),
    "clip": (
        ("clip-prompts", prompts.ACCURACY, "0.963, 0.974, 0.962"),
        ("clip-gap", modality_gap.METRIC, "two clouds in a plot"),
        ("clip-inside", modality_gap.METRIC, "the same plot"),
        ("clip-procrustes", alignment.ALIGNED_ACCURACY, "0.977"),
    ),
}


def make_contents(study: str, seed: int = 0, sizes: Sizes | None = None) -> StoreContents:
    """Return valid contents for a study; `sizes` replaces the default size of named axes."""
    rng = np.random.default_rng(seed)
    n = SIZES[study] | dict(sizes or {})
    n |= {"pixel": n["pixel_row"] * n["pixel_col"], "class_predicted": n["class"]}
    if study == "clip":
        n |= {"text": n["template"] * n["class"], "bin": n["edge"] - 1}
        n["embedding_dim_out"] = n["embedding_dim"]
    arrays = made_up_arrays(study, rng, n)
    classes = tuple(words(CLASS_NAMES, n["class"]).tolist())
    skipped = (Skipped("broken.png", "the file ends early"),)
    return StoreContents(arrays, _claims(study), skipped, classes, _provenance(study, seed, n))


def write_report(folder: Path, seed: int = 0) -> Path:
    """Write a published store of every study into a folder; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for study in STUDIES:
        (folder / f"{study}.h5").write_bytes(published(study, seed))
    return folder


@cache
def published(study: str, seed: int = 0) -> bytes:
    """Return the file that publishing a study's contents makes: the same bytes every time."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{study}.h5"
        publish(path, make_contents(study, seed))
        return path.read_bytes()


def _claims(study: str) -> tuple[Claim, ...]:
    verdicts = ("supported", "refuted", "undecided", "supported", "refuted")
    return tuple(
        Claim(
            id=name,
            sentence=f"What the original said about {name}.",
            original=original,
            value=0.75,
            low=0.7,
            high=0.8,
            unit="share of images",
            n=40,
            control=0.5,
            control_name="shuffled pairs",
            references=(Reference("original report", 0.7, 0, "one seed"),),
            verdict=verdict,
            finding="0.75 (0.70 to 0.80) of 40 images, against 0.50 for shuffled pairs.",
            evidence=spec.path,
        )
        for (name, spec, original), verdict in zip(CLAIMS[study], verdicts, strict=False)
    )


def _provenance(study: str, seed: int, n: Sizes) -> Provenance:
    return Provenance(
        study=study,
        report="made-up",
        profile="embedded",
        command="python -m precompute run --profile embedded --name made-up",
        settings={
            "n_images": n["image"],
            "seed": seed,
            "ratios": [0.1, 0.3, 0.5],
            "kl_weight": 1.0,
            "warm_up_share": 0.5,
            "free_nats": 0.25,
        },
        dataset="Fashion-MNIST test",
        dataset_digest="d" * 64,
        model=f"tiny-{study}",
        model_revision="1",
        model_digest="e" * 64,
        preprocessing={"size": n["pixel_row"], "mean": 0.5, "std": 0.5},
        seed=seed,
        device="CPU",
        versions={"numpy": np.__version__},
        git_commit="0" * 40,
        created_utc="2026-01-31T12:00:00Z",
        seconds=12.5,
    )
