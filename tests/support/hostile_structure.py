"""Files whose HDF5 structure was changed in bytes: trees, heaps and headers that lead nowhere.

Each node of HDF5's earliest format begins with four letters; what follows are sizes and addresses.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

SIGNATURES = (b"TREE", b"SNOD", b"HEAP")
GROUP_TREE = 0  # the type of a tree that holds a group's names; 1 holds a dataset's chunks
LEVEL, SIBLINGS, FIRST_CHILD = 5, 8, 32  # offsets in a tree's node
HEAD_BYTES = 64  # of a node, where its sizes and addresses lie
ODD_VALUES = (0, 1, 7, 0x7FFF, 0xFFFF, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1)


def nodes(content: bytes, signature: bytes) -> Iterator[int]:
    """Yield where each node of a kind begins."""
    place = content.find(signature)
    while place >= 0:
        yield place
        place = content.find(signature, place + 1)


def _group_trees(content: bytes) -> list[int]:
    return [at for at in nodes(content, b"TREE") if content[at + 4] == GROUP_TREE]


def own_child(path: Path) -> None:
    """Make the tree of each group its own child, without end: HDF5's recursion fills the stack."""
    content = bytearray(path.read_bytes())
    for at in _group_trees(content):
        content[at + LEVEL] = 1
        struct.pack_into("<Q", content, at + FIRST_CHILD, at)
    path.write_bytes(content)


def own_sibling(path: Path) -> None:
    """Make the tree of each group its own neighbour: HDF5 walks on for ever."""
    content = bytearray(path.read_bytes())
    for at in _group_trees(content):
        struct.pack_into("<QQ", content, at + SIBLINGS, at, at)
    path.write_bytes(content)


def mutate(path: Path, rng: np.random.Generator) -> None:
    """Change up to three fields of nodes: to odd values, or to addresses of other nodes."""
    content = bytearray(path.read_bytes())
    places = [at for signature in SIGNATURES for at in nodes(content, signature)]
    headers = [at - 16 for at in places if at >= 16]  # what precedes one is often its object's
    for _ in range(rng.integers(1, 4)):
        start = int(rng.choice(places + headers))
        width = int(rng.choice((1, 2, 4, 8)))
        offset = start + int(rng.integers(4, HEAD_BYTES))
        odd = rng.random() < 0.5
        value = int(rng.choice(np.array(ODD_VALUES, "u8"))) if odd else int(rng.choice(places))
        value &= 2 ** (8 * width) - 1
        content[offset : offset + width] = value.to_bytes(width, "little")
    path.write_bytes(content)
