"""The slot engine: lines begin in free slots, all slots make a frame together, a line leaves at its own end.

Knows tensors, not texts: what comes in are ids and codes, what goes out are codes. Not safe for threads; one
thread owns it. On a GPU a frame is on its way while the host looks at the one before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from viraltracker.worker.csm.frame import embedded, next_frame, open_slots
from viraltracker.worker.csm.lora import Adapters, read_adapter
from viraltracker.worker.csm.replay import Frame, Frames, Kind, Recorder, recorder_of
from viraltracker.worker.csm.weights import Weights

__all__ = ["COUNTS", "SPANS", "SlotEngine", "Start", "Turn", "Under"]

COUNTS: Final = (1, 4, 8, 16, 32)
"""Numbers of slots that a frame is recorded for."""
SPANS: Final = (256, 512, 1024, 2048)
"""How far into the cache a plain frame reads, whatever it holds: the least that does."""


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """What was said: `ids` of the text with its marks, and the audio's codes `[frames, codebooks]`; None: a
    text that is still to be spoken."""

    ids: tuple[int, ...]
    codes: Tensor | None = None

    @property
    def positions(self) -> int:
        """How many positions it takes: its ids, its frames and the end of audio."""
        return len(self.ids) + (0 if self.codes is None else len(self.codes) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """How a line begins. `voice`: its adapter's place, 0: none. `heard`: keys and values of what was said
    before it, `[layers, 2, positions, kv heads, head]`, as `SlotEngine.heard` gives them. `most_frames`: the
    caller ends it there at the latest."""

    ids: tuple[int, ...]
    voice: int = 0
    heard: Tensor | None = None
    seed: int = 0
    temperature: float = 0.9
    top_k: int = 50
    most_frames: int = 125


@dataclass(frozen=True, slots=True, eq=False)
class Under:
    """A frame that is on its way, for these slots."""

    slots: tuple[int, ...]
    codes: Tensor
    done: torch.cuda.Event | None

    def read(self) -> dict[int, tuple[int, ...]]:
        """Each slot's codes; waits for them."""
        if self.done is not None:
            self.done.synchronize()
        rows: list[list[int]] = self.codes.tolist()
        return {slot: tuple(rows[slot]) for slot in self.slots}


class SlotEngine:
    """So many slots over one model's weights. `positions`: of the cache, prompt and frames together.

    `frame`: gives what makes the frames of so many slots; None: `next_frame`. `spans`: frames that look that
    far into the cache are work of their own. `recorder`: what records frames and plays them; None: whatever
    the device has.
    """

    def __init__(
        self,
        weights: Weights,
        slots: int,
        positions: int = 0,
        *,
        frame: Callable[[int], Frame] | None = None,
        spans: Sequence[int] = SPANS,
        recorder: Callable[[], Recorder | None] | None = None,
    ) -> None:
        self.weights = weights
        self.shape = weights.shape
        self.positions = min(positions or self.shape.positions, self.shape.positions)
        self.adapters = Adapters(weights)
        self._frame = frame or (lambda slots: next_frame)
        self._recorder = recorder or partial(recorder_of, weights.device)
        self._open(slots)
        self._spans = (*(span for span in spans if span < self.positions), self.positions)
        self._active: dict[int, int] = {}
        """Slot -> position of its next frame."""
        self._voices: dict[int, int] = {}

    def _open(self, slots: int) -> None:
        self._slots = open_slots(self.weights, slots, self.positions)
        self._frames = Frames(self.weights, self._slots, self._recorder(), self._frame(slots))
        self._counts = (*(count for count in COUNTS if count < slots), slots)

    @property
    def slots(self) -> int:
        """How many there are."""
        return self._slots.count

    @property
    def defers(self) -> bool:
        """Whether a frame is made while its predecessor is looked at."""
        return self.weights.device.type == "cuda"

    @property
    def memory_bytes(self) -> int:
        """What the weights, the adapters' stack and the caches hold."""
        held = self.weights
        tensors = [held.text, held.audio, held.audio_narrow, held.narrow, held.first_head, held.heads]
        tensors += [self._slots.cache, self._slots.depth_cache]
        for linear in held.linears:
            tensors += [each for each in (linear.weight, linear.down, linear.up) if each is not None]
        return sum(tensor.nbytes for tensor in tensors)

    def shrink(self) -> bool:
        """Go on with half the slots, all at rest: for memory that didn't do. False: there is only one."""
        slots = self.slots
        self._active.clear()
        self._voices.clear()
        if slots == 1:
            return False
        del self._slots, self._frames  # their memory first
        if self.defers:
            torch.cuda.empty_cache()
        self._open(slots // 2)
        return True

    @property
    def free(self) -> tuple[int, ...]:
        """Slots at rest, the lowest first: low ones keep the recorded frame small."""
        return tuple(slot for slot in range(self.slots) if slot not in self._active)

    def prepare(self) -> None:
        """Record every frame there can be, so that none has to wait for that later."""
        kinds = [
            Kind(count, span, stacked)
            for count in self._counts
            for span in self._spans
            for stacked in ((False, True) if self.adapters.places else (False,))
        ]
        self._frames.prepare(kinds)

    def take(self, place: int, folder: Path) -> None:
        """Keep the peft adapter in `folder` at that place. Raises `SettingsRefused`."""
        self.adapters.put(place, read_adapter(folder))

    def give_back(self, place: int) -> None:
        """Forget the adapter there, which no line uses."""
        self.adapters.put(place, None)

    @torch.no_grad()
    def heard(self, turns: Sequence[Turn], voice: int, after: Tensor | None = None) -> Tensor:
        """Keys and values of what was said before a line. The same for every line that follows it.

        `after`: those of what was said even earlier; they are in the result too.
        """
        if not turns:
            raise ValueError("nothing was said")
        x = torch.cat([self._embedded(turn) for turn in turns])
        said = 0 if after is None else after.shape[2]
        cache = self.weights.backbone.cache(1, said + len(x))
        if after is not None:
            cache[:, :, 0, :said] = after
        self.weights.backbone.onward(x[None], cache, said, self._voice_row(voice))
        return cache[:, :, 0]

    @torch.no_grad()
    def begin(self, slot: int, start: Start) -> None:
        """Begin a line in a free slot. Room for its first frame must be left in the cache."""
        said = 0 if start.heard is None else start.heard.shape[2]
        x = self._embedded(Turn(start.ids))
        end = said + len(x)
        if slot in self._active or end >= self.positions:
            raise ValueError(f"slot {slot} is taken, or {end} positions are too many")
        slots = self._slots
        if start.heard is not None:
            slots.cache[:, :, slot, :said] = start.heard
        row = slots.cache[:, :, slot : slot + 1]
        hidden = self.weights.backbone.onward(x[None], row, said, self._voice_row(start.voice))
        slots.hidden[slot] = hidden[0, -1]
        slots.position[slot], slots.frame[slot], slots.active[slot] = end, 0, 1
        slots.voice[slot], slots.seed[slot] = start.voice, start.seed
        slots.temperature[slot], slots.top_k[slot] = start.temperature, max(1, start.top_k)
        self._active[slot], self._voices[slot] = end, start.voice

    def end(self, slot: int) -> None:
        """Let a slot rest; what it still has under way is to be dropped."""
        del self._active[slot], self._voices[slot]
        self._slots.active[slot] = 0
        self._slots.position[slot] = 0

    def left(self, slot: int) -> int:
        """How many frames still fit into the slot's cache."""
        return self.positions - self._active[slot]

    def step(self) -> Under:
        """Make the next frame of every line that is under way."""
        taken = tuple(sorted(self._active))
        count = next(count for count in self._counts if count > taken[-1])
        furthest = max(self._active.values())
        span = next(span for span in self._spans if span > furthest)
        self._frames.make(Kind(count, span, self._stacked()))
        for slot in taken:
            self._active[slot] += 1
        codes = self._slots.codes[:count]
        if codes.device.type != "cuda":
            return Under(taken, codes.clone(), None)
        host = torch.empty(codes.shape, dtype=codes.dtype, pin_memory=True)
        host.copy_(codes, non_blocking=True)
        done = torch.cuda.Event()  # type: ignore[no-untyped-call]
        done.record()
        return Under(taken, host, done)

    def merge(self, voice: int) -> bool:
        """Put a voice's adapter into the weights, if no line of another voice is under way; whether it is."""
        if any(each != voice for each in self._voices.values()):
            return self.adapters.merged == voice
        self.adapters.merge(voice)
        return True

    def _stacked(self) -> bool:
        """Whether rows need adapters of their own. A line of another voice takes the merged one out first."""
        voices = set(self._voices.values())
        if self.adapters.merged and voices != {self.adapters.merged}:
            self.adapters.merge(0)
        return voices not in ({0}, {self.adapters.merged})

    def _voice_row(self, voice: int) -> Tensor | None:
        """For one row that is computed beside the slots, with the weights as they are now."""
        if self.adapters.merged not in (0, voice):
            self.adapters.merge(0)
        if voice in (0, self.adapters.merged):
            return None
        return torch.tensor([voice], device=self.weights.device)

    def _embedded(self, turn: Turn) -> Tensor:
        """A turn as the backbone hears it, `[positions, d]`: text, then its frames, then the end of audio."""
        ids = torch.tensor(turn.ids, dtype=torch.int64, device=self.weights.device)
        text = self.weights.text[ids]
        if turn.codes is None:
            return text
        eos = torch.full((1, self.shape.codebooks), self.shape.eos_id, device=self.weights.device)
        codes = torch.cat((turn.codes.to(self.weights.device), eos))
        return torch.cat((text, embedded(self.weights, codes)))
