"""The event loop that async tests run in."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import TypeVarTuple

__all__ = ["StudioLoop"]

Ts = TypeVarTuple("Ts")


class StudioLoop(asyncio.SelectorEventLoop):
    """A loop that may be closed before gRPC tells the end of a call that was cancelled in it.

    gRPC's poller belongs to the process: whichever loop runs next hears of it, and hands it on.
    """

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """As ever, but nothing for gRPC once it is closed."""
        if self.is_closed() and "cygrpc" in str(getattr(callback, "__module__", "")):
            return asyncio.Handle(callback, args, self)
        return super().call_soon_threadsafe(callback, *args, context=context)
