"""A recorder for the CPU that keeps to a GPU graph's rules: operations and addresses, nothing of the host.

Recording takes every operation down with the very tensors it had and undoes what they did; playing does the
same operations on the same addresses again. So a frame whose work depends on anything that the host knows, or
whose buffers move, comes out wrong, or can't be recorded.
"""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

__all__ = ["Tape"]

_ASKS_THE_HOST = (
    "_local_scalar_dense",
    "item",
    "nonzero",
    "masked_select",
    "unique",
    "lift_fresh",
    "is_same",
)


class _Op:
    """One operation as it was done."""

    def __init__(self, func: Any, args: Any, kwargs: Any, out: Any) -> None:
        self.func, self.args, self.kwargs, self.out = func, args, kwargs, out
        told = [returned.alias_info for returned in func._schema.returns]
        self.is_view = any(each is not None and not each.is_write for each in told)
        self.in_place = any(each is not None and each.is_write for each in told)

    def play(self) -> None:
        if self.is_view:  # of an address that stays
            return
        again = self.func(*self.args, **self.kwargs)
        if not self.in_place:
            for there, new in zip(tree_leaves(self.out), tree_leaves(again), strict=True):
                there.copy_(new)


class _Listening(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.ops: list[_Op] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.ops.append(_Op(func, args, kwargs or {}, out))
        return out


class Tape:
    """See `Recorder`. `buffers`: all that a frame writes, put back after recording."""

    def __init__(self) -> None:
        self.buffers: Sequence[Tensor] = ()
        self.records: list[list[_Op]] = []
        self.plays = 0

    def recorded(self, work: Callable[[], None]) -> Callable[[], None]:
        before = [buffer.clone() for buffer in self.buffers]
        with _Listening() as listening:
            work()
        for buffer, kept in zip(self.buffers, before, strict=True):
            buffer.copy_(kept)
        ops = listening.ops
        self.records.append(ops)

        def play() -> None:
            self.plays += 1
            for op in ops:
                op.play()

        return play

    @property
    def questions(self) -> list[str]:
        """Operations that wait for the host, or fetch from it."""
        names = [op.func._schema.name.partition("::")[2] for ops in self.records for op in ops]
        return [name for name in names if any(name.startswith(each) for each in _ASKS_THE_HOST)]
