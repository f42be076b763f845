"""A pretend GPU: tensors that lie on another device and are computed here, by a GPU's rules.

As on a GPU, the tensors of one operation lie on one device, a random generator belongs to its
device, and NumPy reads nothing before `.cpu()`. A recorded graph computes nothing while it is
recorded, and when it is replayed it reads and writes the tensors that it was recorded with. So code
that moves data between devices, or records, is tried where there is no GPU. Kernels, streams, speed
and memory are not.

The device is called `meta`, the one name that torch lets a program fill by itself.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any, ClassVar
from unittest.mock import patch

import torch
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map

GPU, CPU = torch.device("meta"), torch.device("cpu")
aten = torch.ops.aten
MOVES = {aten._to_copy.default, aten.copy_.default}  # from one device to the other
INDEXING = {aten.index.Tensor, aten.index_put_.default}  # the index may lie here; where it is
# a mask, a GPU counts it first
WAITS = {aten._local_scalar_dense.default, aten.nonzero.default}  # a number goes back to Python


class OnGpu(torch.Tensor):
    """A tensor of the pretend GPU; `here` holds its numbers."""

    here: torch.Tensor
    is_meta = False

    @staticmethod
    def __new__(cls, here: torch.Tensor) -> "OnGpu":
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            here.size(),
            strides=here.stride(),
            storage_offset=here.storage_offset(),
            dtype=here.dtype,
            device=GPU,
        )
        made.here = here
        return made

    @classmethod
    def __torch_dispatch__(
        cls, function: Any, types: Any, given: Any = (), named: Any = None
    ) -> Any:
        return _compute(function, given, named or {})

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def __reduce_ex__(self, protocol: Any) -> Any:  # saved as a tensor, wherever it lay
        return _here(self.detach()).__reduce_ex__(protocol)

    def __repr__(self, **_: Any) -> str:
        return f"OnGpu({_here(self.detach())!r})"


class Generator(torch.Generator):
    """A random generator that knows its device; its numbers are drawn here."""

    on_gpu: ClassVar[dict[int, Any]] = {}  # by address: an operation is handed a bare generator

    def __new__(cls, device: Any = CPU) -> "Generator":
        made: Any = super().__new__(cls)
        if torch.device(device) == GPU:
            cls.on_gpu[made._cdata] = made
        return made


class Graph:
    """A recording: its operations, and the tensors that they read and write."""

    under_way: "Graph | None" = None

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Any, Any, Any]] = []  # operation, inputs, their names, results
        self.before: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}  # what was written over

    def call(self, function: Any, given: Any, named: Any) -> Any:
        """Record one operation; what it writes over is put back when the recording ends."""
        if function in WAITS:
            raise RuntimeError(f"{function}: operation not permitted when stream is capturing")
        if function._schema.is_mutable:
            for tensor in tree_leaves((given, named)):
                if isinstance(tensor, torch.Tensor):
                    self.before.setdefault(id(tensor), (tensor, tensor.clone()))
        results = function(*given, **named)
        self.calls.append((function, given, named, results))
        return results

    def end(self) -> None:
        """Leave every tensor as it was, and what was made in between without a number."""
        for tensor in tree_leaves([results for *_, results in self.calls]):
            if isinstance(tensor, torch.Tensor) and tensor.is_floating_point():
                tensor.fill_(torch.nan)
        for tensor, values in self.before.values():
            tensor.copy_(values)

    def replay(self) -> None:
        """Do every operation again, in the tensors that it was recorded with."""
        for function, given, named, results in self.calls:
            again = function(*given, **named)
            for old, new in zip(tree_leaves(results), tree_leaves(again), strict=True):
                if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


@contextmanager
def _recording(graph: Graph, stream: Any = None) -> Iterator[None]:
    Graph.under_way = graph
    try:
        yield
    finally:
        Graph.under_way = None
        graph.end()


class _Stream:
    def __init__(self, device: Any = None) -> None: ...

    def wait_stream(self, other: "_Stream") -> None: ...


class _Gpu(TorchDispatchMode):
    """Sees the operations that are given no tensor, such as torch.zeros(3, device=GPU)."""

    def __torch_dispatch__(
        self, function: Any, types: Any, given: Any = (), named: Any = None
    ) -> Any:
        return _compute(function, given, named or {})


def _compute(function: Any, given: Any, named: dict[str, Any]) -> Any:
    """Do one operation here; its results lie where a GPU would leave them."""
    if function is aten._fused_sdp_choice.default:
        return 0  # plain matrix products: the fused kernels are written for other devices
    leaves = tree_leaves((given, named))
    tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
    on_gpu = [tensor for tensor in tensors if isinstance(tensor, OnGpu)]
    device = named.get("device") or (GPU if on_gpu else CPU)
    if function is aten.copy_.default:
        device = given[0].device
    generators = [leaf for leaf in leaves if isinstance(leaf, torch._C.Generator)]
    _check(function, device, tensors, generators)
    inputs, names = tree_map(_here, (given, named))
    if "device" in names:
        names |= {"device": CPU}
    recorded = Graph.under_way if on_gpu or device == GPU else None
    results = recorded.call(function, inputs, names) if recorded else function(*inputs, **names)
    if device == GPU:
        results = tree_map(_there, results)
    return return_and_correct_aliasing(function, given, named, results) if on_gpu else results


def _check(
    function: Any,
    device: torch.device,
    tensors: list[torch.Tensor],
    generators: list[Any],
) -> None:
    """Refuse what a GPU refuses."""
    places = {tensor.device for tensor in tensors if tensor.dim() > 0}
    indexed = function in INDEXING and isinstance(tensors[0], OnGpu)
    if len(places) > 1 and not indexed and function not in MOVES:
        raise RuntimeError(f"{function}: expected all tensors to be on the same device")
    moved = {tensor.device for tensor in tensors} | {device}
    counted = function in INDEXING and any(one.dtype == torch.bool for one in tensors[1:])
    if Graph.under_way and (counted or (function in MOVES and len(moved) > 1)):
        raise RuntimeError(f"{function}: operation not permitted when stream is capturing")
    if any((one._cdata in Generator.on_gpu) != (device == GPU) for one in generators):
        raise RuntimeError(f"{function}: expected a generator of {device}")


def _here(leaf: Any) -> Any:
    return leaf.here if isinstance(leaf, OnGpu) else leaf


def _there(leaf: Any) -> Any:
    plain = isinstance(leaf, torch.Tensor) and not isinstance(leaf, OnGpu)
    return OnGpu(leaf) if plain else leaf


_tensor = torch.tensor


def _tensor_on(data: Any, device: Any = None, **named: Any) -> torch.Tensor:
    made = _tensor(data, **named)
    return made if device is None else made.to(device)


PATCHES = {
    "torch.Generator": Generator,
    "torch.tensor": _tensor_on,  # which would not fill a tensor of this device
    "torch._C._InferenceMode": lambda mode: torch.no_grad(),  # which a program's tensors cannot
    "torch.optim.optimizer._get_fused_kernels_supported_devices": lambda: ["cpu", "meta"],
    "torch.cuda.CUDAGraph": Graph,
    "torch.cuda.graph": _recording,
    "torch.cuda.Stream": _Stream,
    "torch.cuda.current_stream": _Stream,
    "torch.cuda.stream": nullcontext,
    "torch.cuda.device": nullcontext,
}


@contextmanager
def pretend_gpu() -> Iterator[torch.device]:
    """Within it there is a GPU: the device that is returned."""
    with ExitStack() as stack:
        for name, replacement in PATCHES.items():
            stack.enter_context(patch(name, replacement))
        stack.enter_context(_Gpu())
        yield GPU
