"""What is sent and what comes back: requests as the API takes them, answers as speech."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from viraltracker.audio import Clip, decode, encode_wav, from_pcm16
from viraltracker.errors import (
    BadAudio,
    NonsenseAnswer,
    OutcomeUnknown,
    Refused,
    SettingsRefused,
    TextTooLong,
)
from viraltracker.speech.answers import printable
from viraltracker.speech.elevenlabs.models import Model, model_named
from viraltracker.speech.model import Speech, SpeechRequest

__all__ = ["Answer", "Format", "Order", "facts_of", "order_of", "speech_of", "whole"]

_VOICE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MODEL_ID: Final = re.compile(r"[a-z0-9_.-]{1,64}")
_FORMAT: Final = re.compile(r"(mp3|wav|pcm)_(\d{4,5})(?:_\d{2,3})?")
_LARGEST_BYTES: Final = 64 << 20
"""Ten minutes of the largest format are 53 MB; what is larger is no answer to a line."""
_STABILITIES: Final = (0.0, 0.5, 1.0)
_COUNTERS: Final = ("current-concurrent-requests", "maximum-concurrent-requests")
_NAMES: Final = ("history-item-id", "x-trace-id", "x-region")


@dataclass(frozen=True, slots=True)
class Format:
    """An output format such as `mp3_44100_128`. MP3, WAV and raw PCM can be read."""

    name: str
    codec: str
    rate_hz: int

    @classmethod
    def named(cls, name: str) -> "Format":
        """Raises `SettingsRefused` for a format the studio can't read."""
        parts = _FORMAT.fullmatch(name)
        if parts is None:
            raise SettingsRefused(f'"{name[:40]}" is no format the studio reads. Use one like mp3_44100_128.')
        return cls(name, parts[1], int(parts[2]))


@dataclass(frozen=True, slots=True)
class Order:
    """A request as it is sent: text with its audio tags, and the settings that the model uses."""

    text: str
    voice: str
    model: Model
    settings: Mapping[str, float | bool]
    seed: int | None
    previous_text: str | None
    next_text: str | None

    @property
    def credits(self) -> int:
        """What the account will be charged, in characters of its plan."""
        return -int(-len(self.text) * self.model.credits_a_char // 1)

    @property
    def usd(self) -> float:
        """The list price."""
        return len(self.text) * self.model.usd_per_1000_chars / 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer with a status of success."""

    headers: Mapping[str, str]
    body: bytes


def order_of(request: SpeechRequest) -> Order:
    """The request as it will be sent. Raises `Refused` and `TextTooLong`."""
    model = model_named(request.model)
    if not _MODEL_ID.fullmatch(model.id):
        raise Refused("That is no model of ElevenLabs. Choose one on the Voices page.")
    if not _VOICE_ID.fullmatch(request.voice):  # it becomes a part of the address
        raise Refused("That is no voice id of ElevenLabs. Choose a voice on the Voices page.")
    if request.options:
        raise Refused(f"ElevenLabs has no option {', '.join(sorted(request.options))}. Remove it.")
    text = _tagged(request) if _uses(model, "audio_tags") else request.text
    if not text.strip():
        raise Refused("There is no text to speak. Write some, or remove the line.")
    if len(text) > model.max_chars:
        raise TextTooLong(
            f"The line has {len(text)} characters; {model.id} takes {model.max_chars}. Split the beat."
        )
    neighbours = _uses(model, "neighbours")
    return Order(
        text=text,
        voice=request.voice,
        model=model,
        settings=_settings(request, model),
        seed=request.seed if _uses(model, "seed") else None,
        previous_text=request.previous_text if neighbours else None,
        next_text=request.next_text if neighbours else None,
    )


def facts_of(headers: Mapping[str, str]) -> dict[str, str | int | float]:
    """What an answer's headers tell beside the request id, under our names; the odd is left out."""
    facts: dict[str, str | int | float] = {}
    for name in _COUNTERS:
        count = _count(headers.get(name))
        if count is not None:
            facts[name.replace("-", "_")] = count
    for name in _NAMES:
        value = _word(headers.get(name))
        if value is not None:
            facts[name.removeprefix("x-").replace("-", "_")] = value
    return facts


def speech_of(answer: Answer, order: Order, form: Format) -> Speech:
    """The answer's audio and cost. Blocking: it decodes.

    Raises `NonsenseAnswer` for what isn't even called audio, and `OutcomeUnknown` for audio that can't be
    read: that was made and charged, and the history has the whole of it.
    """
    charged = _count(answer.headers.get("character-cost"))
    said = answer.headers.get("content-type", "nothing").partition(";")[0].strip().lower()
    facts = facts_of(answer.headers) | {"model": order.model.id}
    request_id = _word(answer.headers.get("request-id"))
    if not said.startswith("audio/") and said != "application/octet-stream":
        raise NonsenseAnswer(
            f"ElevenLabs sent {printable(said)} in place of audio; nothing of it was kept. Try again; "
            "if it stays so, look at ELEVENLABS_BASE_URL.",
            request_id=request_id,
            charged_characters=charged or 0,
        )
    try:
        clip, payload, media_type = _heard(answer.body, said, form)
    except BadAudio as problem:
        raise OutcomeUnknown(
            "ElevenLabs sent audio that can't be read, and will have charged for it. The studio looks "
            f"for the whole of it in the account's history before it asks again. {problem.message}",
            request_id=request_id,
            charged_characters=charged or 0,
        ) from problem
    share = 1.0 if charged is None or not order.credits else charged / order.credits
    return Speech(
        clip,
        payload,
        media_type,
        charged_characters=order.credits if charged is None else charged,
        usd=order.usd * share,
        exact=charged is not None,
        request_id=request_id,
        facts=facts,
    )


async def whole(chunks: AsyncIterator[bytes]) -> bytes:
    """All of a body. Raises `NonsenseAnswer` for one that is larger than a line can be."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > _LARGEST_BYTES:
            raise NonsenseAnswer("ElevenLabs sent more audio than a line can be; nothing of it was kept.")
    return bytes(body)


def _heard(body: bytes, said: str, form: Format) -> tuple[Clip, bytes, str]:
    """Clip, bytes to keep and their type. Raw PCM is kept in a WAV, which says its own rate."""
    if form.codec == "pcm" and said != "audio/mpeg":  # the history may hold another format than was asked for
        clip = from_pcm16(body, form.rate_hz)
        return clip, encode_wav(clip), "audio/wav"
    media_type = "audio/wav" if form.codec == "wav" and said != "audio/mpeg" else "audio/mpeg"
    return decode(body, media_type), body, media_type


def _settings(request: SpeechRequest, model: Model) -> Mapping[str, float | bool]:
    asked = {
        "stability": ("stability", request.stability),
        "similarity": ("similarity_boost", request.similarity),
        "style": ("style", request.style),
        "speed": ("speed", request.speed),
    }
    settings: dict[str, float | bool] = {
        name: value for part, (name, value) in asked.items() if value is not None and _uses(model, part)
    }
    if model.support.get("stability") == "approximated" and "stability" in settings:
        settings["stability"] = min(_STABILITIES, key=lambda level: abs(level - settings["stability"]))
    if _uses(model, "style"):  # the models that know style are those that know the boost
        settings["use_speaker_boost"] = True
    return settings


def _tagged(request: SpeechRequest) -> str:
    """The text with `[laughs]` where the script has it, parted from the words by one blank."""
    parts: list[str] = []
    done = 0
    for tag in sorted(request.audio_tags, key=lambda tag: tag.offset):
        parts += [request.text[done : tag.offset].strip(), f"[{tag.tag.strip('[] ')}]"]
        done = max(done, tag.offset)
    parts.append(request.text[done:].strip())
    return " ".join(part for part in parts if part) if request.audio_tags else request.text


def _uses(model: Model, part: str) -> bool:
    return model.support.get(part, "not used") != "not used"


def _count(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) <= 9 else None


def _word(value: str | None) -> str | None:
    return value if value and len(value) <= 100 and value.isprintable() else None
