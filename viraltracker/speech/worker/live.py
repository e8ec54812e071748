"""A live session with one voice worker: text in, paced frames out, for as long as that worker is there.

The session stays where it began: nothing is switched behind a listener's back. When its worker dies the
session ends with `ProviderDown`, and the caller opens another.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import grpc

from viraltracker.errors import NeedsKey, NonsenseAnswer, NotLoaded, ProviderDown, TryLater
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.worker.dispatch import Dispatch, Tried
from viraltracker.speech.worker.finding import Links
from viraltracker.speech.worker.link import Link
from viraltracker.speech.worker.routing import Need, Route

__all__ = ["LiveFrame", "LiveVoice", "open_live"]

_ASK_S: Final = 5.0
_LOAD_S: Final = 180.0


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """20 ms of 48 kHz PCM, 16 bit, mono. `seq` counts the stream's frames, `at_sample` stands in the line."""

    generation: int
    line: int
    seq: int
    pcm: bytes
    at_sample: int = 0
    end_of_line: bool = False


class LiveVoice:
    """One voice, speaking live. `worker`: who speaks; `instead`: why it isn't the usual one.

    A generation is the caller's number for what is wanted now, from 1 on: text of a higher one, or a flush,
    makes everything older worthless, and no frame of it is given out from then on. Every method raises
    `ProviderDown` once the worker is gone. `frames` is read by one task.
    """

    def __init__(self, link: Link, session: str, route: Route) -> None:
        self.worker = route.card.name
        self.instead = route.instead
        self._link = link
        self._session = session
        self._generation = 0
        self._call: Any = link.stub.Synthesize(metadata=link.metadata)
        self._writing = asyncio.Lock()
        self._finished = self._stopped = False

    @property
    def generation(self) -> int:
        """The youngest generation so far."""
        return self._generation

    async def say(self, text: str, generation: int, line: int = 0, end: bool = True) -> None:
        """Speak that, as a whole line or as a piece of one that goes on. An old generation's is dropped."""
        if generation < self._generation or self._stopped:
            return
        self._generation = generation
        chunk = wire.TextChunk(
            session=self._session, generation=generation, line=line, text=text, end_of_line=end
        )
        await self._write(chunk)

    async def begin(self) -> None:
        """Open the stream before there is text: commands hold from now on."""
        await self._write(wire.TextChunk(session=self._session))

    async def frames(self) -> AsyncIterator[LiveFrame]:
        """What is to be heard, each frame when it is due. Ends after `stop` or `finish`."""
        while not self._stopped and (frame := await self._next()) is not None:
            if frame.generation >= self._generation and not self._stopped:
                yield frame

    async def pause(self) -> int:
        """Hold still; the number of the last frame that may still come."""
        return await self._tell(wire.PAUSE)

    async def resume(self) -> None:
        """Go on where it was held."""
        await self._tell(wire.RESUME)

    async def flush(self, generation: int) -> None:
        """Drop everything older than `generation`, what is under way here included."""
        if generation > self._generation:
            self._generation = generation
            await self._tell(wire.FLUSH, generation)

    async def stop(self) -> None:
        """Drop everything and end."""
        self._stopped = True
        try:
            await self._tell(wire.STOP)
        finally:
            self._call.cancel()

    async def finish(self) -> None:
        """Say no more; `frames` ends with what was said."""
        self._finished = True
        async with self._writing, self._link.heard():
            await self._call.done_writing()

    async def aclose(self) -> None:
        """Hang up. A worker that is gone has hung up by itself."""
        self._stopped = True
        self._call.cancel()
        await self._link.end_session(self._session)

    async def _next(self) -> LiveFrame | None:
        async with self._link.heard():
            try:
                frame = await self._call.read()
            except asyncio.CancelledError:
                if self._stopped and not _is_cancelled():
                    return None  # it was our own hanging up
                raise
        if frame is grpc.aio.EOF:
            if self._finished or self._stopped:
                return None
            raise self._over()
        return LiveFrame(
            frame.generation, frame.line, frame.seq, frame.pcm, frame.at_sample, frame.end_of_line
        )

    async def _write(self, chunk: wire.TextChunk) -> None:
        async with self._writing, self._link.heard():
            try:
                await self._call.write(chunk)
            except asyncio.InvalidStateError:
                if self._stopped:
                    return
                await self._call.read()  # raises what the stream ended with, as `frames` does
                raise self._over() from None

    def _over(self) -> ProviderDown:
        return ProviderDown(f"The voice worker {self._link.name} has ended this session. Open another.")

    async def _tell(self, command: wire.Command, generation: int = 0) -> int:
        request = wire.ControlRequest(session=self._session, command=command, generation=generation)
        answer = await self._link.ask("Control", request, _ASK_S)
        return int(answer.last_seq_sent)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@asynccontextmanager
async def open_live(
    dispatch: Dispatch,
    links: Links,
    model: str,
    voice: str = "",
    language: str = "",
    capabilities: frozenset[str] = frozenset(),
) -> AsyncIterator[LiveVoice]:
    """A live voice of the best worker for it, until the block ends.

    `model` empty: the worker's default; `voice` empty: the model's first; `language` empty: whatever it
    speaks; `capabilities`: what it has to honour. A worker that doesn't take the session is passed over:
    nobody has heard anything yet. Raises `TryLater` when all are full, and why else there is none.
    """
    need, tried = Need(model, language, capabilities), Tried()
    while True:
        chosen = await dispatch.choose(need, voice, tried)
        link = links.to(chosen.card)
        start = wire.StartSessionRequest(
            mode=wire.MODE_LIVE, model=model, voice=wire.Voice(id=voice, speed=1.0), load=True
        )
        try:
            with dispatch.at(chosen.card):
                session = await link.ask("StartSession", start, _LOAD_S)
        except TryLater as full:
            tried.full[chosen.card] = full
        except (ProviderDown, NonsenseAnswer, NotLoaded, NeedsKey) as failed:
            tried.failed[chosen.card] = failed
        else:
            break
    dispatch.spoke(chosen.card, need, voice)
    with dispatch.at(chosen.card):
        speaking = LiveVoice(link, session.session, chosen)
        try:
            await speaking.begin()
            yield speaking
        finally:
            await speaking.aclose()
