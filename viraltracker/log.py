"""What the studio says about itself: one line per event on stderr, JSON for programs, short text for people.

Everybody logs through the standard library: `getLogger(__name__).info("take.made", extra={"beat": beat_id})`.
The message is the event's constant name; facts travel in `extra`. Only a process's edge calls `configure`.

Spoken text, keys and links stay inside: facts with telling names are hidden, long values cut, an exception
gives its class and place but no words (unless it is ours), and a last wall takes known secrets, and what
looks like a key or a signed link, out of every record of this process, the libraries' included.
"""

import json
import logging
import math
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Literal, TextIO

from viraltracker.errors import StudioError

__all__ = ["Redactor", "configure"]

LEADING = ("session", "beat", "take", "job", "ms")
"""Facts that come first in every line, in this order."""

UNSPOKEN = frozenset(
    {"text", "texts", "script", "source", "els", "line", "lines", "words", "spoken", "transcript", "prompt"}
    | {"direction", "payload", "body", "content", "title", "note", "notes"}
    | {"key", "keys", "token", "secret", "password", "authorization", "headers", "cookie", "claims"}
    | {"url", "uri", "link", "href", "dsn"}
)
"""Last words of the names of facts that may hold what was said, or what opens a door; shown as `-`."""

MAX_CHARS = 200
"""Longer values are cut: an id is shorter, a line of script may not be."""

MAX_MESSAGE_CHARS = 4000
"""The longest message that any record keeps, also for handlers that are not ours."""

MAX_PLACES = 8
"""How many of a traceback's innermost places are told."""

_OURS = "viraltracker"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:sk|xi|sbp|pk|rk)[_-][A-Za-z0-9_-]{12,}"), "***"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "***"),  # JSON web tokens
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 ***"),
    (
        re.compile(r"(?i)((?:api[_-]?key|token|password|secret)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]{4,}"),
        r"\1***",
    ),
    (re.compile(r"://[^\s/@\"']+@"), "://***@"),  # user:password@ in an address
    (re.compile(r"\?[\w.%~-]+=[^\s\"']*"), "?***"),  # what signs a link stands behind its ?
)


class Redactor:
    """The last wall: takes known secrets, and what looks like a key or a signed link, out of any text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Shorter than 4 letters a "secret" would blank out ordinary words.
        known = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)
        self._known = re.compile("|".join(re.escape(secret) for secret in known)) if known else None

    def __call__(self, text: str) -> str:
        """`text` with stars where a secret stood."""
        if self._known is not None:
            text = self._known.sub("***", text)
        for pattern, stars in _PATTERNS:
            text = pattern.sub(stars, text)
        return text


def _cut(text: str, limit: int = MAX_CHARS) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _fact(name: str, value: object) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else str(value)
    if name.lower().rpartition("_")[2] in UNSPOKEN:
        return "-"
    if isinstance(value, list | tuple | set | dict | bytes):
        return f"{type(value).__name__} of {len(value)}"
    return _cut(str(value))


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    ordered = [name for name in LEADING if name in extra] + [name for name in extra if name not in LEADING]
    return {name: _fact(name, extra[name]) for name in ordered}


def _place(frame: traceback.FrameSummary) -> str:
    parts = PurePath(frame.filename).parts
    start = max((at + 1 for at, part in enumerate(parts) if part == "site-packages"), default=-3)
    return f"{'/'.join(parts[start:])}:{frame.lineno}"


def _failure(error: BaseException) -> dict[str, Any]:
    """An exception without its words, which may quote a script or a row; our own are written not to."""
    told: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, StudioError):
        told["message"] = _cut(error.message, 500)
    told["where"] = [_place(frame) for frame in traceback.extract_tb(error.__traceback__)[-MAX_PLACES:]]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        told["cause"] = type(cause).__name__
    return told


def _failure_of(record: logging.LogRecord) -> dict[str, Any]:
    error = record.exc_info[1] if record.exc_info else None
    return _failure(error) if error is not None else {}


class _Line(logging.Formatter):
    """One event, one line; the subclasses say in which letters."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self.redact = redact

    def told(self, record: logging.LogRecord) -> dict[str, Any]:
        if record.name.partition(".")[0] == _OURS:
            said = {"event": _cut(record.getMessage()), **_facts(record)}
        else:  # a library's words: kept apart from our events, which have constant names
            said = {"event": record.name, "says": _cut(record.getMessage())}
        told = {**said, **_failure_of(record)}
        return {name: self.redact(value) if isinstance(value, str) else value for name, value in told.items()}


class _Json(_Line):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = {"time": time.replace("+00:00", "Z"), "level": record.levelname.lower()}
        return json.dumps({**head, **self.told(record)}, allow_nan=False)


class _Text(_Line):
    def format(self, record: logging.LogRecord) -> str:
        told = self.told(record)
        time = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        facts = " ".join(f"{name}={_plain(value)}" for name, value in told.items() if name != "event")
        return f"{time} {record.levelname.lower():7} {_plain(told['event'])} {facts}".rstrip()


def _plain(value: object) -> str:
    """A value a terminal can be shown: blanks are quoted, control characters and escapes spelt out."""
    text = str(value)
    return text if text and text.isprintable() and " " not in text else json.dumps(value)


def _wall(redact: Redactor) -> Callable[..., logging.LogRecord]:
    """A record factory: what any handler of any library prints has passed here."""

    def record_of(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = logging.LogRecord(*args, **kwargs)
        # Cut first: the patterns' time grows with the square of the length.
        record.msg, record.args = redact(_cut(record.getMessage(), MAX_MESSAGE_CHARS)), None
        if record.exc_info:
            # Foreign formatters print exc_text instead of formatting the exception themselves.
            record.exc_text = redact(json.dumps(_failure_of(record)))
        return record

    return record_of


def _adopt(loggers: Mapping[str, object]) -> None:
    """Some libraries print past the root logger (Streamlit, uvicorn); from now on they go through it."""
    for name, logger in loggers.items():
        if isinstance(logger, logging.Logger) and name.partition(".")[0] != _OURS:
            logger.handlers.clear()
            logger.propagate = True


def configure(
    level: str,
    style: Literal["auto", "json", "text"],
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Say from `level` on what happens in this process, on `stream` (stderr). Called again, it starts over.

    Libraries are heard from warnings on: below that they tell addresses and arguments. `auto` is text on a
    terminal and JSON elsewhere. `secrets` are values that may never be seen. Libraries that print by
    themselves are led through here if they are imported before. Raises `ValueError` on an unknown level.
    """
    out = stream or sys.stderr
    redact = Redactor(secrets)
    as_text = style == "text" or (style == "auto" and out.isatty())
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Text(redact) if as_text else _Json(redact))
    logging.setLogRecordFactory(_wall(redact))
    logging.raiseExceptions = False  # a log that can't be written must not end what it tells about
    _adopt(logging.root.manager.loggerDict)
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level.upper())
    # A refused call ends its pipeline; now and then psycopg warns of that beside the error that we raise.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
