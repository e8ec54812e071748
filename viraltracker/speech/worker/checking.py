"""What no voice worker could speak, refused before one is asked. Pure."""

import math
from collections.abc import Mapping
from typing import Final

from viraltracker.errors import Refused, TextTooLong
from viraltracker.speech.model import SpeechRequest

__all__ = ["MAX_CHARS", "check_request"]

MAX_CHARS: Final = 5_000


def check_request(request: SpeechRequest, options: Mapping[str, tuple[float, float]]) -> None:
    """Raises `Refused`, and `TextTooLong`."""
    if not request.text.strip():
        raise Refused("There is no text to speak. Write some, or remove the line.")
    if len(request.text) > MAX_CHARS:
        raise TextTooLong(
            f"The line has {len(request.text)} characters; a voice worker takes {MAX_CHARS}. Split the beat."
        )
    if not request.voice.strip():
        raise Refused('There is no voice for the worker. "default" is a model\'s first.')
    if not (math.isfinite(request.speed) and request.speed > 0):
        raise Refused(f"A voice worker can't speak at {request.speed} times its speed. Pick 0.7 to 1.2.")
    for name, value in request.options.items():
        if name not in options:
            known = f"It has {', '.join(options)}." if options else "It has none."
            raise Refused(f'The voice worker\'s model has no option "{name[:40]}". {known}')
        low, high = options[name]
        if not low <= value <= high:
            raise Refused(f"{name} goes from {low:g} to {high:g}, not {value:g}.")
