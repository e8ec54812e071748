"""The `worker` engine: a line goes to the worker that fits best, and to the next when that one fails.

Nothing is paid, so a line that a dead worker had is simply spoken again elsewhere; its take says so.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Final

from viraltracker.audio import encode_wav, from_pcm16
from viraltracker.errors import NeedsKey, NonsenseAnswer, NotLoaded, ProviderDown, SpeechError, TryLater
from viraltracker.speech.model import (
    Capabilities,
    Estimate,
    Health,
    Speech,
    SpeechRequest,
    Support,
    VoiceInfo,
)
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.worker.checking import MAX_CHARS, check_request
from viraltracker.speech.worker.dispatch import Dispatch, Tried
from viraltracker.speech.worker.families import (
    NOTES,
    REPEATABLE,
    SUPPORT,
    as_worker_takes_it,
    options_of,
    support_of,
)
from viraltracker.speech.worker.finding import Finder, Links
from viraltracker.speech.worker.link import Link
from viraltracker.speech.worker.offers import DEFAULT_VOICE, offered
from viraltracker.speech.worker.problems import is_silence
from viraltracker.speech.worker.routing import Need, Route
from viraltracker.speech.worker.scenes import pieces_of

__all__ = ["WorkerEngine"]

_ASK_S: Final = 10.0
_LIST_S: Final = 2.0
"""For a worker's list of models. A page may wait for it, and the next look asks again."""
_LOAD_S: Final = 180.0
_LINE_S: Final = 240.0
_RATES_HZ: Final = range(4_000, 192_001)
_NAME: Final = re.compile(r"[a-z][a-z_]{0,39}")
_MOST_FACTS: Final = 12
_FACT_CHARS: Final = 400
_TOO_MANY_BYTES: Final = 30 * 60 * 48_000 * 2


class WorkerEngine:
    """Speaks through the workers that `finder` knows."""

    def __init__(
        self,
        finder: Finder,
        links: Links,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.finder = finder
        self.links = links
        self.dispatch = Dispatch(finder, monotonic)
        self._now = monotonic
        self._sleep = sleep
        self._capabilities = Capabilities(
            engine="worker",
            title="Voice workers",
            repeatable=False,
            repeatable_families=REPEATABLE,
            rate_hz=22_050,
            max_chars=MAX_CHARS,
            support=SUPPORT,
            family_notes=NOTES,
            options=options_of(None),
            streaming=True,
            remote=True,
            timeout_s=_LINE_S + _LOAD_S,
        )

    @property
    def capabilities(self) -> Capabilities:
        """See `Synthesizer`."""
        return self._capabilities

    def support(self, model: str | None) -> Mapping[str, Support]:
        """See `Synthesizer`. It is the family's."""
        return support_of(model)

    def options(self, model: str | None) -> Mapping[str, tuple[float, float]]:
        """See `Synthesizer`. They are the family's; of a model that isn't named nothing is known."""
        return options_of(model)

    def estimate(self, request: SpeechRequest) -> Estimate:
        """See `Synthesizer`. It costs nothing."""
        return Estimate(characters=len(request.text), usd=0.0, exact=True)

    async def synthesize(self, request: SpeechRequest) -> Speech:
        """See `Synthesizer`. Tries every worker that could, and waits while all are full."""
        check_request(request, self.options(request.model))
        request = as_worker_takes_it(request)
        until_s = self._now() + _LINE_S
        need, tried = Need(request.model or ""), Tried()
        while True:
            try:
                chosen = await self.dispatch.choose(need, request.voice, tried)
            except TryLater as full:
                if self._now() + full.after_s > until_s:
                    raise
                await self._sleep(full.after_s)
                tried.full.clear()
                continue
            try:
                with self.dispatch.at(chosen.card):
                    speech = await self.spoken(chosen, request)
            except TryLater as full:
                tried.full[chosen.card] = full
            except (ProviderDown, NonsenseAnswer, NotLoaded, NeedsKey) as failed:
                tried.failed[chosen.card] = failed
            else:
                self.dispatch.spoke(chosen.card, need, request.voice)
                return speech

    async def recover(self, request: SpeechRequest, since: datetime) -> tuple[Speech, ...]:
        """See `Synthesizer`. Nothing was paid, so nothing is lost."""
        return ()

    async def voices(self) -> tuple[VoiceInfo, ...]:
        """See `Synthesizer`. Of every worker's models; one that was never loaded has its default only."""
        links = [self.links.to(card) for card in await self.finder.cards()]
        lists = await asyncio.gather(*(self._models(link) for link in links))
        models: dict[str, wire.ModelInfo] = {}
        for model in chain.from_iterable(lists):
            # The same model is in memory here and on disk there: the one that knows its voices tells them.
            if model.state != wire.FAILED and not (model.id in models and models[model.id].voices):
                models[model.id] = model
        return tuple(voice for model in models.values() for voice in offered(model))

    async def _models(self, link: Link) -> tuple[wire.ModelInfo, ...]:
        """A worker's models as it lists them; none where it doesn't answer in time."""
        try:
            answer = await link.ask("ListModels", wire.ListModelsRequest(), _LIST_S)
        except SpeechError:
            return ()
        return tuple(answer.models)

    async def health(self) -> Health:
        """See `Synthesizer`."""
        try:
            cards, silent = await self.finder.cards(), await self.finder.silent()
        except SpeechError as problem:
            return Health(ready=False, note=problem.message)
        lost = f"; no answer from {', '.join(silent)}" if silent else ""
        instead = f"; {self.finder.fallback}" if self.finder.fallback else ""
        if not cards:
            strange = [problem.message for problem in silent.values() if not is_silence(problem)]
            if strange:
                return Health(ready=False, note=" ".join(strange))
            note = f"no voice worker is there{lost}{instead}. `viraltracker worker serve` starts one"
            return Health(ready=False, note=note)
        free = sum(card.free_slots for card in cards)
        count = "1 worker" if len(cards) == 1 else f"{len(cards)} workers"
        note = f"{count}, {free} places free{lost}{instead}; free of charge"
        return Health(ready=True, note=note, concurrency=free)

    async def aclose(self) -> None:
        """See `Synthesizer`."""
        await self.finder.aclose()
        await self.links.aclose()

    async def spoken(self, chosen: Route, request: SpeechRequest) -> Speech:
        """Speak with that worker and no other. Raises a `SpeechError`."""
        link = self.links.to(chosen.card)
        voice = wire.Voice(
            id="" if request.voice == DEFAULT_VOICE else request.voice,
            speed=request.speed,
            seed=request.seed,
            options=dict(request.options),
        )
        start = wire.StartSessionRequest(
            mode=wire.MODE_RENDER, model=request.model or "", voice=voice, load=True
        )
        session = await link.ask("StartSession", start, _LOAD_S)
        try:
            if session.rate_hz not in _RATES_HZ:
                raise NonsenseAnswer(f"The voice worker {link.name} speaks at a rate that there isn't.")
            pcm, last = await self._line(link, session, request)
        finally:
            await link.end_session(session.session)
        clip = from_pcm16(pcm, session.rate_hz)
        facts: dict[str, str | int | float] = {
            "worker": chosen.card.name,
            "model": request.model or "".join(char for char in session.model[:200] if char.isprintable()),
            "waited_ms": _ms(last.waited_s),
            "made_ms": _ms(last.made_s),
        }
        if request.stability is not None and "temperature" in request.options:
            facts["temperature"] = request.options["temperature"]
        facts |= _told(last.facts, facts)
        if chosen.loads:
            facts["loaded"] = "for this line"
        if chosen.instead:
            facts["fallback"] = chosen.instead
        return Speech(clip, encode_wav(clip), "audio/wav", facts=facts)

    async def _line(self, link: Link, session: Any, request: SpeechRequest) -> tuple[bytes, wire.AudioFrame]:
        """The line's samples and its last frame. Raises a `SpeechError`."""
        line = wire.TextChunk(session=session.session, line=1, text=request.text, end_of_line=True)
        pieces = [
            wire.TextChunk(session=session.session, before=piece)
            for piece in pieces_of(request.said, session.rate_hz)
        ]
        pcm, last = bytearray(), None
        async with link.heard():
            call: Any = link.stub.Synthesize(iter([*pieces, line]), timeout=_LINE_S, metadata=link.metadata)
            async for frame in call:
                pcm += frame.pcm
                last = frame
                if len(pcm) > _TOO_MANY_BYTES:
                    call.cancel()
                    break
        if last is None or not last.end_of_line or not pcm or len(pcm) % 2:
            raise NonsenseAnswer(f"The voice worker {link.name} gave no whole line. Generate it again.")
        return bytes(pcm), last


def _ms(seconds: float) -> int:
    """Another process's word, which may be any number or none."""
    return round(seconds * 1000) if 0 <= seconds < _LINE_S + _LOAD_S else 0


def _told(said: Mapping[str, str], known: Mapping[str, object]) -> dict[str, str]:
    """What the worker says of the line's making: another process's words, so short, printable and few."""
    fit = {name: words for name, words in said.items() if _NAME.fullmatch(name) and name not in known}
    return {
        name: "".join(char for char in fit[name][:_FACT_CHARS] if char.isprintable())
        for name in sorted(fit)[:_MOST_FACTS]
    }
