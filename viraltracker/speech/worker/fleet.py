"""All voice workers as a producer looks after them: how each stands, a model loaded, unloaded, tried.

All are asked at once and none for long: one that hangs is told as silent, and holds up nobody.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from viraltracker.errors import BadInput, NotFound, SpeechError
from viraltracker.speech.model import Speech, SpeechRequest
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.rpc.cards import WorkerCard
from viraltracker.speech.worker.engine import WorkerEngine
from viraltracker.speech.worker.offers import DEFAULT_VOICE, words
from viraltracker.speech.worker.problems import is_silence
from viraltracker.speech.worker.routing import Need, Route, route

__all__ = ["Fleet", "Loaded", "ModelStanding", "Said", "WorkerStanding", "WorkerState"]

ModelState = Literal["absent", "loading", "resident", "unloading", "failed"]
"""On disk only, on its way into memory, in memory, on its way out, or broken."""

WorkerState = Literal["ready", "draining", "hanging", "silent", "refused"]
"""At work, ending, there but without a word, not there, or there and not talking to us."""

_LOOK_S: Final = 2.0
_LOAD_S: Final = 180.0
_UNLOAD_S: Final = 60.0
_STATES: Final[dict[int, ModelState]] = {
    wire.ABSENT: "absent",
    wire.LOADING: "loading",
    wire.RESIDENT: "resident",
    wire.UNLOADING: "unloading",
    wire.FAILED: "failed",
}
_ANSWERING: Final = ("ready", "draining")
_PROBLEM_CHARS: Final = 300
_MOST_LANGUAGES: Final = 200
_MOST_ID_CHARS: Final = 200
_HUGE_RTF: Final = 1e6


@dataclass(frozen=True, slots=True)
class ModelStanding:
    """A model on a worker. `sessions` hold it; `rtf`: seconds of work for a second of audio, 0: not known.

    `problem`: why it is broken. `voices`: how many it names, 0 until it was in memory once.
    """

    id: str
    title: str
    state: ModelState
    licence: str = ""
    consent: str = ""
    languages: tuple[str, ...] = ()
    problem: str = ""
    sessions: int = 0
    memory_bytes: int = 0
    rtf: float = 0.0
    is_default: bool = False
    voices: int = 0


@dataclass(frozen=True, slots=True)
class WorkerStanding:
    """A worker. One that doesn't answer is known by its address alone, and `problem` says why.

    `waiting`: lines that wait for their turn.
    """

    name: str
    address: str
    state: WorkerState
    free_slots: int = 0
    max_sessions: int = 0
    waiting: int = 0
    rtf: float = 0.0
    models: tuple[ModelStanding, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is in a worker's memory now; `took_s` is 0 where it was there already."""

    worker: str
    model: ModelStanding
    took_s: float


@dataclass(frozen=True, slots=True)
class Said:
    """A test line. `took_s`: from asking to having it, loading included; `rtf` counts the making alone."""

    worker: str
    speech: Speech
    took_s: float
    rtf: float


class Fleet:
    """The workers of an engine. `worker` is a name or an address everywhere; empty: any that will do.

    Errors are `SpeechError`s, `NotFound`, and `BadInput` for a name that two have.
    """

    def __init__(self, engine: WorkerEngine, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._now = monotonic

    async def standings(self) -> tuple[WorkerStanding, ...]:
        """Every worker, by name, the silent last. Raises `ProviderDown` where no registry answers."""
        finder = self._engine.finder
        cards, silent = await finder.cards(), await finder.silent()
        told = await asyncio.gather(*(self._standing(card) for card in cards))
        lost = [_silent(address, address, problem) for address, problem in silent.items()]
        return tuple(sorted((*told, *lost), key=_answering_first))

    async def load(self, model: str, worker: str = "") -> Loaded:
        """Bring a model into memory: of that worker, or of the one where lines for it would go."""
        card = await self._chosen(model, worker)
        link = self._engine.links.to(card)
        answer = await link.ask("LoadModel", wire.LoadModelRequest(model=model), _LOAD_S)
        return Loaded(words(card.name), _model(answer.model), answer.took_s)

    async def unload(self, model: str, worker: str = "", *, when_idle: bool = False) -> tuple[str, ...]:
        """Put a model out of memory, of that worker or of all that have it; their names.

        One in use is refused, or with `when_idle` goes when its last session ends.
        """
        chosen = (await self._chosen(model, worker),) if worker else await self._having(model)
        request = wire.UnloadModelRequest(model=model, when_idle=when_idle)
        for card in chosen:
            await self._engine.links.to(card).ask("UnloadModel", request, _UNLOAD_S)
        return tuple(words(card.name) for card in chosen)

    async def say(self, model: str, text: str, worker: str = "") -> Said:
        """Speak a line with a model's first voice. What it loads for that stays in memory."""
        line = " ".join(text.split())
        if not line:
            raise BadInput("There is no line to speak. Type one.")
        card = await self._chosen(model, worker)
        began_s = self._now()
        chosen = Route(card, loads=model not in card.resident)
        speech = await self._engine.spoken(chosen, SpeechRequest(line, DEFAULT_VOICE, model))
        made_s = float(speech.facts.get("made_ms", 0)) / 1000
        audio_s = max(speech.clip.duration_ms, 1) / 1000
        return Said(words(card.name), speech, self._now() - began_s, made_s / audio_s)

    async def _chosen(self, model: str, worker: str) -> WorkerCard:
        """The worker that was named, whatever it has: it refuses by itself. Else the best for the model."""
        if worker:
            return _named(await self._cards(), worker)
        having = await self._having(model)
        # All full: a load needs no place, so the first that has it will do.
        found = route(having, Need(model))
        return found.card if found else having[0]

    async def _having(self, model: str) -> tuple[WorkerCard, ...]:
        cards = await self._cards()
        having = tuple(card for card in cards if model in card.models)
        if not having:
            have = sorted({words(each) for card in cards for each in card.models})[:20]
            raise NotFound(
                f'No voice worker has "{words(model, 60)}". They have {", ".join(have) or "no models"}.'
            )
        return having

    async def _cards(self) -> tuple[WorkerCard, ...]:
        cards = await self._engine.finder.cards()
        if not cards:
            raise NotFound("No voice worker is there. `viraltracker worker serve` starts one.")
        return cards

    async def _standing(self, card: WorkerCard) -> WorkerStanding:
        try:
            listed = await self._engine.links.to(card).ask("ListModels", wire.ListModelsRequest(), _LOOK_S)
        except SpeechError as problem:
            return _silent(words(card.name), card.address, problem)
        return WorkerStanding(
            name=words(card.name),
            address=words(card.address),
            state="draining" if card.draining else "ready",
            free_slots=card.free_slots,
            max_sessions=card.max_sessions,
            waiting=card.queue_depth,
            rtf=_share(card.rtf),
            models=tuple(_model(model) for model in listed.models if _usable(model.id)),
        )


def _answering_first(worker: WorkerStanding) -> tuple[bool, str, str]:
    return worker.state not in _ANSWERING, worker.name, worker.address


def _silent(name: str, address: str, problem: SpeechError) -> WorkerStanding:
    state: WorkerState = "silent" if is_silence(problem) else "refused"
    why = words(problem.message, _PROBLEM_CHARS)
    if problem.facts.get("late"):
        state, why = "hanging", "It doesn't answer in time. Look at what it logs, or start it again."
    return WorkerStanding(name, words(address), state, problem=why)


def _named(cards: Sequence[WorkerCard], worker: str) -> WorkerCard:
    found = [card for card in cards if worker in (words(card.name), card.address)]
    if len(found) > 1:
        there = ", ".join(words(card.address) for card in found)
        raise BadInput(f'{len(found)} voice workers are called "{words(worker)}". Name an address: {there}.')
    if not found:
        there = ", ".join(words(card.name) for card in cards)
        raise NotFound(f'There is no voice worker "{words(worker, 60)}". There are {there}.')
    return found[0]


def _usable(model: str) -> bool:
    """Whether it can be asked for by name; no worker of ours names one otherwise."""
    return model.isprintable() and 0 < len(model) <= _MOST_ID_CHARS


def _share(said: float) -> float:
    return said if math.isfinite(said) and 0 <= said < _HUGE_RTF else 0.0


def _model(said: wire.ModelInfo) -> ModelStanding:
    return ModelStanding(
        id=said.id,
        title=words(said.title) or words(said.id),
        state=_STATES.get(cast("int", said.state), "failed"),
        licence=words(said.licence),
        consent=words(said.consent),
        languages=tuple(words(each, 20) for each in said.languages[:_MOST_LANGUAGES]),
        problem=words(said.problem, _PROBLEM_CHARS),
        sessions=said.sessions,
        memory_bytes=said.memory_bytes,
        rtf=_share(said.rtf),
        is_default=said.is_default,
        voices=len(said.voices),
    )
