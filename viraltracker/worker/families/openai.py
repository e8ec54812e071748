"""The `openai` family: a speech server in one's own network, served by a worker like a model of its own.

A pack's settings, in `metadata.yaml`:

    base_url: http://127.0.0.1:8880/v1
    model: kokoro           # as the server calls it
    key_env: KOKORO_KEY     # the name of the variable that holds the key; the key itself is never in a file
    voices: [af_bella]      # unset: those that the server lists
    at_once: 4              # whole lines that it is asked for together

A pack with the capability `streaming` is heard piece by piece. One whose server can't do that (or not at
other speeds) leaves it out, and its lines come whole.
"""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Annotated, Final

import anyio
import anyio.to_thread
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from viraltracker.audio import Clip, Floats, resample
from viraltracker.errors import Refused, SettingsRefused, TextTooLong
from viraltracker.settings import safe_model_url
from viraltracker.speech import SpeechRequest
from viraltracker.speech.openai import OpenAiEngine, SettingNames
from viraltracker.worker.families.checking import check_line
from viraltracker.worker.families.together import as_done
from viraltracker.worker.model import Line, Pack, Rendered, Voice

__all__ = ["OpenAiFamily", "OpenAiModel"]

_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
"""Capitals only: a key that was put in a name's place by mistake must not get into a message."""

_Name = Annotated[str, Field(min_length=1, max_length=200)]


class _PackSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: _Name
    model: _Name
    key_env: _Name | None = None
    voices: tuple[_Name, ...] = ()
    at_once: int = Field(default=4, ge=1, le=64)


class OpenAiFamily:
    """Connects to speech servers. `environment`: where the keys are that packs name."""

    name = "openai"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @property
    def built_in(self) -> tuple[Pack, ...]:
        """See `Family`. None: a server has an address."""
        return ()

    async def load(self, pack: Pack) -> "OpenAiModel":
        """See `Family`. Asks the server for its voices; one that doesn't answer is a `SpeechError`."""
        settings = _settings(pack)
        key = self._key(pack, settings.key_env)
        engine = OpenAiEngine(
            _url(pack, settings.base_url, keyed=key is not None),
            key,
            named=SettingNames(
                f"base_url in the pack {pack.id}", settings.key_env or f"key_env in {pack.id}"
            ),
            pcm_rate_hz=pack.rate_hz,
        )
        try:
            voices = await _voices(engine, pack, settings)
        except BaseException:  # broken off or refused: its connections must not stay
            with anyio.CancelScope(shield=True):
                await engine.aclose()
            raise
        return OpenAiModel(engine, pack, settings.model, voices, settings.at_once)

    def _key(self, pack: Pack, name: str | None) -> SecretStr | None:
        if name is None:
            return None
        if not _VARIABLE.fullmatch(name):
            raise SettingsRefused(
                f"The pack {pack.id} has a key_env that is no variable's name, such as KOKORO_KEY. "
                "Write the name there, not the key."
            )
        value = self._environment.get(name, "").strip()
        if not value:
            raise SettingsRefused(
                f"The pack {pack.id} takes its key from {name}, which isn't set. "
                "Set it and start the worker again."
            )
        return SecretStr(value)


class OpenAiModel:
    """See `Model`. What it holds in memory is the server's, so it counts as nothing here."""

    memory_bytes = 0
    options: Mapping[str, tuple[float, float]] = {}

    def __init__(
        self, engine: OpenAiEngine, pack: Pack, model: str, voices: tuple[Voice, ...], at_once: int
    ) -> None:
        self._engine = engine
        self._model = model
        self._streams = "streaming" in pack.capabilities
        self._whole_lines = anyio.CapacityLimiter(at_once)
        self.rate_hz = pack.rate_hz
        self.voices = voices
        self.batch = at_once

    def check(self, line: Line) -> None:
        """See `Model`."""
        check_line(line, self.options)
        longest = self._engine.capabilities.max_chars
        if len(line.text) > longest:
            raise TextTooLong(
                f"The line has {len(line.text)} characters; a speech server takes {longest}. Split it.",
                field="text",
            )
        if line.voice and line.voice not in {voice.id for voice in self.voices}:
            some = ", ".join(voice.id for voice in self.voices[:8])
            raise Refused(
                f'The model has no voice "{_shown(line.voice)}". It has {some} and others.'
                if len(self.voices) > 8
                else f'The model has no voice "{_shown(line.voice)}". It has {some}.',
                field="voice.id",
            )

    async def speak(self, line: Line) -> AsyncGenerator[Floats]:
        """See `Model`. Closing it hangs up, which ends the work in servers that look."""
        self.check(line)
        if not self._streams:
            yield await self._whole(line)
            return
        odd: list[Clip] = []
        async with aclosing(self._engine.stream(self._request(line))) as pieces:
            async for piece in pieces:
                if piece.rate_hz == self.rate_hz:
                    yield piece.samples
                else:  # seams would be heard if each piece were resampled by itself
                    odd.append(piece)
        if odd:
            joined = Clip(np.concatenate([piece.samples for piece in odd]), odd[0].rate_hz)
            yield await self._at_rate(joined)

    async def render(self, lines: Sequence[Line]) -> AsyncGenerator[Rendered]:
        """See `Model`."""
        async with aclosing(as_done(lines, self._in_turn)) as results:
            async for result in results:
                yield result

    async def close(self) -> None:
        """See `Model`. Closes the connections; the server keeps its model."""
        await self._engine.aclose()

    async def _in_turn(self, line: Line) -> Floats:
        self.check(line)
        async with self._whole_lines:
            return await self._whole(line)

    async def _whole(self, line: Line) -> Floats:
        return await self._at_rate((await self._engine.synthesize(self._request(line))).clip)

    async def _at_rate(self, clip: Clip) -> Floats:
        if clip.rate_hz == self.rate_hz:
            return clip.samples
        return (await anyio.to_thread.run_sync(resample, clip, self.rate_hz)).samples

    def _request(self, line: Line) -> SpeechRequest:
        voice = line.voice or self.voices[0].id
        return SpeechRequest(text=line.text, voice=voice, model=self._model, speed=line.speed)


def _settings(pack: Pack) -> _PackSettings:
    try:
        return _PackSettings.model_validate(dict(pack.settings))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        said = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
    raise SettingsRefused(f"The pack {pack.id} can't be used: {_shown(said, 300)}. Mend its metadata.yaml.")


def _url(pack: Pack, url: str, *, keyed: bool) -> str:
    try:
        return safe_model_url(url, keyed=keyed)
    except SettingsRefused as refused:
        raise SettingsRefused(f"The pack {pack.id} can't be used. {refused.message}") from None


async def _voices(engine: OpenAiEngine, pack: Pack, settings: _PackSettings) -> tuple[Voice, ...]:
    """Those that the pack names, else the server's; either way the server has to answer."""
    listed = {voice.id: voice for voice in await engine.voices_of(settings.model)}
    if not (settings.voices or listed):
        raise SettingsRefused(
            f"The pack {pack.id} can't be used: its server lists no voices of {_shown(settings.model)}. "
            "Name them under voices in its metadata.yaml."
        )
    names = dict.fromkeys(settings.voices or listed)
    return tuple(
        Voice(name, listed[name].name, listed[name].description) if name in listed else Voice(name, name)
        for name in names
    )


def _shown(text: str, most: int = 60) -> str:
    return "".join(char if char.isprintable() else " " for char in text[:most])
