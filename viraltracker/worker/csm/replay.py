"""How a frame is run: step by step, compiled, or recorded and played again.

A GPU spends more time being told about a frame's two thousand small operations than doing them. Recorded once
for each number of slots and span of the cache, a frame is a single launch. What is recorded is the addresses:
a frame may read and write nothing but buffers that stay where they are, and ask the host nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, Protocol

import torch

from viraltracker.worker.csm.frame import Slots, next_frame
from viraltracker.worker.csm.weights import Weights

__all__ = ["Compiler", "CudaGraphs", "Frame", "Frames", "Kind", "Recorder", "compiled", "recorder_of"]


_MOST_PROGRAMS: Final = 256
Compiler = str | Callable[..., Any]
"""A backend of `torch.compile`, or its name."""
Frame = Callable[..., None]
"""Makes the next frame, as `frame.next_frame` does and with its arguments."""


class Kind(NamedTuple):
    """Frames that are the same work: so many slots, so much of the cache, with adapters or without."""

    slots: int
    span: int
    stacked: bool


class Recorder(Protocol):
    """Takes work down as a device does it, and plays it."""

    def recorded(self, work: Callable[[], None]) -> Callable[[], None]:
        """What does `work` again: the same operations on the same addresses. Recording itself does nothing.

        `work` ran once before.
        """
        ...


class CudaGraphs:
    """Recorded by a GPU. All records of one share their memory, so only one is played at a time."""

    def __init__(self) -> None:
        self._pool: Any = None

    def recorded(self, work: Callable[[], None]) -> Callable[[], None]:
        """See `Recorder`."""
        self._pool = self._pool or torch.cuda.graph_pool_handle()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            work()
        replay: Callable[[], None] = graph.replay
        return replay


def recorder_of(device: torch.device) -> Recorder | None:
    """What records there; None: nothing does, and frames are run step by step."""
    return CudaGraphs() if device.type == "cuda" else None


def compiled(backend: Compiler) -> Frame:
    """`next_frame` by `torch.compile` with that backend, which takes minutes the first time."""
    compile_: Any = torch.compile  # whose stubs lack two of its arguments
    frame: Frame = compile_(
        next_frame,
        fullgraph=True,
        dynamic=False,
        backend=backend,
        # Every kind of frame is a program of its own; past its usual 8 the compiler gives up.
        recompile_limit=_MOST_PROGRAMS,
        isolate_recompiles=True,
    )
    return frame


class Frames:
    """The frames of some slots, one after the other."""

    def __init__(
        self, weights: Weights, slots: Slots, recorder: Recorder | None, frame: Frame = next_frame
    ) -> None:
        self._frame = frame
        self._weights, self._slots, self._recorder = weights, slots, recorder
        self._records: dict[Kind, Callable[[], None]] = {}

    def prepare(self, kinds: Sequence[Kind]) -> None:
        """Record or compile these ahead, the largest first: they share memory. All slots must be at rest."""
        for kind in sorted(kinds, reverse=True):
            self.make(kind)

    @torch.no_grad()
    def make(self, kind: Kind) -> None:
        """Make the next frame; on a GPU this returns before it is there."""
        if self._recorder is None:
            self._run(kind)
            return
        if kind not in self._records:
            self._settle(kind)
            self._records[kind] = self._recorder.recorded(lambda: self._run(kind))
        self._records[kind]()

    def _run(self, kind: Kind) -> None:
        self._frame(self._weights, self._slots, kind.slots, kind.span, stacked=kind.stacked)

    def _settle(self, kind: Kind) -> None:
        """Run it once and undo that: what it reads again next time is put back.

        Libraries pick kernels and take workspaces at their first run, which must not be in the record.
        """
        slots = self._slots
        read = (slots.hidden, slots.position, slots.frame)
        before = [each.clone() for each in read]
        with _aside(self._weights.device):
            self._run(kind)
        for each, kept in zip(read, before, strict=True):
            each.copy_(kept)


@contextmanager
def _aside(device: torch.device) -> Iterator[None]:
    """On a GPU: inside, work goes to a stream of its own; the usual one waits for it, and it for that."""
    if device.type != "cuda":
        yield
        return
    aside = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    usual = torch.cuda.current_stream(device)
    aside.wait_stream(usual)
    with torch.cuda.stream(aside):
        yield
    usual.wait_stream(aside)
