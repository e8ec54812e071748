"""Who speaks through this worker now: sessions, what each holds, and when one is taken for left."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

from viraltracker.errors import Conflict, NotFound, ProviderDown, TryLater
from viraltracker.worker.live import LiveStream
from viraltracker.worker.model import Line
from viraltracker.worker.ports import Held
from viraltracker.worker.residency import Residency

__all__ = ["Mode", "Session", "Sessions"]

Mode = Literal["live", "render"]


@dataclass(slots=True, eq=False)
class Session:
    """One client's way of speaking. `voice`: how, its text unset. `stream`: while a live one is open."""

    id: str
    mode: Mode
    model: str
    voice: Line
    held: Held
    last_s: float
    letting_go: AsyncExitStack = field(repr=False)
    streams: int = 0
    stream: LiveStream | None = None


class Sessions:
    """The sessions of one worker. An id is a secret: who knows it may use and end the session."""

    def __init__(
        self,
        residency: Residency,
        most: int,
        idle_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._residency = residency
        self.most = most
        self._idle_s = idle_s
        self._now = monotonic
        self._open: dict[str, Session] = {}
        self._starting = 0
        self.started = 0
        self.draining = False

    @property
    def count(self) -> int:
        """Sessions that are open or being opened."""
        return len(self._open) + self._starting

    @property
    def speaking(self) -> int:
        """Streams that are open."""
        return sum(session.streams for session in self._open.values())

    async def start(self, mode: Mode, model: str, voice: Line, load: bool) -> Session:
        """A session that holds `model`. Raises `TryLater` when full, and what holding the model raises."""
        if self.draining:
            raise ProviderDown("This voice worker is ending. Ask another.")
        if self.count >= self.most:
            raise TryLater(f"All {self.most} places of this voice worker are taken.", after_s=1.0)
        self._starting += 1
        try:
            async with AsyncExitStack() as stack:
                held = await stack.enter_async_context(self._residency.hold(model, load=load))
                session = Session(uuid4().hex, mode, model, voice, held, self._now(), stack.pop_all())
        finally:
            self._starting -= 1
        self._open[session.id] = session
        self.started += 1
        return session

    def get(self, session: str) -> Session:
        """The open session with that id. Raises `NotFound`."""
        try:
            found = self._open[session]
        except KeyError:
            raise NotFound(
                "There is no such session here: it ended, or was left too long.", field="session"
            ) from None
        found.last_s = self._now()
        return found

    async def end(self, session: str) -> None:
        """End a session and what it was speaking. Raises `NotFound`."""
        ended = self.get(session)
        del self._open[ended.id]
        if ended.stream is not None:
            ended.stream.stop()
        await ended.letting_go.aclose()

    @contextmanager
    def streaming(self, session: Session) -> Iterator[None]:
        """While a stream of the session is open it is not left. Raises `Conflict` for a second live one."""
        if session.mode == "live" and session.streams:
            raise Conflict("This session has a stream already. End that one, or start another session.")
        session.streams += 1
        try:
            yield
        finally:
            session.streams -= 1
            session.last_s = self._now()

    @asynccontextmanager
    async def live(self, session: Session, stream: LiveStream) -> AsyncIterator[LiveStream]:
        """The session's one live stream while it is open, where commands find it."""
        with self.streaming(session):
            session.stream = stream
            try:
                async with stream:
                    yield stream
            finally:
                session.stream = None

    async def sweep(self) -> int:
        """End the sessions that nobody came back to; how many."""
        before_s = self._now() - self._idle_s
        left = [each.id for each in self._open.values() if not each.streams and each.last_s < before_s]
        for session in left:
            await self.end(session)
        return len(left)

    async def close(self) -> None:
        """End all."""
        self.draining = True
        for session in list(self._open):
            await self.end(session)
