"""The studio's own processes: started together, started again when one dies, ended together.

Each is on a leash: it holds the other end of a pipe from us. Its first byte says go: children load their
libraries while we open the database, and touch nothing before. Its end says stop, so that none outlives us,
however we end. They have sessions of their own: Ctrl-C in our terminal reaches us alone.
"""

import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio
from anyio.abc import Process

from viraltracker.cli.leash import GO
from viraltracker.cli.screen import say
from viraltracker.errors import BadInput, StudioError

__all__ = ["Child", "Children", "kept_alive"]

_SETTLED_S = 30.0
"""A child that lived so long has started well; its next end is not counted with those before."""
_STARTS = 5
_GRACE_S = 40.0
"""Over the 30 s that a job worker gives its running jobs."""
_BAD_INPUT = 2


@dataclass(slots=True)
class Child:
    """A process of ours: what people call it, and the arguments of `python -m viraltracker.cli`."""

    title: str
    arguments: Sequence[str]
    process: Process | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """Its process id, while there is one."""
        return self.process.pid if self.process is not None and self.process.returncode is None else None


class Children:
    """Processes that are kept alive until `end` or `kill`."""

    def __init__(self, children: Sequence[Child], pause_s: float) -> None:
        self.children = tuple(children)
        self._pause_s = pause_s
        self._ready = anyio.Event()
        self._ending = anyio.Event()

    def go(self) -> None:
        """The children, and those that come after them, may begin."""
        self._ready.set()

    async def keep(self, child: Child) -> None:
        """Start it, and again whenever it ends, until all shall end.

        Raises `BadInput` when it refuses its settings, `StudioError` when it dies again and again.
        """
        deaths = 0
        while not self._ending.is_set():
            began = time.monotonic()
            command = [sys.executable, "-m", "viraltracker.cli", *child.arguments, "--leash"]
            child.process = await anyio.open_process(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,  # Streamlit greets there; what matters is logged
                stderr=None,
                start_new_session=True,
            )
            code = await self._lived(child.process)
            if self._ending.is_set():
                return
            deaths = 1 if time.monotonic() - began > _SETTLED_S else deaths + 1
            if code == _BAD_INPUT:
                raise BadInput(f"The {child.title} refused to start. The line above says why.")
            if deaths >= _STARTS:
                raise StudioError(
                    f"The {child.title} ended {deaths} times in a row. The lines above say why; "
                    "`viraltracker doctor` looks for what is wrong."
                )
            say(f"The {child.title} ended (exit code {code}). Starting it again.")
            await anyio.sleep(self._pause_s * (deaths - 1))

    async def _lived(self, process: Process) -> int:
        """Let it go when all may, and wait for its end; its exit code."""

        async def unleash() -> None:
            await self._ready.wait()
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                if process.stdin is not None:
                    await process.stdin.send(GO)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(unleash)
            code = await process.wait()
            tasks.cancel_scope.cancel()
        return code

    async def end(self) -> None:
        """Ask all to end, and wait: a job worker finishes its running jobs. Then nothing is left."""
        self._ending.set()
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(_GRACE_S):
                for child in self.children:
                    if child.pid is not None and child.process is not None:
                        with suppress(ProcessLookupError):
                            child.process.terminate()
                await self._wait()
            self.kill()
            await self._wait()

    def kill(self) -> None:
        """End all at once."""
        self._ending.set()
        for child in self.children:
            if child.pid is not None and child.process is not None:
                with suppress(ProcessLookupError):
                    child.process.kill()

    async def _wait(self) -> None:
        for child in self.children:
            if child.process is not None:
                await child.process.wait()


@asynccontextmanager
async def kept_alive(*children: Child, pause_s: float = 0.5) -> AsyncIterator[Children]:
    """Inside, the children live; afterwards none of them does. `pause_s` grows with deaths in a row."""
    all_children = Children(children, pause_s)
    async with anyio.create_task_group() as tasks:
        try:
            for child in children:
                tasks.start_soon(all_children.keep, child)
            yield all_children
        finally:
            await all_children.end()
