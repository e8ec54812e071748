"""What is sent: requests as the API takes them. Pure.

Source: OpenAI's reference of `POST /v1/audio/speech`. `stream_format` "audio" asks for bytes as they are
made; servers that don't know it ignore it. The older `stream` is never sent: for one server it means the
same, for another it means events with the audio inside.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

from viraltracker.errors import Refused, TextTooLong
from viraltracker.speech.answers import printable
from viraltracker.speech.model import SpeechRequest

__all__ = ["DEFAULT_MODEL", "SPEED_RANGE", "Order", "order_of"]

DEFAULT_MODEL: Final = "tts-1"
"""Sent where a profile names no model: OpenAI's own, and the name that servers give their first model."""
SPEED_RANGE: Final = (0.25, 4.0)
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Order:
    """A request that may be sent."""

    text: str
    voice: str
    model: str
    speed: float

    def whole(self) -> dict[str, Any]:
        """The body that asks for a file."""
        return {**self._fields(), "response_format": "wav"}

    def streamed(self) -> dict[str, Any]:
        """The body that asks for raw samples as they are made."""
        return {**self._fields(), "response_format": "pcm", "stream_format": "audio"}

    def _fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"model": self.model, "input": self.text, "voice": self.voice}
        # Left out where it changes nothing: there are models that refuse to be told.
        return fields if self.speed == 1.0 else {**fields, "speed": self.speed}


def order_of(request: SpeechRequest, max_chars: int) -> Order:
    """The request as it will be sent. Raises `Refused`, `TextTooLong`; any voice and model may be named."""
    if request.options:
        names = ", ".join(sorted(printable(name) for name in request.options))
        raise Refused(f"A speech server has no option {names}. Remove it from the voice profile.")
    if not request.text.strip():
        raise Refused("There is no text to speak. Write some, or remove the line.")
    if len(request.text) > max_chars:
        raise TextTooLong(
            f"The line has {len(request.text)} characters; a speech server takes {max_chars}. Split the beat."
        )
    lowest, highest = SPEED_RANGE
    if not (math.isfinite(request.speed) and lowest <= request.speed <= highest):
        raise Refused(
            f"A speech server can't speak at {request.speed:g} times its speed. "
            f"Pick {lowest:g} to {highest:g}."
        )
    return Order(
        text=_encodable(request.text, "line"),
        voice=_name(request.voice, "voice"),
        model=_name(DEFAULT_MODEL if request.model is None else request.model, "model"),
        speed=request.speed,
    )


def _name(name: str, what: str) -> str:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Refused(f"That is no name of a {what}. Pick a voice on the Voices page.")
    return _encodable(name, what)


def _encodable(text: str, what: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        raise Refused(
            f"Character {problem.start + 1} of the {what} is half of a broken one. Write it again."
        ) from None
    return text
