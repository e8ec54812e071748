"""What the stand-in for ElevenLabs holds and how it tells it: generations, voices, audio, errors. Pure."""

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile

__all__ = ["Made", "audio_of", "credits_of", "error", "history_page", "voices_page"]


@dataclass(frozen=True)
class Made:
    """A generation that the account was charged for: an entry of its history."""

    id: str
    request_id: str
    voice: str
    model: str
    text: str
    settings: dict[str, Any]
    characters: int
    at_unix: int
    content_type: str
    audio: bytes


def voices_page(voices: Mapping[str, str], largest: int, query: dict[str, str]) -> dict[str, Any]:
    """`GET /v2/voices`."""
    everyone = list(voices.items())
    size = min(int(query.get("page_size", "10")), largest)
    start = int(query.get("next_page_token", "0"))
    more = start + size < len(everyone)
    return {
        "voices": [
            {
                "voice_id": voice,
                "name": name,
                "category": "premade",
                "description": f"{name} speaks.",
                "labels": {"accent": "british", "gender": "male"},
            }
            for voice, name in everyone[start : start + size]
        ],
        "has_more": more,
        "total_count": 0,
        "next_page_token": str(start + size) if more else None,
    }


def history_page(made: Sequence[Made], largest: int, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """`GET /v1/history`: status and body, newest first."""
    if "model_id" in query and "source" not in query:
        detail = [{"loc": ["query", "source"], "msg": "required with model_id", "type": "missing"}]
        return 422, {"detail": detail}
    wanted = [
        one
        for one in reversed(made)
        if one.voice == query.get("voice_id", one.voice)
        and one.model == query.get("model_id", one.model)
        and one.at_unix >= int(query.get("date_after_unix", "0"))
    ]
    if after := query.get("start_after_history_item_id"):
        wanted = wanted[[one.id for one in wanted].index(after) + 1 :]
    size = min(int(query.get("page_size", "100")), largest)
    page = wanted[:size]
    return 200, {
        "history": [_item(one) for one in page],
        "last_history_item_id": page[-1].id if page else None,
        "has_more": len(wanted) > size,
    }


def _item(one: Made) -> dict[str, Any]:
    return {
        "history_item_id": one.id,
        "request_id": one.request_id,
        "voice_id": one.voice,
        "model_id": one.model,
        "text": one.text,
        "date_unix": one.at_unix,
        "character_count_change_from": 1_000,
        "character_count_change_to": 1_000 + one.characters,
        "content_type": one.content_type,
        "state": "created",
        "settings": one.settings,
        "source": "TTS",
    }


def error(code: str, message: str) -> dict[str, Any]:
    """An error in the vendor's form, old and new at once."""
    return {
        "detail": {"type": "error", "code": code, "status": code, "message": message, "request_id": "req0"}
    }


def credits_of(text: str, model: str) -> int:
    """What a text costs, in characters of the plan."""
    half = "flash" in model or "turbo" in model
    return (len(text) + 1) // 2 if half else len(text)


def audio_of(text: str, voice: str, settings: dict[str, Any], number: int, name: str) -> tuple[bytes, str]:
    """A sine: its pitch tells the voice, its length text and speed; no two calls sound quite the same."""
    codec, rate, *_ = name.split("_")
    rate_hz = int(rate)
    seconds = max(0.2, 0.065 * len(text) / settings.get("speed", 1.0))
    pitch_hz = 150 + zlib.crc32(voice.encode()) % 200 + (number % 50) * 0.1
    wave = 0.3 * np.sin(2 * np.pi * pitch_hz * np.arange(round(seconds * rate_hz)) / rate_hz)
    pcm = np.rint(wave * 32767).astype("<i2")
    if codec == "pcm":
        return pcm.tobytes(), "audio/pcm"
    out = io.BytesIO()
    soundfile.write(out, pcm, rate_hz, format=codec.upper())
    return out.getvalue(), "audio/mpeg" if codec == "mp3" else "audio/wav"
