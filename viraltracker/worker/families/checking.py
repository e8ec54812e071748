"""What all families refuse, in the same words and by the same fields."""

import math
from collections.abc import Mapping

from viraltracker.errors import Refused, TextTooLong
from viraltracker.speech import CONTINUITY
from viraltracker.worker.model import LINE_CHARS, Line

__all__ = ["check_line"]


def check_line(line: Line, options: Mapping[str, tuple[float, float]]) -> None:
    """Refuse text, speed and options that can't be spoken: `Refused` or `TextTooLong`, with a `field`."""
    if not line.text.strip():
        raise Refused("There is no text to speak. Write some, or remove the line.", field="text")
    if len(line.text) > LINE_CHARS:
        raise TextTooLong(
            f"The line has {len(line.text)} characters; a voice worker takes {LINE_CHARS}. Split it.",
            field="text",
        )
    if not (math.isfinite(line.speed) and 0.25 <= line.speed <= 4.0):
        raise Refused(f"A speed of {line.speed:g} can't be spoken. Pick 0.25 to 4.", field="voice.speed")
    for name, value in line.options.items():
        field = f"voice.options.{name[:40]}"
        if name not in options:
            known = f"It has {', '.join(options)}." if options else "It has none."
            raise Refused(f'The model has no option "{name[:40]}". {known}', field=field)
        low, high = options[name]
        if not low <= value <= high:
            raise Refused(f"{name} goes from {low:g} to {high:g}, not {value:g}.", field=field)
    if line.before and CONTINUITY not in options:
        raise Refused("The model doesn't hear what was said before. Ask for the line alone.", field="before")
