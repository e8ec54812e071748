"""The values of tags: pauses, and numbers from 0 to 1. Exact at any length; knows no place in the text."""

import re

from viraltracker.script.guesses import Guesses, Known
from viraltracker.script.model import PAUSES_MS
from viraltracker.script.names import fold

__all__ = ["PAUSE_MAX_MS", "mend_fraction", "mend_pause", "read_fraction", "read_pause_ms"]

PAUSE_MAX_MS = 10_000
"""The longest single PAUSE."""

_PAUSE = re.compile(r"([0-9]+)(?:\.([0-9]+))?[ \t\u00a0]*([mM]?[sS])?")
_FRACTION = re.compile(r"([0-9]+)(?:\.([0-9]+))?")
_LOOSE_PAUSE = re.compile(
    r"([0-9]*)(?:[.,]([0-9]+))?[ \t\u00a0]*(?:(ms|msecs?|millis|milliseconds?)|(s|secs?|seconds?))?",
    re.IGNORECASE,
)
_LOOSE_FRACTION = re.compile(r"([0-9]*)(?:[.,]([0-9]+))?[ \t\u00a0]*(%?)")
_LONGEST_MEND = 24
_PAUSES = Known(PAUSES_MS)


def read_pause_ms(value: str) -> int | None:
    """A PAUSE's value in milliseconds, rounded half up; None when it can't be read, over the maximum as it
    is.

    Worked out on the digits, so that a number of a million digits is no more work than reading it.
    """
    match = _PAUSE.fullmatch(value)
    if match is None:
        return PAUSES_MS.get(fold(value))
    whole, parts, unit = match.group(1), match.group(2) or "", (match.group(3) or "").lower()
    if not unit and parts:
        return None
    shift = 3 if unit == "s" else 0
    parts = parts.ljust(shift + 1, "0")
    digits = (whole + parts[:shift]).lstrip("0")
    if len(digits) > len(str(PAUSE_MAX_MS)):
        return PAUSE_MAX_MS + 1
    return int(digits or "0") + (parts[shift] >= "5")


def read_fraction(value: str) -> float | None:
    """A number from 0 to 1; None when it can't be read, 2.0 when it is over 1."""
    match = _FRACTION.fullmatch(value)
    if match is None:
        return None
    whole, parts = match.group(1).lstrip("0"), match.group(2) or ""
    if whole and (whole != "1" or parts.strip("0")):
        return 2.0
    return float(f"{whole or 0}.{parts or 0}")


def mend_pause(value: str, guesses: Guesses) -> str | None:
    """A readable value that an unreadable PAUSE probably means (`1,5 sec` -> `1.5s`)."""
    if len(value) > _LONGEST_MEND:
        return None
    near = guesses.nearest(fold(value), _PAUSES)
    if near is not None:
        return near
    match = _LOOSE_PAUSE.fullmatch(value)
    if match is None or not (match.group(1) or match.group(2)):
        return None
    whole, parts, milliseconds, seconds = match.groups()
    unit = "ms" if milliseconds else "s" if seconds else ""
    if parts and not unit:
        # `0.5` means half a second to anybody; `250.0` means the milliseconds of the older format.
        unit = "s" if len(whole) <= 1 else "ms"
    return _readable(f"{whole or 0}{'.' + parts if parts else ''}{unit}")


def mend_fraction(value: str) -> str | None:
    """A readable value that an unreadable STABILITY or STYLE probably means (`70%` -> `0.7`)."""
    if len(value) > _LONGEST_MEND:
        return None
    match = _LOOSE_FRACTION.fullmatch(value)
    if match is None or not (match.group(1) or match.group(2)):
        return None
    number = float(f"{match.group(1) or 0}.{match.group(2) or 0}")
    if number >= 10 or match.group(3):
        number /= 100  # a percentage
    return f"{number:.4f}".rstrip("0").rstrip(".") if number <= 1 else None


def _readable(value: str) -> str | None:
    length_ms = read_pause_ms(value)
    return value if length_ms is not None and length_ms <= PAUSE_MAX_MS else None
