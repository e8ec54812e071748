"""One checkpoint in memory, and all the voices over it. Everything here runs on the device's own thread."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from viraltracker.audio import Floats
from viraltracker.errors import SettingsRefused, StudioError, TryLater
from viraltracker.worker.config import Csm, FrameKind
from viraltracker.worker.csm.asking import Ask, Said
from viraltracker.worker.csm.checkpoint import read_checkpoint
from viraltracker.worker.csm.codec import Codec, Codes
from viraltracker.worker.csm.engine import COUNTS, SlotEngine, Turn
from viraltracker.worker.csm.floor import Engine, Floor
from viraltracker.worker.csm.plain import plain
from viraltracker.worker.csm.prompt import Prompter
from viraltracker.worker.csm.reference import ReferenceEngine
from viraltracker.worker.csm.replay import compiled
from viraltracker.worker.csm.settings import MoodClip, read_anchor
from viraltracker.worker.csm.shape import Shape
from viraltracker.worker.csm.weights import Weights, weights_of

__all__ = ["Ensemble", "Part", "frames_of"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A voice in the ensemble. `place`: its adapter's, 0: none. `heard`: mood -> what was said before.

    `positions`: mood -> how many of a line's positions that takes.
    """

    place: int
    heard: Mapping[str, Tensor]
    positions: Mapping[str, int]

    @property
    def memory_bytes(self) -> int:
        """What only this voice holds."""
        return sum(heard.nbytes for heard in self.heard.values())


class Ensemble:
    """A checkpoint and its slots, once `open` is done. `shape`, `prompter`, `slots` may be read anywhere.

    `reference`: lines are made by Hugging Face's own code instead.
    """

    shape: Shape
    prompter: Prompter

    def __init__(self, folder: Path, rules: Csm, *, reference: bool = False) -> None:
        self._folder, self._rules, self._reference = folder, rules, reference
        self._floor: Floor | None = None
        self._free: list[int] = []

    def open(self) -> None:
        """Bring it into memory and speak a frame of every kind. Raises `SettingsRefused`.

        Where the memory doesn't do for all slots there will be fewer, and the log says how many.
        """
        with _enough_memory("this checkpoint"):
            self._open()

    def _open(self) -> None:
        device = _device(self._rules.device)
        torch.set_grad_enabled(False)
        dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        checkpoint = read_checkpoint(self._folder, device, dtype)
        self.shape, self.prompter = checkpoint.shape, checkpoint.prompter
        self._codec = Codec(checkpoint.codec, self.shape)
        self._engine = self._opened(checkpoint.model)
        self._floor = Floor(
            self._engine,
            self._codec,
            self._codec.silent_ids(),
            attempts=self._rules.attempts,
            merging=self._rules.merge,
        )
        self._free = list(range(1, self._rules.voices + 1))

    def join(self, adapter: Path | None, folder: Path, anchors: Sequence[MoodClip]) -> Part:
        """Take a voice in. Raises `SettingsRefused`: its files are unfit, or there is no place for it."""
        with _enough_memory("this voice"):
            return self._joined(adapter, folder, anchors)

    def _joined(self, adapter: Path | None, folder: Path, anchors: Sequence[MoodClip]) -> Part:
        place = 0
        if adapter is not None:
            if not self._free:
                raise SettingsRefused(
                    f"The checkpoint has {self._rules.voices} adapters over it, and room for no more. "
                    "Unload a voice, or raise `csm.voices` in the worker's configuration."
                )
            self._engine.take(self._free[0], adapter)
            place = self._free.pop(0)
        with ExitStack() as unfinished:
            unfinished.callback(self.leave, Part(place, {}, {}))
            turns = {anchor.mood: self._turn(anchor, folder) for anchor in anchors}
            heard = {mood: self._engine.heard([turn], place) for mood, turn in turns.items()}
            unfinished.pop_all()
        return Part(place, heard, {mood: turn.positions for mood, turn in turns.items()})

    def heard(self, part: Part, mood: str, said: Sequence[Said]) -> Tensor:
        """What a line hears that follows these of its own voice, its anchor first. Raises `TryLater`."""
        try:
            turns = [self._said(each.samples, each.text) for each in said]
            return self._engine.heard(turns, part.place, part.heard.get(mood))
        except torch.OutOfMemoryError:
            _log.warning("csm.nothing_heard", extra={"why": "memory"})
        raise TryLater("The voice worker's device has too little memory for what was said before just now.")

    def leave(self, part: Part) -> None:
        """Let a voice go, of which no line is under way."""
        if part.place:
            self._engine.give_back(part.place)
            self._free.append(part.place)

    @property
    def slots(self) -> int:
        """How many lines are spoken at once."""
        return self._engine.slots

    @property
    def positions(self) -> int:
        """How many positions a line has, with all that comes before it."""
        return self._engine.positions

    @property
    def memory_bytes(self) -> int:
        """What the weights, caches and adapters hold; on a GPU all that the library has taken there."""
        if self._engine.defers:
            return int(torch.cuda.memory_allocated())
        return self._engine.memory_bytes

    @property
    def idle(self) -> bool:
        """See `Busy`."""
        return self._floor is None or self._floor.idle

    def turn(self) -> None:
        """See `Busy`."""
        if self._floor is not None:
            self._floor.turn()

    def abandon(self, problem: StudioError) -> None:
        """See `Busy`."""
        if self._floor is not None:
            self._floor.abandon(problem)

    def add(self, ask: Ask) -> None:
        """Have a line spoken."""
        if self._floor is not None:
            self._floor.add(ask)

    def drop(self, ask: Ask) -> None:
        """Forget a line."""
        if self._floor is not None:
            self._floor.drop(ask)

    def close(self) -> None:
        """Give the memory back."""
        on_gpu = self._floor is not None and self._engine.defers
        self._floor = None
        for name in ("_engine", "_codec"):
            self.__dict__.pop(name, None)
        if on_gpu:
            torch.cuda.empty_cache()

    def _turn(self, anchor: MoodClip, folder: Path) -> Turn:
        clip = read_anchor(folder / anchor.file, self.shape.rate_hz)
        return self._said(clip.samples, plain(anchor.transcript).text)

    def _said(self, samples: Floats, text: str) -> Turn:
        codes: Codes = self._codec.encode(samples)
        return Turn(self.prompter.ids(text), torch.from_numpy(codes))

    def _opened(self, model: Any) -> Engine:
        """The engine with as many slots as are asked for, or as there is memory for."""
        if self._reference:
            return ReferenceEngine(model, self.shape)
        rules = self._rules
        weights = weights_of(model, self.shape, adapters=rules.voices, rank=rules.rank)
        how = frames_of(rules.frames, weights)
        for slots in (rules.slots, *(count for count in reversed(COUNTS) if count < rules.slots)):
            try:
                engine = SlotEngine(weights, slots, rules.positions, **how)
                if engine.defers or rules.frames != "plain":
                    engine.prepare()
            except torch.OutOfMemoryError:
                _log.warning("csm.fewer_slots", extra={"slots": slots, "why": "memory"})
                torch.cuda.empty_cache()
            else:
                return engine
        raise SettingsRefused(
            "The device has too little memory for even one line. Close other programs on it, or lower "
            "`csm.positions` in the worker's configuration."
        )


@contextmanager
def _enough_memory(for_what: str) -> Iterator[None]:
    """Inside, a device that has no room left for something raises `SettingsRefused` for it, and is sound."""
    try:
        yield
    except torch.OutOfMemoryError:
        short = True
    else:
        short = False
    if short:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise SettingsRefused(
            f"The device has too little memory for {for_what}. Close other programs on it, or lower "
            "`csm.slots` or `csm.positions` in the worker's configuration."
        )


def frames_of(wanted: FrameKind, weights: Weights) -> Mapping[str, Any]:
    """How a slot engine makes frames as the configuration wants it. Raises `SettingsRefused`."""
    if wanted == "plain":
        return {}
    if wanted == "compiled":
        return {"frame": lambda slots: compiled("inductor")}
    if weights.device.type != "cuda" or find_spec("triton") is None:
        raise SettingsRefused(
            f"Frames that are {wanted} need a GPU and Triton, and here is none. Set `csm.frames` to plain in "
            "the worker's configuration."
        )
    from viraltracker.worker.csm.fused import FusedFrame, fits  # needs both

    if not fits(weights):
        raise SettingsRefused(
            "The checkpoint's sizes are not such as fused frames take. Set `csm.frames` to plain in the "
            "worker's configuration."
        )
    overlap = wanted == "overlapped"
    return {"frame": lambda slots: FusedFrame(weights, slots, overlap=overlap), "spans": ()}


def _device(wanted: str) -> torch.device:
    """The device that is asked for. Raises `SettingsRefused` for a GPU that isn't there."""
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise SettingsRefused("No GPU is to be seen. Set `csm.device` to cpu or auto, or mend its driver.")
    return torch.device("cuda" if there and wanted != "cpu" else "cpu")
