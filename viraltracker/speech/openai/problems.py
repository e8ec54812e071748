"""A speech server's refusals and the network's failures as our errors. Pure.

Nothing is charged that the studio knows of, so a call that broke off is simply asked again by the jobs.

Error bodies have many shapes: OpenAI's `error` object (or text), FastAPI's `detail` as a text, as an object,
or as the list of invalid fields. Anything else, a page of HTML above all, holds no words to quote.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import httpx

from viraltracker.errors import (
    NeedsKey,
    NonsenseAnswer,
    OutOfCredit,
    ProviderDown,
    Refused,
    SpeechError,
    TextTooLong,
    TryLater,
)
from viraltracker.speech.answers import invalid_fields, quoted, retry_after_s

__all__ = [
    "FAILURES",
    "Asked",
    "Failure",
    "SettingNames",
    "of_exception",
    "of_status",
    "too_slow",
    "words_of",
]

Failure = Literal["absent", "slow", "unusable", "broke off", "nonsense"]
"""What an exception means: nobody answers there · too late · address or key can't be put into a request · the
line broke · an answer that makes no sense."""

FAILURES: Final[Mapping[type[Exception], Failure]] = {
    httpx.ConnectError: "absent",
    httpx.ConnectTimeout: "absent",
    httpx.ProxyError: "absent",
    httpx.PoolTimeout: "slow",
    httpx.ReadTimeout: "slow",
    httpx.WriteTimeout: "slow",
    httpx.UnsupportedProtocol: "unusable",
    httpx.InvalidURL: "unusable",
    httpx.LocalProtocolError: "unusable",
    httpx.CookieConflict: "unusable",
    httpx.DecodingError: "nonsense",
    httpx.TooManyRedirects: "nonsense",
    httpx.HTTPStatusError: "nonsense",
    httpx.ReadError: "broke off",
    httpx.WriteError: "broke off",
    httpx.CloseError: "broke off",
    httpx.RemoteProtocolError: "broke off",
    httpx.HTTPError: "broke off",  # the families: what is new in them is taken for a broken line
    httpx.StreamError: "broke off",
}

_TOO_LONG: Final = {"string_too_long", "string_above_max_length", "context_length_exceeded", "text_too_long"}
_NO_CREDIT: Final = {"insufficient_quota", "insufficient_credits", "payment_required"}
_BUSY: Final = {408, 409, 425, 429}
_BUSY_WAIT_S: Final = 5.0
_DEEPEST: Final = 3
_MARKUP: Final = re.compile(r"<\s*[A-Za-z!/]")
_CODE: Final = re.compile(r"[^a-z0-9_]")


@dataclass(frozen=True, slots=True)
class SettingNames:
    """Where whoever runs the engine has its address and its key from: the names that messages point at."""

    url: str = "VIRALTRACKER_SPEECH_URL"
    key: str = "VIRALTRACKER_SPEECH_KEY"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, as far as a message needs it. `secrets` must not appear in one: the key, the text."""

    named: SettingNames
    keyed: bool
    voice: str = ""
    model: str = ""
    secrets: tuple[str, ...] = ()


def of_exception(error: Exception, asked: Asked, *, begun: bool) -> SpeechError:
    """Our error for one of the network's, of which it says but the class. `begun`: audio was coming."""
    failure = next((FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES), "broke off")
    cause = type(error).__name__
    match failure:
        case "absent":
            return ProviderDown(
                f"No speech server can be reached. Start it, or look at {asked.named.url}.", cause=cause
            )
        case "slow":
            return too_slow(cause)
        case "unusable":
            return NeedsKey(
                "The speech server can't be asked: its address or the key can't be used. "
                f"Look at {asked.named.url} and {asked.named.key}.",
                cause=cause,
            )
        case "nonsense":
            return NonsenseAnswer(
                "The speech server sent an answer that makes no sense. Try again.", cause=cause
            )
    if begun:
        return NonsenseAnswer(
            "The speech server broke off in the middle of the audio; nothing of it was kept. Try again.",
            cause=cause,
        )
    return ProviderDown(
        "The speech server hung up without an answer. The studio will try again.", cause=cause
    )


def too_slow(cause: str) -> SpeechError:
    """Our error for an answer that wasn't there in time."""
    return ProviderDown(
        "The speech server didn't answer in time. The studio will try again; if it stays so, look whether "
        "the server has more to do than it can.",
        cause=cause,
    )


def of_status(
    status: int, headers: Mapping[str, str], body: bytes, asked: Asked, now: datetime
) -> SpeechError:
    """Our error for an answer with another status than success."""
    code, said = words_of(body)
    why = quoted(said, asked.secrets)
    facts: dict[str, Any] = {"status": status, "reason": code}
    if status < 300:
        return NonsenseAnswer(
            f"The speech server answered with status {status} and no audio. Look at {asked.named.url}.",
            **facts,
        )
    if status < 400:
        return NonsenseAnswer(
            f"The speech server sends callers elsewhere (status {status}), which is not followed. "
            f"Put the address where it really answers into {asked.named.url}.",
            **facts,
        )
    if status == 402 or code in _NO_CREDIT:
        return OutOfCredit(
            f"The speech server's account has nothing left{why}. Top it up, or use another engine.", **facts
        )
    if status >= 500:
        return ProviderDown(
            f"The speech server has a fault (status {status}){why}. The studio will try again.", **facts
        )
    if status in _BUSY:
        return TryLater(
            "The speech server is busy; the studio will try again.",
            after_s=retry_after_s(headers.get("retry-after", ""), now, _BUSY_WAIT_S),
            kind="rate",
            **facts,
        )
    return _refusal(status, code, why, asked, facts)


def _refusal(status: int, code: str, why: str, asked: Asked, facts: Mapping[str, Any]) -> SpeechError:
    if status in {401, 403}:
        if not asked.keyed:
            return NeedsKey(f"The speech server wants a key{why}. Set {asked.named.key}.", **facts)
        return NeedsKey(f"The speech server refused the key{why}. Look at {asked.named.key}.", **facts)
    if status == 413 or code in _TOO_LONG:
        return TextTooLong(f"The text is longer than the speech server takes{why}. Split the beat.", **facts)
    if status in {404, 405}:
        model = f'no model "{asked.model}"' if asked.model else "nothing of that"
        return Refused(
            f"The speech server knows {model}, or speaks at another address{why}. "
            f"Pick a voice of a model that it has on the Voices page, or look at {asked.named.url}.",
            **facts,
        )
    return Refused(
        f'The speech server refused this line with the voice "{asked.voice}"{why}. '
        "Change the text, or pick another voice on the Voices page.",
        **facts,
    )


def words_of(body: bytes) -> tuple[str, str]:
    """Code and message of an error's body, whichever of its shapes it has; nothing where it isn't JSON."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):  # also bytes that are no text, and brackets without end
        return "", ""
    code, message = _words(said, 0)
    return _CODE.sub("", code.lower())[:60], "" if _MARKUP.search(message) else message


def _words(said: Any, depth: int) -> tuple[str, str]:
    if isinstance(said, str):
        return "", said
    if isinstance(said, list):
        return invalid_fields(said)
    if not isinstance(said, Mapping) or depth > _DEEPEST:
        return "", ""
    message = said.get("message")
    if not message:
        for inside in ("error", "detail"):
            if said.get(inside):
                return _words(said[inside], depth + 1)
        return "", ""
    code = said.get("code") or said.get("error") or said.get("type") or ""
    return str(code), str(message)
