"""What a job worker was told, by its process or through the database. Knows no queue."""

import asyncio
import logging

import anyio

__all__ = ["Orders"]

_log = logging.getLogger(__name__)


class Orders:
    """`stop`: take nothing new, finish what runs, and end. `hurry`: there is a limit to the finishing.

    Told to drain, a worker takes its time; told to stop, or by its own process, it does not.
    """

    def __init__(self, stop: anyio.Event) -> None:
        self.stop = stop
        self.hurry = asyncio.Event()
        self._drained = False

    def hear(self, told: str) -> None:
        """`work`, `drain` or `stop`; what was heard before may be heard again."""
        if told == "drain" and not self.stop.is_set():
            self._drained = True
            _log.info("worker.draining")
        elif told == "stop" and not self.hurry.is_set():
            _log.info("worker.told_to_stop")
            self.hurry.set()
        if told in ("drain", "stop"):
            self.stop.set()

    @property
    def unhurried(self) -> bool:
        """Whether what runs may take as long as it does."""
        return self._drained and not self.hurry.is_set()
