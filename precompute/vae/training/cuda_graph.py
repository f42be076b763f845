"""A training step recorded as a CUDA graph: a few launches in place of seventy.

A step of this small model is some seventy kernels of a few microseconds, and starting them one by
one from Python takes longer than running them. Recorded once, they are started together. They are
the same kernels on the same places in memory, so the numbers are the same.
"""

import gc
from collections.abc import Callable

import torch
from torch import Tensor

from precompute.cli import progress

WARM_UP = 3  # steps that run as they are: libraries set themselves up, which no recording may

Step = Callable[..., Tensor]


class RecordedStep:
    """A step on one GPU: called like the step itself, it changes the model as that does.

    All that varies from call to call must come in the tensors it is given. A batch of another size
    than the first, such as the last of an epoch, runs as it is.
    """

    def __init__(self, step: Step, device: torch.device) -> None:
        self._step, self._device = step, device
        self._stream = torch.cuda.Stream(device)  # to record takes one that is not the default
        self._inputs: tuple[Tensor, ...] = ()  # where the recording reads
        self._replay: Callable[[], Tensor] | None = None
        self._n_warm = 0

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Do one step; its loss (scalar) is good until the next call."""
        if not self._inputs:
            self._inputs = tuple(values.clone() for values in inputs)
        if any(a.shape != b.shape for a, b in zip(inputs, self._inputs, strict=True)):
            return self._step(*inputs)
        if self._n_warm < WARM_UP:
            self._n_warm += 1
            return self._beside(inputs)
        if self._replay is None:
            self._replay = self._recorded()
        for place, values in zip(self._inputs, inputs, strict=True):
            place.copy_(values)
        return self._replay()

    def _beside(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """Do one step on the stream that will be recorded, so that nothing is tied to another."""
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            loss = self._step(*inputs)
        current.wait_stream(self._stream)
        return loss

    def _recorded(self) -> Callable[[], Tensor]:
        """Record the step, which computes nothing yet, and return what replays it."""
        graph, stream = torch.cuda.CUDAGraph(), self._stream
        gc.collect()  # a graph that is freed during a recording spoils it
        try:
            # The stream is entered twice: torch does not leave it when a recording fails.
            with (
                torch.cuda.device(self._device),
                torch.cuda.stream(stream),
                torch.cuda.graph(graph, stream=stream),
            ):
                loss = self._step(*self._inputs)
        except RuntimeError as error:
            progress.console.print(
                f"  this GPU cannot record a training step ({_cause(error)}): each kernel is "
                f"started by itself, which takes about three times as long",
                style="yellow",
            )
            return lambda: self._step(*self._inputs)

        def replay() -> Tensor:
            graph.replay()
            return loss

        return replay


def _cause(error: BaseException) -> str:
    """Return the first line of what went wrong first: the end of a recording fails after it."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error).splitlines()[0]
