"""How a frame is run: step by step, compiled, or recorded as a graph and played again.

A GPU spends more time being told about a frame's two thousand small operations than doing them. Recorded once
for each number of slots and span of the cache, a frame is a single launch.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from viraltracker.worker.csm.frame import Slots, next_frame
from viraltracker.worker.csm.weights import Weights

__all__ = ["Frames", "Kind"]


class Kind(NamedTuple):
    """Frames that are the same work: so many slots, so much of the cache, with adapters or without."""

    slots: int
    span: int
    stacked: bool


class Frames:
    """The frames of some slots, one after the other.

    `compiled`: by `torch.compile`, which takes minutes the first time. On a GPU they are recorded.
    """

    def __init__(self, weights: Weights, slots: Slots, *, compiled: bool = False) -> None:
        self._frame: Any = (
            torch.compile(next_frame, fullgraph=True, dynamic=False) if compiled else next_frame
        )
        self._weights, self._slots = weights, slots
        self._records: dict[Kind, Any] | None = {} if weights.device.type == "cuda" else None
        self._pool: Any = None

    def prepare(self, kinds: Sequence[Kind]) -> None:
        """Record or compile these ahead, the largest first: they share memory. All slots must be at rest."""
        for kind in sorted(kinds, reverse=True):
            self.make(kind)

    @torch.no_grad()
    def make(self, kind: Kind) -> None:
        """Make the next frame; on a GPU this returns before it is there."""
        if self._records is None:
            self._run(kind)
        elif (record := self._records.get(kind)) is not None:
            record.replay()
        else:
            self._records[kind] = self._recorded(kind)
            self._records[kind].replay()

    def _run(self, kind: Kind) -> None:
        self._frame(self._weights, self._slots, kind.slots, kind.span, stacked=kind.stacked)

    def _recorded(self, kind: Kind) -> Any:
        # Libraries pick kernels and take workspaces at their first run, which must not be in the record. The
        # run is undone: what it read again next time is put back.
        slots = self._slots
        before = [each.clone() for each in (slots.hidden, slots.position, slots.frame)]
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            self._run(kind)
        torch.cuda.current_stream().wait_stream(aside)
        for each, kept in zip((slots.hidden, slots.position, slots.frame), before, strict=True):
            each.copy_(kept)
        self._pool = self._pool or torch.cuda.graph_pool_handle()
        record = torch.cuda.CUDAGraph()
        with torch.cuda.graph(record, pool=self._pool):
            self._run(kind)
        return record
