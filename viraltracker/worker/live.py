"""One live stream: pieces of text in, paced frames out, and commands that hold at once.

All state of the stream is here: pausing one never touches another that speaks with the same model. A
generation is the client's number for "what I want now"; a higher one makes everything older worthless.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from viraltracker.audio import LIVE_RATE_HZ, Framer
from viraltracker.errors import ProviderDown, StudioError
from viraltracker.worker.ending import ended
from viraltracker.worker.intake import Intake, Piece, Sentence
from viraltracker.worker.model import LINE_CHARS
from viraltracker.worker.pacing import Pacer
from viraltracker.worker.ports import Held, Model
from viraltracker.worker.watching import UNHEARD, LiveWatcher

__all__ = ["Frame", "LiveStream"]

_log = logging.getLogger(__name__)

_READY_FRAMES: Final = 100
"""Two seconds of audio are made ahead; more would only be thrown away at the next interruption."""


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of audio. `at_sample`: where it stands in its line, at 48 kHz."""

    generation: int
    line: int
    pcm: bytes
    end_of_line: bool = False
    at_sample: int = 0


@dataclass(slots=True)
class _Utterance:
    """The line that is being spoken: one stream of audio, whatever number of sentences it has."""

    generation: int
    line: int
    framer: Framer | None = None
    frames: int = 0


class LiveStream:
    """Use it inside `async with`: leaving ends what was under way. `frames` is read by one task."""

    def __init__(
        self,
        held: Held,
        pacer: Pacer,
        most_chars: int = LINE_CHARS,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        watching: LiveWatcher = UNHEARD,
    ) -> None:
        self._held = held
        self._pacer = pacer
        self._now = monotonic
        self._sleep = sleep
        self._watching = watching
        self._generation = 0
        self._intake = Intake(most_chars)
        self._waiting: deque[Sentence] = deque()
        self._utterance: _Utterance | None = None
        self._ready: deque[Frame] = deque()
        self._speaking: asyncio.Task[None] | None = None
        self._making: asyncio.Task[None] | None = None
        self._paused = self._stopped = self._no_more_text = self._made_all = False
        self._problem: StudioError | None = None
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._text = asyncio.Event()
        self.sent = 0

    async def __aenter__(self) -> "LiveStream":
        """Begin to make what comes in."""
        self._making = asyncio.create_task(self._make(), name="live maker")
        return self

    async def __aexit__(self, *_: object) -> None:
        """End what is under way and wait for its end."""
        self.stop()
        if self._making is not None:
            self._making.cancel()
            await ended(self._making)

    @property
    def generation(self) -> int:
        """The youngest generation so far."""
        return self._generation

    def feed(self, piece: Piece) -> None:
        """Take a piece of text; an old generation's is dropped. Raises `TextTooLong`, `TryLater`."""
        if piece.generation < self._generation or self._stopped:
            return
        if piece.generation > self._generation:
            self.flush(piece.generation)
        waiting_chars = sum(len(sentence.spoken.text) for sentence in self._waiting)
        self._waiting += self._intake.feed(piece, self._now(), waiting_chars)
        self._text.set()

    def end_text(self) -> None:
        """No more text will come; an open line ends here."""
        self._waiting += self._intake.finish()
        self._no_more_text = True
        self._text.set()

    def pause(self) -> None:
        """Let no further frame out. The playout clock stands still, and making goes on into the buffer."""
        self._paused = True
        self._pacer.pause(self._now())

    def resume(self) -> None:
        """Go on with the frame that was held back."""
        self._paused = False
        self._pacer.resume(self._now())
        self._changed.set()

    def flush(self, below: int = 0) -> None:
        """Drop what is older than `below`; 0: everything so far, and the same generation may go on."""
        if 0 < below <= self._generation:
            return
        self._generation = max(self._generation, below)
        self._utterance = None
        self._intake.drop()
        self._waiting.clear()
        self._ready.clear()
        if self._speaking is not None:
            self._speaking.cancel()
        self._pacer.restart()
        if self._paused:
            self._pacer.pause(self._now())
        self._room.set()

    def stop(self) -> None:
        """Drop everything and end the stream."""
        self.flush()
        self._stopped = True
        self._changed.set()
        self._text.set()

    def fail(self, problem: StudioError) -> None:
        """End the stream with `problem`, at once."""
        self._problem = problem
        self.stop()

    async def frames(self) -> AsyncIterator[Frame]:
        """The frames, each when it may leave. Ends with the text or after a stop; raises a `StudioError`."""
        while (frame := await self._next()) is not None:
            yield frame

    async def _next(self) -> Frame | None:
        while not self._stopped:
            if self._paused or not self._ready:
                if not self._ready and self._made_all:
                    break
                self._changed.clear()
                await self._changed.wait()
            elif (wait_s := self._pacer.wait_s(self._now())) > 0:
                await self._sleep(wait_s)
            else:
                return self._out()
        if self._problem is not None:
            raise self._problem
        return None

    def _out(self) -> Frame:
        now_s, frame = self._now(), self._ready.popleft()
        if frame.at_sample:  # nobody waited for a line's first
            self._watching.late(self._pacer.late_s(now_s))
        self._pacer.sent(now_s)
        self._room.set()
        self.sent += 1
        return frame

    async def _make(self) -> None:
        try:
            while (sentence := await self._next_sentence()) is not None:
                self._speaking = asyncio.create_task(self._speak(sentence), name="live line")
                await self._settled(self._speaking)
        except StudioError as problem:
            self._problem = problem
        except Exception:  # noqa: BLE001 - process edge: a defect in a model ends one stream, with a word
            _log.exception("live.broke")
            self._problem = ProviderDown("The voice worker broke in the middle of this line.")
        finally:
            self._made_all = True
            self._changed.set()

    async def _settled(self, speaking: asyncio.Task[None]) -> None:
        """Wait for a line's end, even when this task is cancelled meanwhile; a flushed line just ends."""
        try:
            await asyncio.wait([speaking])
        except asyncio.CancelledError:
            speaking.cancel()
            await ended(speaking)
            raise
        finally:
            self._speaking = None
        if not speaking.cancelled() and (problem := speaking.exception()) is not None:
            raise problem

    async def _next_sentence(self) -> Sentence | None:
        while not self._waiting:
            if self._no_more_text or self._stopped:
                return None
            self._text.clear()
            await self._text.wait()
        return self._waiting.popleft()

    async def _speak(self, sentence: Sentence) -> None:
        utterance = self._utterance = self._utterance or _Utterance(sentence.generation, sentence.line)
        if sentence.spoken.text:
            async with self._held.using() as model:
                model.check(sentence.spoken)
                await self._made(model, sentence, utterance)
        if sentence.end_of_line:
            *rest, last = (utterance.framer or Framer(LIVE_RATE_HZ)).finish()
            for pcm in rest:
                await self._put(utterance, pcm)
            await self._put(utterance, last, end_of_line=True)
            self._utterance = None

    async def _made(self, model: Model, sentence: Sentence, utterance: _Utterance) -> None:
        framer = utterance.framer = utterance.framer or Framer(model.rate_hz)
        work_s = audio_s = 0.0
        async with aclosing(model.speak(sentence.spoken)) as pieces:
            asked_s = self._now()
            async for piece in pieces:
                work_s += self._now() - asked_s
                audio_s += len(piece) / model.rate_hz
                for pcm in framer.feed(piece):
                    await self._put(utterance, pcm)
                    if utterance.frames == 1:
                        self._watching.heard(self._now() - sentence.came_s)
                asked_s = self._now()
        self._watching.spoke(work_s, audio_s)

    async def _put(self, utterance: _Utterance, pcm: bytes, end_of_line: bool = False) -> None:
        while len(self._ready) >= _READY_FRAMES:
            self._room.clear()
            await self._room.wait()
        at_sample = utterance.frames * (len(pcm) // 2)
        utterance.frames += 1
        self._ready.append(Frame(utterance.generation, utterance.line, pcm, end_of_line, at_sample))
        self._changed.set()
