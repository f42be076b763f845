"""Read the weights of an ONNX file, without the onnx package.

An ONNX file is one protocol-buffer message. Of its schema (onnx/onnx.proto) five messages' fields
matter here: the graph, its weights, and which weight each node reads.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Field numbers in onnx.proto.
MODEL_GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER = 1, 5
NODE_INPUT, NODE_NAME = 1, 3
TENSOR_DIMS, TENSOR_DATA_TYPE, TENSOR_NAME, TENSOR_RAW_DATA = 1, 2, 8, 9
FLOAT32 = 1  # TensorProto.DataType.FLOAT
VARINT, LENGTH = 0, 2  # wire types
FIXED = {1: 8, 5: 4}  # wire types of numbers of fixed size, in bytes


class NotOnnx(ValueError):
    """The bytes are no ONNX model."""


@dataclass(frozen=True)
class OnnxWeights:
    """The float32 weights of a model and the names of each node's inputs."""

    tensors: dict[str, NDArray[np.float32]]
    inputs: dict[str, tuple[str, ...]]  # node name -> names of its inputs


def read_onnx(content: bytes) -> OnnxWeights:
    """Return the weights in an ONNX file's bytes.

    Raises NotOnnx when they are no such file.
    """
    graphs = [_Message.read(part) for part in _Message.read(memoryview(content)).parts(MODEL_GRAPH)]
    tensors, inputs = {}, {}
    for graph in graphs:
        for part in graph.parts(GRAPH_INITIALIZER):
            tensor = _Message.read(part)
            if tensor.numbers(TENSOR_DATA_TYPE) == [FLOAT32] and tensor.parts(TENSOR_RAW_DATA):
                (raw,) = tensor.parts(TENSOR_RAW_DATA)
                shape = tensor.numbers(TENSOR_DIMS)
                tensors[tensor.text(TENSOR_NAME)] = np.frombuffer(raw, "<f4").reshape(shape)
        for part in graph.parts(GRAPH_NODE):
            node = _Message.read(part)
            names = tuple(bytes(name).decode() for name in node.parts(NODE_INPUT))
            inputs[node.text(NODE_NAME)] = names
    if not tensors:
        raise NotOnnx("no weights were found in it")
    return OnnxWeights(tensors, inputs)


@dataclass(frozen=True)
class _Message:
    """One message's fields, in order: (number, its bytes) or (number, its value)."""

    lengths: tuple[tuple[int, memoryview], ...]
    values: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, message: memoryview) -> "_Message":
        """Split a message into its fields."""
        lengths, values, at = [], [], 0
        try:
            while at < len(message):
                tag, at = _varint(message, at)
                number, wire = tag >> 3, tag & 7
                if wire == VARINT:
                    value, at = _varint(message, at)
                    values.append((number, value))
                    continue
                size = FIXED.get(wire)
                if wire == LENGTH:
                    size, at = _varint(message, at)
                if size is None or at + size > len(message):
                    raise NotOnnx(f"byte {at} begins no field")
                lengths.append((number, message[at : at + size]))
                at += size
        except IndexError:
            raise NotOnnx("it ends within a number") from None
        return cls(tuple(lengths), tuple(values))

    def parts(self, wanted: int) -> list[memoryview]:
        """Return the bytes of every field of a number."""
        return [part for number, part in self.lengths if number == wanted]

    def numbers(self, wanted: int) -> list[int]:
        """Return the values of a number's fields, one by one or packed into one field."""
        packed = [value for part in self.parts(wanted) for value in _varints(part)]
        return [value for number, value in self.values if number == wanted] + packed

    def text(self, wanted: int) -> str:
        """Return a field as text."""
        return b"".join(self.parts(wanted)).decode()


def _varints(packed: memoryview) -> Iterator[int]:
    at = 0
    while at < len(packed):
        value, at = _varint(packed, at)
        yield value


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Read a base-128 number, least significant group first; return it and the place after it."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
