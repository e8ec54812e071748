"""A Synthesize call: what comes in on its stream and what goes out, for both modes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Final

from viraltracker.audio import to_pcm16
from viraltracker.errors import Refused, StudioError, TextTooLong
from viraltracker.speech import Turn
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.worker.answers import audio_frame, line_of
from viraltracker.worker.ending import ended
from viraltracker.worker.intake import Piece
from viraltracker.worker.live import LiveStream
from viraltracker.worker.model import LINE_CHARS, Line
from viraltracker.worker.renders import Made, Renders
from viraltracker.worker.scenes import Scene
from viraltracker.worker.sessions import Session

__all__ = ["chunks_of", "command", "speak_lines", "speak_live"]

_PART_BYTES: Final = 1 << 16
"""Rendered audio goes out in parts of this, far below any limit on a message."""

Write = Callable[[wire.AudioFrame], Awaitable[None]]


async def chunks_of(
    session: Session, first: wire.TextChunk, rest: AsyncIterator[wire.TextChunk]
) -> AsyncIterator[wire.TextChunk]:
    """All chunks of a stream. Raises `Refused` for one of another session."""
    yield first
    async for chunk in rest:
        if chunk.session not in {"", session.id}:
            raise Refused("A stream speaks for one session. Open another for the other.", field="session")
        yield chunk


def command(stream: LiveStream, request: wire.ControlRequest) -> None:
    """Do what a live stream is told; it holds when this returns."""
    match request.command:
        case wire.PAUSE:
            stream.pause()
        case wire.RESUME:
            stream.resume()
        case wire.STOP:
            stream.stop()
        case wire.FLUSH:
            stream.flush(request.generation)


async def speak_live(
    session: Session, stream: LiveStream, chunks: AsyncIterator[wire.TextChunk], write: Write
) -> None:
    """Feed the stream and send what it gives. Raises what it refuses."""

    async def listen() -> None:
        try:
            async for chunk in chunks:
                if chunk.HasField("before"):
                    raise Refused("A live voice doesn't hear what was said before.", field="before")
                voice = _line(session, chunk)
                stream.feed(Piece(chunk.generation, chunk.line, chunk.text, chunk.end_of_line, voice))
            stream.end_text()
        except StudioError as problem:
            stream.fail(problem)

    listening = asyncio.create_task(listen(), name="live listener")
    try:
        async for frame in stream.frames():
            await write(audio_frame(frame, stream.sent))
    finally:
        listening.cancel()
        await ended(listening)


async def speak_lines(
    session: Session,
    renders: Renders,
    chunks: AsyncIterator[wire.TextChunk],
    write: Write,
    rate_hz: int,
    most_chars: int = LINE_CHARS,
) -> None:
    """Render every chunk as a line and send each when it is done. Raises the first refusal.

    `rate_hz`: of what is told of the scene.
    """
    sending = asyncio.Lock()
    sent = 0
    scene = Scene(rate_hz)

    async def speak(chunk: wire.TextChunk, before: tuple[Turn, ...]) -> None:
        nonlocal sent
        if len(chunk.text) > most_chars:
            raise TextTooLong(
                f"The line has {len(chunk.text)} characters; this worker takes {most_chars}. Split it.",
                field="text",
            )
        line = replace(_line(session, chunk), before=before)
        made = await renders.speak(session.model, session.held, line)
        async with sending:
            for frame in _parts(chunk, made):
                sent += 1
                frame.seq = sent
                await write(frame)

    refused: StudioError | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            async for chunk in chunks:
                if chunk.HasField("before"):
                    scene.feed(chunk.before)
                else:
                    tasks.create_task(speak(chunk, scene.taken()), name="render line")
    except* StudioError as problems:
        refused = _first(problems)
    if refused is not None:
        raise refused


def _line(session: Session, chunk: wire.TextChunk) -> Line:
    if chunk.HasField("voice"):
        return line_of(chunk.voice, chunk.text)
    return replace(session.voice, text=chunk.text)


def _parts(chunk: wire.TextChunk, made: Made) -> list[wire.AudioFrame]:
    pcm = to_pcm16(made.samples).astype("<i2", copy=False).tobytes()
    frames = [
        wire.AudioFrame(
            generation=chunk.generation, line=chunk.line, pcm=pcm[at : at + _PART_BYTES], at_sample=at // 2
        )
        for at in range(0, len(pcm), _PART_BYTES)
    ] or [wire.AudioFrame(generation=chunk.generation, line=chunk.line)]
    frames[-1].end_of_line = True
    frames[-1].waited_s, frames[-1].made_s = made.waited_s, made.made_s
    frames[-1].facts.update(made.facts)
    return frames


def _first(problems: BaseExceptionGroup[StudioError]) -> StudioError:
    problem: BaseException = problems
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    assert isinstance(problem, StudioError)  # noqa: S101 - `except*` gave a group of nothing else
    return problem
