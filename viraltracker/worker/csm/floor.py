"""Who speaks next: continuous batching over the slots of one engine.

Lines that somebody listens to come first and find a slot kept for them; whole lines fill the rest, the
longest first, so that none is left to run alone at the end. A line leaves at its own end. Knows no thread:
whoever owns the engine calls `turn` for as long as it isn't idle.
"""

import logging
from collections import deque
from typing import Final

import numpy as np
import torch

from viraltracker.audio import Floats
from viraltracker.errors import NonsenseAnswer, ProviderDown, StudioError
from viraltracker.worker.csm.asking import Ask, Report
from viraltracker.worker.csm.attempts import Attempt, best, judged, needs_another, seed_of
from viraltracker.worker.csm.codec import Codec
from viraltracker.worker.csm.endings import Ended, Ending
from viraltracker.worker.csm.engine import SlotEngine, Start, Under
from viraltracker.worker.csm.reference import ReferenceEngine

__all__ = ["Engine", "Floor"]

Engine = SlotEngine | ReferenceEngine

_log = logging.getLogger(__name__)
_FIRST_FRAMES: Final = (2, 4, 8, 14, 22)
"""Where a heard line is given out at first, then every `_MORE_FRAMES`: each time costs its whole prefix."""
_MORE_FRAMES: Final = 10
_RESERVED_FROM: Final = 4
"""From so many slots on, one is kept for lines that somebody listens to."""


class _Run:
    """A line under way: its attempts, and the one that is made now."""

    def __init__(self, ask: Ask, silent: frozenset[int]) -> None:
        self.ask = ask
        self._silent = silent
        self.attempts: list[Attempt] = []
        self.kept: list[np.ndarray] = []
        self.sent_samples = 0
        self.over = False
        self.again()

    def again(self) -> None:
        """Begin the attempt anew."""
        self.frames: list[tuple[int, ...]] = []
        self.ending = Ending(self.ask.most_frames, self._silent)

    @property
    def seed(self) -> int:
        """The seed of the attempt that is made now."""
        return seed_of(self.ask.seed, len(self.attempts))

    def take(self, frame: tuple[int, ...]) -> Ended | None:
        """The next frame; why the attempt ended, or None."""
        self.frames.append(frame)
        return self.ending.feed(frame)

    @property
    def codes(self) -> np.ndarray:
        """The frames that would be kept if it ended now, `[frames, codebooks]`."""
        return np.array(self.frames[: self.ending.kept], dtype=np.int64)

    @property
    def due(self) -> bool:
        """Whether a listened line has enough new frames to be given out."""
        if not self.ask.live or self.over:
            return False
        made = self.ending.kept
        return made in _FIRST_FRAMES or (made > _FIRST_FRAMES[-1] and made % _MORE_FRAMES == 0)


class Floor:
    """The lines of one engine.

    `silent`: ids of the first codebook that are silence. `attempts`: the most for a line that goes wrong.

    `merging`: put a voice's adapter into the weights while only its whole lines are spoken. Faster; in
    bfloat16 a seed then sounds a little different than in mixed company.
    """

    def __init__(
        self, engine: Engine, codec: Codec, silent: frozenset[int], *, attempts: int, merging: bool = False
    ) -> None:
        self._engine, self._codec, self._silent = engine, codec, silent
        self._attempts, self._merging = attempts, merging
        self._live: deque[_Run] = deque()
        self._whole: list[_Run] = []
        self._slots: dict[int, _Run] = {}
        self._under: tuple[Under, dict[int, tuple[_Run, int]]] | None = None
        """A frame on its way, and which attempt of which line each slot makes it for."""
        self._done: list[_Run] = []
        """Lines of which all frames are there, and the last of the audio isn't given out."""

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not (self._live or self._whole or self._slots or self._under or self._done)

    @property
    def depth(self) -> int:
        """Lines that wait for a slot."""
        return len(self._live) + len(self._whole)

    def add(self, ask: Ask) -> None:
        """Have a line spoken in its turn."""
        run = _Run(ask, self._silent)
        if ask.live:
            self._live.append(run)
        else:
            self._whole.append(run)
            self._whole.sort(key=lambda each: -each.ask.expected_frames)

    def drop(self, ask: Ask) -> None:
        """Forget a line; its listener hears nothing more. One that is over already is left as it is."""
        self._live = deque(run for run in self._live if run.ask is not ask)
        self._whole = [run for run in self._whole if run.ask is not ask]
        self._done = [run for run in self._done if run.ask is not ask]
        for slot, run in list(self._slots.items()):
            if run.ask is ask:
                run.over = True
                self._leave(slot)

    def abandon(self, problem: StudioError) -> None:
        """Tell everybody that nothing more will come. The engine isn't touched."""
        for run in (*self._live, *self._whole, *self._slots.values(), *self._done):
            run.over = True
            run.ask.listener.failed(problem)
        self._live.clear()
        self._whole.clear()
        self._slots.clear()
        self._done.clear()
        self._under = None

    def turn(self) -> None:
        """Let lines in, make a frame, and give out what is due. Raises what breaks the device."""
        try:
            self._admit()
            self._advance()
        except torch.OutOfMemoryError:
            self._shrink()

    def _admit(self) -> None:
        for run in list(self._live):
            if not self._engine.free:
                return
            self._live.popleft()
            self._begin(run)
        reserved = 1 if self._engine.slots >= _RESERVED_FROM else 0
        for run in self._wanted():
            if len(self._engine.free) <= reserved:
                return
            self._whole.remove(run)
            self._begin(run)

    def _wanted(self) -> list[_Run]:
        """The whole lines that may begin now; with merging those of the voice that is being spoken."""
        if not self._merging or not self._whole:
            return list(self._whole)
        speaking = {run.ask.voice for run in self._slots.values()}
        voice = speaking.pop() if len(speaking) == 1 else self._whole[0].ask.voice
        wanted = [run for run in self._whole if run.ask.voice == voice]
        if not wanted and not self._slots:
            wanted = [run for run in self._whole if run.ask.voice == self._whole[0].ask.voice]
        if wanted and not self._slots:
            self._engine.merge(wanted[0].ask.voice)
        return wanted

    def _begin(self, run: _Run) -> None:
        ask = run.ask
        slot = self._engine.free[0]
        start = Start(ask.ids, ask.voice, ask.heard, run.seed, ask.temperature, ask.top_k, ask.most_frames)
        try:
            self._engine.begin(slot, start)
        except torch.OutOfMemoryError:
            self._wait(run)
            raise
        self._slots[slot] = run

    def _wait(self, run: _Run) -> None:
        """Before all others of its kind: it was under way already."""
        if run.ask.live:
            self._live.appendleft(run)
        else:
            self._whole.insert(0, run)

    def _advance(self) -> None:
        """A frame is on its way while the one before is read: ended lines cost one frame too many."""
        before, self._under = self._under, None
        if self._slots:
            runs = {slot: (run, len(run.attempts)) for slot, run in self._slots.items()}
            self._under = (self._engine.step(), runs)
            if not self._engine.defers:
                before, self._under = self._under, None
        if before is not None:
            self._done += self._read(*before)
        if before is not None or self._done:
            self._give_out()

    def _read(self, under: Under, runs: dict[int, tuple[_Run, int]]) -> list[_Run]:
        """Give each line its frame; the lines that are done with that."""
        done = []
        for slot, frame in under.read().items():
            run, attempt = runs[slot]
            if self._slots.get(slot) is not run or len(run.attempts) != attempt:
                continue
            why = run.take(frame)
            if why is not None:
                self._leave(slot)
                if self._settled(run, why):
                    done.append(run)
        return done

    def _leave(self, slot: int) -> None:
        del self._slots[slot]
        self._engine.end(slot)

    def _settled(self, run: _Run, why: Ended) -> bool:
        """Judge an attempt that ended; whether the line is done, or else is begun again with another seed."""
        ask, codes = run.ask, run.codes
        run.attempts.append(judged(run.seed, len(codes), why, ask.expected_frames))
        run.kept.append(codes)
        heard_of = ask.live and run.sent_samples > 0
        if heard_of or not needs_another(run.attempts, self._attempts):
            return True
        run.again()
        self._wait(run)
        return False

    def _give_out(self) -> None:
        """Decode what is due of all lines in one go. Those that are done stay so until that is there."""
        due = [run for run in self._slots.values() if run.due]
        heard: list[tuple[_Run, int]] = []
        batch: list[np.ndarray] = [run.codes for run in due]
        for run in self._done:
            at = len(run.attempts) - 1 if run.ask.live and run.sent_samples else best(run.attempts)
            heard.append((run, at))
            batch.append(run.kept[at])
        decoded = self._codec.decode(batch)
        self._done = []
        for run, samples in zip(due, decoded[: len(due)], strict=True):
            self._send(run, samples)
        for (run, at), samples in zip(heard, decoded[len(due) :], strict=True):
            self._send(run, samples)
            run.over = True
            if run.sent_samples:
                run.ask.listener.done(Report(tuple(run.attempts), at))
            else:
                run.ask.listener.failed(
                    NonsenseAnswer("The voice said nothing, at every try. Change the text or the seed.")
                )

    def _send(self, run: _Run, samples: Floats) -> None:
        if len(samples) > run.sent_samples:
            run.ask.listener.audio(samples[run.sent_samples :])
            run.sent_samples = len(samples)

    def _shrink(self) -> None:
        """The memory didn't do: go on with fewer slots, and begin anew what was under way."""
        begun = list(self._slots.values())
        self._slots.clear()
        self._under = None
        if not self._engine.shrink():
            for run in begun:
                self._wait(run)
            self.abandon(
                ProviderDown(
                    "The device has too little memory for even one line. Close other programs on it."
                )
            )
            return
        _log.warning("csm.fewer_slots", extra={"slots": self._engine.slots})
        for run in reversed(begun):
            run.again()  # by its seed it comes out the same, so what was given out is passed over
            self._wait(run)
