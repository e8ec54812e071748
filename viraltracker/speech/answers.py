"""What an HTTP provider's answer says beside audio: words that may be quoted, and how long to wait. Pure."""

import email.utils
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

__all__ = ["invalid_fields", "printable", "quoted", "retry_after_s"]

_QUOTED_CHARS: Final = 200
_KEYLIKE: Final = re.compile(r"\b(?:sk|xi)[-_][A-Za-z0-9_-]{8,}")
_SHORTEST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 600.0


def quoted(said: str, secrets: Iterable[str]) -> str:
    """A provider's words for a sentence's end, without secrets, whatever looks like a key, and controls."""
    for secret in secrets:
        if secret.strip():
            said = said.replace(secret, "…")
    said = _KEYLIKE.sub("…", said)
    said = "".join(char if char.isprintable() else " " for char in said[:_QUOTED_CHARS]).strip().rstrip(".")
    return f" ({said})" if said else ""


def invalid_fields(listed: list[Any]) -> tuple[str, str]:
    """The first finding's type and all findings' words, of a list as FastAPI tells what was wrong where."""
    found = [item for item in listed if isinstance(item, Mapping)]
    told = []
    for item in found:
        place = item.get("loc")
        where = ".".join(map(str, place)) if isinstance(place, list) else ""
        told.append(f"{where}: {item.get('msg', '')}")
    return next((str(item.get("type") or "") for item in found), ""), "; ".join(told)


def retry_after_s(value: str, now: datetime, otherwise_s: float) -> float:
    """Seconds that a `Retry-After` asks for, as a number or a date, within reason."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) <= 6:
        return min(max(float(value), _SHORTEST_WAIT_S), _LONGEST_WAIT_S)
    try:
        wait_s = (email.utils.parsedate_to_datetime(value) - now).total_seconds()
    except (TypeError, ValueError):  # no date, or one without a zone
        return otherwise_s
    return min(max(wait_s, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)


def printable(text: str) -> str:
    """A short name from outside, as it may stand in a message."""
    return "".join(char for char in text[:60] if char.isprintable()).strip() or "nothing"
