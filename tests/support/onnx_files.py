"""ONNX files written by hand, in the form in which a DINOv2 is exported."""

import hashlib

import numpy as np

from precompute.checkpoints import onnx_weights as fields
from precompute.checkpoints.dinov2 import MATRICES, PREFIX

NEW_TO_OLD = {  # transformers' names of today, and those of the export
    "encoder.layers.": "encoder.layer.",
    "attention.q_proj": "attention.attention.query",
    "attention.k_proj": "attention.attention.key",
    "attention.v_proj": "attention.attention.value",
    "attention.o_proj": "attention.output.dense",
}


def old_names(model):
    """Return the model's weights (name -> array) under the export's names."""
    weights = {}
    for name, values in model.state_dict().items():
        for new, old in NEW_TO_OLD.items():
            name = name.replace(new, old)
        weights[name] = values.numpy()
    return weights


def export(weights):
    """Return an ONNX file: matrices numbered and transposed, the positions split in two."""
    nodes, tensors = [], []
    for number, (name, values) in enumerate(weights.items()):
        matrix = name.removesuffix(".weight")
        if name == "embeddings.position_embeddings":
            tensors += [tensor("onnx::Concat_1", values[:, :1])]
            tensors += [tensor("onnx::Reshape_2", values[:, 1:])]
        elif values.ndim == 2 and matrix.endswith(MATRICES):
            tensors.append(tensor(f"onnx::MatMul_{number}", values.T))
            _, _, layer, part = matrix.split(".", 3)
            node = f"/backbone/encoder/layer.{layer}/{part.replace('.', '/')}/MatMul"
            nodes.append(
                message(fields.NODE_INPUT, b"some/input")
                + message(fields.NODE_INPUT, f"onnx::MatMul_{number}".encode())
                + message(fields.NODE_NAME, node.encode())
            )
        else:
            tensors.append(tensor(PREFIX + name, values))
    graph = b"".join(message(fields.GRAPH_NODE, node) for node in nodes)
    graph += b"".join(message(fields.GRAPH_INITIALIZER, one) for one in tensors)
    return message(fields.MODEL_GRAPH, graph)


def tensor(name, values):
    """Return one weight as a TensorProto."""
    dims = b"".join(varint(fields.TENSOR_DIMS << 3) + varint(size) for size in values.shape)
    kind = varint(fields.TENSOR_DATA_TYPE << 3) + varint(fields.FLOAT32)
    raw = np.ascontiguousarray(values, "<f4").tobytes()
    named = message(fields.TENSOR_NAME, name.encode())
    return dims + kind + named + message(fields.TENSOR_RAW_DATA, raw)


def message(number, content):
    """Return a field of known length."""
    return varint(number << 3 | fields.LENGTH) + varint(len(content)) + content


def varint(value):
    """Return a number in groups of seven bits, the least significant first."""
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])


def sha256(file):
    """Return the digest of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
