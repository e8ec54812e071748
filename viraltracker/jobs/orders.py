"""What a job worker was told, by its process or through the database. Knows no queue."""

import asyncio
import logging

__all__ = ["Orders"]

_log = logging.getLogger(__name__)


class Orders:
    """`stop`: take nothing new, finish what runs, and end. `hurry`: there is a limit to the finishing.

    Told to drain, a worker takes its time; told to stop, or by its own process, it does not.
    """

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.hurry = asyncio.Event()

    def hear(self, told: str) -> None:
        """`work`, `drain` or `stop`; what was heard before may be heard again."""
        if told == "drain" and not self.stop.is_set():
            _log.info("worker.draining")
            self.stop.set()
        elif told == "stop" and not self.hurry.is_set():
            _log.info("worker.told_to_stop")
            self.end()

    def end(self) -> None:
        """The process shall end, whatever it was told before."""
        self.hurry.set()
        self.stop.set()
