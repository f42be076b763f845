"""Tiny stand-ins, in the real layouts, for what the full profile downloads, and a way to run on it.

Models are random, pictures made up. `precompute` runs the program as a process of its own in which
every socket call is written down and refused.
"""

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip import CLIP
from open_clip.pretrained import get_pretrained_cfg
from PIL import Image
from safetensors.torch import save_file
from torchvision.datasets import STL10
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from precompute.data.registry import OXFORD_BACKGROUND, OXFORD_BORDER, OXFORD_CLASS
from precompute.settings import PROFILES, STUDIES

ROOT = Path(__file__).resolve().parents[2]
FULL = tomllib.loads((PROFILES / "full.toml").read_text(encoding="utf-8"))
CAT_LABELS = tuple(FULL["vit"]["expected_labels"])
PUZZLE_LABELS = ("crossword puzzle, crossword", "jigsaw puzzle", "maze, labyrinth")
LABELS = (*CAT_LABELS, *PUZZLE_LABELS, "window screen", "paper towel")
STL10_CLASSES = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship")
STL10_CLASSES += ("truck",)
REVISION = "3f49326eb077187dfe1c2a2bb15fbd74e6ab91e3"  # a commit, as the hub's cache names it
GRID = 14  # patches across: google/vit-base-patch16-224 has as many, so every mask ratio fits

# Only sizes are turned down; everything else stays as full.toml has it.
SMALL = {
    "vit": {"n_images": 8, "n_gallery": 3, "n_seeds": 1, "n_fill_seeds": 1, "n_bootstrap": 40}
    | {"shard_images": 4, "n_probe_fit": 40, "n_probe_test": 40},
    "vae": {"hidden_dim": 16, "latent_dim": 4, "epochs": 2, "n_train": 300, "n_test": 100}
    | {"n_samples": 6, "n_traversals": 3, "n_prior_samples": 4, "n_bootstrap": 40}
    | {"sweep_seeds": 1, "sweep_epochs": 1, "sweep_test": 50, "n_shown": 40, "n_generated": 20}
    | {"collapse_seeds": 1, "collapse_epochs": 1, "n_seeds": 1, "first_epoch_batches": [64]}
    | {"first_epoch_rates": [0.001]}
    | {"n_importance_images": 4, "n_importance_samples": 20, "n_passes": 3, "n_extremes": 2},
    "clip": {"n_shown": 20, "n_bootstrap": 40, "batch_size": 16, "shard_images": 32}
    | {"pretrained": "openai", "umap_neighbours": [5], "umap_min_dist": [0.1], "shots": [1, 2]}
    | {"n_draws": 2},
}

# Runs `python -m precompute` with another report folder, and without network: every look-up and
# every connection is written to a file and fails as it does on a machine without network.
_DRIVER = """
import os, resource, runpy, socket, sys
if "STANDIN_LARGEST_FILE" in os.environ:  # as a full disk: a write past this many bytes fails
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(os.environ["STANDIN_LARGEST_FILE"]),) * 2)
def refuse(event, args):
    if event == "socket.__new__" and args[1] == socket.AF_UNIX:
        return  # between this machine's own processes
    if event == "socket.connect" and args[0].family == socket.AF_UNIX:
        return
    if event in ("socket.__new__", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        with open(os.environ["STANDIN_SOCKETS"], "a") as log:
            log.write(f"{event} {args[1:]}\\n")
        raise OSError("no network in this test")
sys.addaudithook(refuse)
from pathlib import Path
from precompute import report
report.REPORTS = Path(os.environ["STANDIN_REPORTS"])
runpy.run_module("precompute", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    output: str  # stdout and stderr
    sockets: list[str]  # what it tried to open


@dataclass(frozen=True)
class Machine:
    """A machine without network: its hub cache, data folder and reports all lie under `root`."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def hub(self) -> Path:
        return self.root / "hf" / "hub"

    def precompute(
        self,
        command: str,
        *arguments: str,
        offline: bool = True,
        with_data: bool = True,
        largest_file_bytes: int | None = None,
    ) -> Outcome:
        """Run `python -m precompute COMMAND` on the CPU, with this machine's data or without."""
        log = self.root / "sockets.log"
        log.unlink(missing_ok=True)
        env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT", "HF_HUB_OFFLINE"):
            env.pop(name, None)
        env |= {"STANDIN_SOCKETS": str(log), "STANDIN_REPORTS": str(self.reports)}
        env |= {"HF_HOME": str(self.root / "hf"), "COLUMNS": "200", "CUDA_VISIBLE_DEVICES": ""}
        if largest_file_bytes:
            env["STANDIN_LARGEST_FILE"] = str(largest_file_bytes)
        if offline:
            env["HF_HUB_OFFLINE"] = "1"
        python = (sys.executable, "-c", _DRIVER)
        data = ("--data", str(self.data)) if with_data else ()
        result = subprocess.run(
            [*python, command, *arguments, "--device", "cpu", *data],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        sockets = log.read_text().splitlines() if log.exists() else []
        return Outcome(result.returncode, result.stdout + result.stderr, sockets)


def write_profile(file: Path, **changes: dict) -> None:
    """Write full.toml with SMALL sizes and then the changes of each study."""
    lines = []
    for study in STUDIES:
        table = {**FULL[study], **SMALL[study], **changes.get(study, {})}
        lines += [f"[{study}]", *(f"{key} = {json.dumps(table[key])}" for key in table), ""]
    file.write_text("\n".join(lines), encoding="utf-8")


def hub_folder(hub: Path, repository: str) -> Path:
    """Make the hub cache's folder of a model, empty, as `hf download` lays it out."""
    model = hub / f"models--{repository.strip('/').replace('/', '--')}"
    snapshot = model / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(REVISION)
    return snapshot


def save_vit(folder: Path, patch_px: int = 4) -> None:
    """Save a random ViT with some of ImageNet's labels, and its processor."""
    torch.manual_seed(0)
    side = GRID * patch_px
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=side,
        patch_size=patch_px,
        initializer_range=0.5,  # so that pictures differ in label
        id2label=dict(enumerate(LABELS)),
        label2id={label: row for row, label in enumerate(LABELS)},
    )
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessor(size={"height": side, "width": side}).save_pretrained(folder)


def save_clip(folder: Path) -> None:
    """Save a random CLIP of two QuickGELU transformers as an open_clip local directory."""
    torch.manual_seed(0)
    vision = {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8}
    text = {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
    model = {"embed_dim": 12, "quick_gelu": True, "vision_cfg": vision, "text_cfg": text}
    folder.mkdir(parents=True)
    save_file(CLIP(**model).state_dict(), folder / "open_clip_model.safetensors")
    known = get_pretrained_cfg(FULL["clip"]["model"], FULL["clip"]["pretrained"])
    preprocess = {key: known[key] for key in ("mean", "std", "interpolation", "resize_mode")}
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": model, "preprocess_cfg": preprocess})
    )


def write_stl10(data: Path, n_train: int, n_test: int) -> None:
    """Write STL-10 under torchvision's file names with so many blobs per class."""
    rng = np.random.default_rng(0)
    for split, n_images in (("train", n_train), ("test", n_test)):
        labels = np.tile(np.arange(10), n_images)
        pixels = [_blob(rng, 96, 96, (label + 1) / 10) for label in labels]
        write_stl10_part(data, split, np.stack(pixels), labels)


def write_stl10_part(data: Path, split: str, pixels: NDArray, labels: NDArray) -> None:
    """Write pixels (n, 96, 96, 3) and classes from 0 (n,) as one of STL-10's parts."""
    folder = data / STL10.base_folder
    folder.mkdir(parents=True, exist_ok=True)
    files = STL10.train_list[:2] if split == "train" else STL10.test_list
    stored = (pixels.transpose(0, 3, 2, 1), labels + 1)  # channel, column, row; from 1
    for (name, _), values in zip(files, stored, strict=True):
        (folder / name).write_bytes(values.astype(np.uint8).tobytes())
    (folder / STL10.class_names_file).write_text("\n".join(STL10_CLASSES) + "\n")
    (folder / STL10.folds_list_file).write_text("0 1 2\n")


def write_pets(data: Path, cats: int) -> tuple[str, str]:
    """Write Oxford-IIIT Pet with so many whole cats, one dog and two broken cats; name the broken.

    The set has files that macOS left, and a GIF called .jpg among the cats; so has this.
    """
    root, rng = data / "oxford-iiit-pet", np.random.default_rng(1)
    for folder in ("images", "annotations/trimaps"):
        (root / folder).mkdir(parents=True)
    names = [f"Egyptian_Mau_{number}" for number in range(cats - 1)]
    names += ["Abyssinian_34", "Bengal_1", "Bengal_2", "beagle_1"]
    for number, name in enumerate(names):
        size = (60 + number, 50)  # width, height
        picture = Image.fromarray(_blob(rng, size[1], size[0], number / len(names)))
        gif = name == "Abyssinian_34"
        picture.save(root / "images" / f"{name}.jpg", "GIF" if gif else "JPEG")
        trimap = root / "annotations" / "trimaps" / f"{name}.png"
        Image.fromarray(_trimap(size[1], size[0])).save(trimap)
        trimap.with_name(f"._{name}.png").write_bytes(b"\0\5\x16\7")
    header = ["#Image CLASS-ID SPECIES BREED ID", "#ID: 1:37 Class ids", "#SPECIES: 1:Cat 2:Dog"]
    lines = [f"{name} 1 {1 + name[0].islower()} 1" for name in names]
    (root / "annotations" / "list.txt").write_text("\n".join(header + lines) + "\n")
    break_jpeg(root / "images" / "Bengal_1.jpg")
    (root / "images" / "Bengal_2.jpg").write_bytes(b"")
    return "Bengal_1.jpg", "Bengal_2.jpg"


def write_photographs(folder: Path, classes: tuple[str, ...], per_class: int) -> None:
    """Write JPEGs of several sizes and modes, one sub-folder per class."""
    rng = np.random.default_rng(2)
    for place, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            pixels = _blob(rng, 40 + 3 * number, 56, (place + 1) / len(classes))
            picture = Image.fromarray(pixels).convert("L" if number == 0 else "RGB")
            picture.save(folder / name / f"{number}.jpg")


def break_jpeg(file: Path) -> None:
    """Cut a JPEG in half, as a broken download is; its header still reads."""
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    Image.open(BytesIO(file.read_bytes()))  # raises if even the header is gone


def _blob(rng: np.random.Generator, height: int, width: int, shade: float) -> NDArray[np.uint8]:
    """Draw a noisy bright disc on a darker ground: (height, width, 3)."""
    inside = _radius(height, width) < 0.6
    ground = rng.uniform(0, 90, (height, width, 3))
    return (ground + inside[..., None] * (shade * np.array([150, 90, 160]))).astype(np.uint8)


def _trimap(height: int, width: int) -> NDArray[np.uint8]:
    radius = _radius(height, width)
    trimap = np.where(radius < 0.5, OXFORD_CLASS, OXFORD_BACKGROUND)
    return np.where(np.abs(radius - 0.6) < 0.1, OXFORD_BORDER, trimap).astype(np.uint8)


def _radius(height: int, width: int) -> NDArray[np.float64]:
    row, column = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.hypot(row, column)
