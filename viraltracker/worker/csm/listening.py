"""What a line's listener hears in the device's thread, for who waits in the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from viraltracker.audio import Floats
from viraltracker.errors import StudioError
from viraltracker.worker.csm.asking import Report

__all__ = ["Listening"]


class Listening:
    """See `Listener`. Made in the loop where it is read. `over`: nothing more will come."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard: asyncio.Queue[Floats | Report | StudioError] = asyncio.Queue()
        self.over = False
        self.report: Report | None = None

    def audio(self, samples: Floats) -> None:
        """See `Listener`."""
        self._say(samples)

    def done(self, report: Report) -> None:
        """See `Listener`."""
        self._say(report)

    def failed(self, problem: StudioError) -> None:
        """See `Listener`."""
        self._say(problem)

    async def pieces(self) -> AsyncIterator[Floats]:
        """The audio as it comes, up to the line's end. Raises what it failed with."""
        while not self.over:
            match await self._heard.get():
                case Report() as report:
                    self.over, self.report = True, report
                case StudioError() as problem:
                    self.over = True
                    raise problem
                case samples:
                    yield samples

    def _say(self, what: Floats | Report | StudioError) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it everybody who waited
            self._loop.call_soon_threadsafe(self._heard.put_nowait, what)
