"""ONNX files in the form in which a DINOv2 is exported."""

import hashlib

import numpy as np
from onnx import helper, numpy_helper

from precompute.checkpoints.__main__ import MATRICES, PREFIX

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
            numbered = f"onnx::MatMul_{number}"
            tensors.append(tensor(numbered, values.T))
            _, _, layer, part = matrix.split(".", 3)
            node = f"/backbone/encoder/layer.{layer}/{part.replace('.', '/')}/MatMul"
            nodes.append(helper.make_node("MatMul", ["some/input", numbered], [node], node))
        else:
            tensors.append(tensor(PREFIX + name, values))
    graph = helper.make_graph(nodes, "dinov2", [], [], initializer=tensors)
    return helper.make_model(graph).SerializeToString()


def tensor(name, values):
    """Return one weight as a TensorProto."""
    return numpy_helper.from_array(np.ascontiguousarray(values, "<f4"), name)


def sha256(file):
    """Return the digest of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
