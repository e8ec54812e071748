"""The engine for any OpenAI-compatible speech server. Knows the port; the connection knows the network."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

import anyio
import anyio.to_thread
from pydantic import SecretStr

from viraltracker.audio import Clip
from viraltracker.errors import NeedsKey, SpeechError
from viraltracker.speech.model import (
    Capabilities,
    Estimate,
    Health,
    Speech,
    SpeechRequest,
    Support,
    VoiceInfo,
)
from viraltracker.speech.openai.bodies import HEAD_BYTES, PCM_RATE_HZ, Body, PcmJoiner, heard
from viraltracker.speech.openai.connection import Connection
from viraltracker.speech.openai.lists import Listed, listed_models, listed_voices, offered, voices_of
from viraltracker.speech.openai.problems import Asked, SettingNames, too_slow
from viraltracker.speech.openai.wire import Order, order_of

__all__ = ["OpenAiEngine"]

_SUPPORT: Final[Mapping[str, Support]] = MappingProxyType(
    {
        "direction": "not used",
        "audio_tags": "not used",
        "stability": "not used",
        "similarity": "not used",
        "style": "not used",
        "speed": "honoured",
        "seed": "not used",
        "neighbours": "not used",
        "continuity": "not used",
    }
)
_MAX_CHARS: Final = 4_096
_AT_ONCE: Final = 4
"""Most local servers speak one line after another; more would wait there against our own deadline."""
_CHARGING: Final = "api.openai.com"
_MODELS_TOLD: Final = 3


def _utc_now() -> datetime:
    return datetime.now(UTC)


class OpenAiEngine:
    """Speaks with the server at `url`, with or without a key.

    It is taken for a server of one's own: a line costs nothing and its price is never asked. A server that
    charges can be used, but the studio knows no prices there: it counts 0, calls that figure inexact, guards
    no cap, and `health` says so where it knows (OpenAI itself). `timeout_s` is a whole line's, start to end;
    `pcm_rate_hz` the rate of raw samples whose answer doesn't tell it; `named` what messages point at.
    """

    def __init__(
        self,
        url: str,
        key: SecretStr | None = None,
        *,
        named: SettingNames | None = None,
        timeout_s: float = 120.0,
        connect_timeout_s: float = 5.0,
        pcm_rate_hz: int = PCM_RATE_HZ,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._connection = Connection(url, key, named or SettingNames(), timeout_s, connect_timeout_s, now)
        self._pcm_rate_hz = pcm_rate_hz
        self._charges = self._connection.host == _CHARGING
        self._capabilities = Capabilities(
            engine="openai",
            title="OpenAI-compatible server",
            repeatable=False,
            remote=True,
            rate_hz=pcm_rate_hz,
            max_chars=_MAX_CHARS,
            support=_SUPPORT,
            options={},
            concurrency=_AT_ONCE,
            streaming=True,
            timeout_s=timeout_s,
        )

    @property
    def capabilities(self) -> Capabilities:
        """See `Synthesizer`. The server may have any model, so none is named; a file has its own rate."""
        return self._capabilities

    def support(self, model: str | None) -> Mapping[str, Support]:
        """See `Synthesizer`. The same for every model."""
        return _SUPPORT

    def options(self, model: str | None) -> Mapping[str, tuple[float, float]]:
        """See `Synthesizer`. The same for all models."""
        return self._capabilities.options

    def estimate(self, request: SpeechRequest) -> Estimate:
        """See `Synthesizer`. Nothing, as far as the studio knows."""
        return Estimate(characters=len(request.text), usd=0.0, exact=not self._charges)

    async def synthesize(self, request: SpeechRequest) -> Speech:
        """See `Synthesizer`. Raises every `SpeechError` but `OutcomeUnknown`."""
        order = order_of(request, _MAX_CHARS)
        asked = self._asked(order)
        timeout_s = self._capabilities.timeout_s
        body = Body()
        with anyio.move_on_after(timeout_s) as limit:
            async with aclosing(self._connection.spoken(order.whole(), asked)) as pieces:
                async for said, chunk in pieces:
                    body.add(said, chunk)
        if limit.cancelled_caught:
            raise too_slow(f"no complete answer within {timeout_s:g} s")
        clip, payload, media_type = await self._heard(body, asked)
        facts = {"model": order.model}
        return Speech(clip, payload, media_type, exact=not self._charges, facts=facts)

    async def stream(self, request: SpeechRequest) -> AsyncGenerator[Clip]:
        """The line piece by piece, as the server makes it; all of one rate. Raises as `synthesize` does.

        Closing it closes the connection at once, so that the server can stop. A server that sends a file all
        the same gives one piece. The deadline is for each piece to come: whoever listens may take their time.
        """
        order = order_of(request, _MAX_CHARS)
        asked = self._asked(order)
        body = Body(as_raw=True)
        joiner: PcmJoiner | None = None
        async with aclosing(self._connection.spoken(order.streamed(), asked)) as pieces:
            async for said, chunk in pieces:
                fresh = chunk
                if joiner is None:
                    body.add(said, chunk)
                    if len(body.held) < HEAD_BYTES or not (body.is_audio and body.is_raw):
                        continue
                    joiner, fresh = PcmJoiner(body.rate_hz(self._pcm_rate_hz)), bytes(body.held)
                if clip := joiner.clip(fresh):
                    yield clip
        if joiner is None:
            clip, _, _ = await self._heard(body, asked)
            yield clip
        else:
            joiner.finish()

    async def recover(self, request: SpeechRequest, since: datetime) -> tuple[Speech, ...]:
        """See `Synthesizer`. Such servers keep no history."""
        return ()

    async def voices(self) -> tuple[VoiceInfo, ...]:
        """See `Synthesizer`. None where the server lists none; any name may be asked for all the same."""
        return offered(*await self._lists())

    async def voices_of(self, model: str) -> tuple[VoiceInfo, ...]:
        """The voices that the server lists for one of its models. Raises `SpeechError`."""
        return voices_of(model, *await self._lists())

    async def health(self) -> Health:
        """See `Synthesizer`. Asks for the lists; a server without any is ready if it answers."""
        named = self._connection.asked.named
        try:
            models, plain = await self._lists()
        except NeedsKey as problem:
            return Health(False, problem.message, needs=named.key)
        except SpeechError as problem:
            return Health(False, problem.message)
        return Health(True, " · ".join(self._told(models, offered(models, plain))))

    async def aclose(self) -> None:
        """Close the connections. Safe to call twice; a later call opens new ones."""
        await self._connection.aclose()

    def _told(self, models: tuple[Listed, ...], voices: tuple[VoiceInfo, ...]) -> list[str]:
        told = [f"{self._connection.host} answers"]
        ids = [model.id for model in models if model.may_speak]
        if voices:
            told.append(f"{len(voices)} voices" if len(voices) != 1 else "1 voice")
        else:
            told.append("it lists no voices: name one with `viraltracker voices set`")
        if ids:
            more = ", …" if len(ids) > _MODELS_TOLD else ""
            told.append(f"models {', '.join(ids[:_MODELS_TOLD])}{more}")
        if self._charges:
            told.append("its lines cost money that the studio can't count")
        return told

    async def _lists(self) -> tuple[tuple[Listed, ...], tuple[VoiceInfo, ...]]:
        """The models, and the voices that belong to none of them."""
        models = listed_models(await self._connection.listed("models"))
        if any(model.voices for model in models):
            return models, ()
        return models, listed_voices(await self._connection.listed("audio/voices"))

    def _asked(self, order: Order) -> Asked:
        asked = self._connection.asked
        return replace(
            asked,
            voice=order.voice[:60],
            model=order.model[:60],
            secrets=(*asked.secrets, order.text),
        )

    async def _heard(self, body: Body, asked: Asked) -> tuple[Clip, bytes, str]:
        return await anyio.to_thread.run_sync(heard, body, asked, self._pcm_rate_hz)
