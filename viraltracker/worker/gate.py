"""A model's gate: lines go through together; who must be alone waits for them, and keeps new ones out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Gate"]


class Gate:
    """Who waits to be alone comes before lines that come later: a busy model would never be alone."""

    def __init__(self) -> None:
        self._through = self._alone = 0
        self._open, self._empty = asyncio.Event(), asyncio.Event()
        self._open.set()
        self._empty.set()

    @asynccontextmanager
    async def line(self) -> AsyncIterator[None]:
        """Inside: nobody is alone with the model."""
        while self._alone:
            await self._open.wait()
        self._through += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._through -= 1
            if not self._through:
                self._empty.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Inside: no line is under way. Several may be alone together; they agree among themselves."""
        self._alone += 1
        self._open.clear()
        try:
            while self._through:
                await self._empty.wait()
            yield
        finally:
            self._alone -= 1
            if not self._alone:
                self._open.set()
