"""The vendor's refusals and the network's failures as our errors. Pure: statuses, exceptions in, errors out.

Paid calls divide failures in three: the request never left (ask again), the provider said no (it wasn't
charged), and the line broke in between. That last one is `OutcomeUnknown`: the call may have been made and
charged, so the history is looked through before anybody pays again. What is doubtful counts as the third.

Sources: the vendor's error reference, `detail` as an object with `code` or the older `status`, as a list for
invalid fields, or as a string.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import httpx
from elevenlabs.core.api_error import ApiError
from elevenlabs.core.parse_error import ParsingError

from viraltracker.errors import (
    NeedsKey,
    NonsenseAnswer,
    OutcomeUnknown,
    OutOfCredit,
    ProviderDown,
    Refused,
    SpeechError,
    TextTooLong,
    TryLater,
)
from viraltracker.speech.answers import invalid_fields, quoted, retry_after_s

__all__ = ["FAILURES", "Asked", "Failure", "of_exception", "of_status", "too_slow"]

Failure = Literal["answered", "not sent", "unusable", "broke off", "nonsense"]
"""What an exception means: the provider answered with an error · nothing left this machine · address or key
can't be put into a request · the line broke after something was sent · an answer that makes no sense."""

FAILURES: Final[Mapping[type[Exception], Failure]] = {
    ApiError: "answered",
    ParsingError: "nonsense",
    httpx.ConnectError: "not sent",
    httpx.ConnectTimeout: "not sent",
    httpx.PoolTimeout: "not sent",
    httpx.ProxyError: "not sent",
    httpx.UnsupportedProtocol: "unusable",
    httpx.InvalidURL: "unusable",
    httpx.LocalProtocolError: "unusable",
    httpx.CookieConflict: "unusable",
    httpx.DecodingError: "nonsense",
    httpx.TooManyRedirects: "nonsense",
    httpx.HTTPStatusError: "nonsense",
    httpx.ReadTimeout: "broke off",
    httpx.WriteTimeout: "broke off",
    httpx.ReadError: "broke off",
    httpx.WriteError: "broke off",
    httpx.CloseError: "broke off",
    httpx.RemoteProtocolError: "broke off",
    httpx.HTTPError: "broke off",  # the families: what is new in them is doubtful
    httpx.StreamError: "broke off",
}

_SLOTS: Final = {"concurrent_limit_exceeded", "too_many_concurrent_requests"}
_REFUSALS: Final[tuple[tuple[frozenset[str], frozenset[int], type[SpeechError], str], ...]] = (
    (
        frozenset({"paid_plan_required"}),
        frozenset(),
        Refused,
        "This needs another ElevenLabs plan{why}. Pick another voice or model on the Voices page.",
    ),
    (
        frozenset({"quota_exceeded", "insufficient_credits", "payment_required"}),
        frozenset({402}),
        OutOfCredit,
        "The ElevenLabs account has too few characters left{why}. Top it up, or use another engine.",
    ),
    (
        frozenset({"missing_permissions"}),
        frozenset(),
        NeedsKey,
        "The ElevenLabs key may not do this{why}. Give it the permission in the account.",
    ),
    (
        frozenset(),
        frozenset({401}),
        NeedsKey,
        "ElevenLabs refused the key{why}. Look at ELEVENLABS_API_KEY.",
    ),
    (
        frozenset({"max_character_limit_exceeded", "text_too_long"}),
        frozenset({413}),
        TextTooLong,
        "The text is longer than the model takes{why}. Split the beat.",
    ),
    (
        frozenset({"voice_not_found", "voice_does_not_exist", "invalid_uid"}),
        frozenset({404}),
        Refused,
        'ElevenLabs has no voice "{voice}" in this account{why}. Pick another on the Voices page.',
    ),
    (
        frozenset(),
        frozenset({403}),
        Refused,
        "The ElevenLabs account may not do this{why}. Pick another voice or model on the Voices page.",
    ),
    (
        frozenset(),
        frozenset(),
        Refused,
        "ElevenLabs refused this line{why}. Change the text or the voice's settings.",
    ),
)
"""Codes, statuses, our error and its words; the first row that fits decides, a code before a status."""
_GATEWAY_GAVE_UP: Final = {504, 520, 524}
"""A proxy stopped waiting for work that may have been done, and charged, behind it."""
_SLOT_WAIT_S: Final = 0.5
_BUSY_WAIT_S: Final = 5.0
_CODE: Final = re.compile(r"[^a-z0-9_]")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, as far as a message needs it. `secrets` must not appear in one: the key, the text."""

    paid: bool
    voice: str | None = None
    secrets: tuple[str, ...] = ()


def of_exception(error: Exception, asked: Asked, now: datetime) -> SpeechError:
    """Our error for one of the vendor's or the network's. Says nothing of the exception but its class."""
    failure = next((FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES), "broke off")
    cause = type(error).__name__
    if isinstance(error, ApiError):
        return of_status(error.status_code or 0, error.headers or {}, error.body, asked, now)
    match failure:
        case "not sent":
            return ProviderDown(
                "ElevenLabs can't be reached; nothing was sent. The studio will try again.", cause=cause
            )
        case "unusable":
            return NeedsKey(
                "ElevenLabs can't be asked: its address or the key can't be used. "
                "Look at ELEVENLABS_BASE_URL and ELEVENLABS_API_KEY.",
                cause=cause,
            )
        case "nonsense":
            return NonsenseAnswer("ElevenLabs sent an answer that makes no sense. Try again.", cause=cause)
    return _broke_off(asked, cause)


def too_slow(asked: Asked, timeout_s: float) -> SpeechError:
    """Our error for an answer that wasn't complete in time."""
    return _broke_off(asked, f"no complete answer within {timeout_s:g} s")


def of_status(status: int, headers: Mapping[str, str], body: Any, asked: Asked, now: datetime) -> SpeechError:
    """Our error for an answer with an error status, or with success and no usable body."""
    code, said = _detail(body)
    facts: dict[str, Any] = {"status": status, "reason": code}
    if request_id := headers.get("request-id"):
        facts["request_id"] = request_id
    why = quoted(said, asked.secrets)
    if status < 400:
        return NonsenseAnswer(
            f"ElevenLabs answered with status {status} and nothing usable. Look at ELEVENLABS_BASE_URL.",
            **facts,
        )
    if status >= 500:
        return _server_error(status, asked, facts)
    return _later(status, code, headers, now, facts) or _refusal(status, code, why, asked, facts)


def _later(
    status: int, code: str, headers: Mapping[str, str], now: datetime, facts: Mapping[str, Any]
) -> SpeechError | None:
    if code in _SLOTS:
        return TryLater(
            "ElevenLabs makes as many lines at once as the account may; this one waits for its turn.",
            after_s=retry_after_s(headers.get("retry-after", ""), now, _SLOT_WAIT_S),
            kind="slot",
            **facts,
        )
    if status in {408, 409, 425, 429} or code == "system_busy":
        return TryLater(
            "ElevenLabs is busy; the studio will try again.",
            after_s=retry_after_s(headers.get("retry-after", ""), now, _BUSY_WAIT_S),
            kind="rate",
            **facts,
        )
    return None


def _refusal(status: int, code: str, why: str, asked: Asked, facts: Mapping[str, Any]) -> SpeechError:
    kind, words = next(
        (kind, words)
        for codes, statuses, kind, words in _REFUSALS
        if code in codes or status in statuses or not (codes or statuses)
    )
    if status == 404 and asked.voice is None:
        kind, words = Refused, "ElevenLabs knows nothing of that{why}. Look at ELEVENLABS_BASE_URL."
    return kind(words.format(why=why, voice=asked.voice), **facts)


def _server_error(status: int, asked: Asked, facts: Mapping[str, Any]) -> SpeechError:
    if asked.paid and status in _GATEWAY_GAVE_UP:
        return _broke_off(asked, f"status {status}")
    return ProviderDown(f"ElevenLabs has a fault (status {status}). The studio will try again.", **facts)


def _broke_off(asked: Asked, cause: str) -> SpeechError:
    if not asked.paid:
        return ProviderDown("ElevenLabs stopped answering. The studio will try again.", cause=cause)
    return OutcomeUnknown(
        "The line to ElevenLabs broke before the audio was here, so it may have been charged. "
        "The studio looks into the account's history before it asks again.",
        cause=cause,
    )


def _detail(body: Any) -> tuple[str, str]:
    """Code and message of an error's body, whichever of its shapes it has."""
    detail = body.get("detail", body) if isinstance(body, Mapping) else body
    if isinstance(detail, Mapping):
        code = detail.get("code") or detail.get("status") or detail.get("type") or ""
        return _CODE.sub("", str(code))[:60], str(detail.get("message") or "")
    if isinstance(detail, list):
        return "invalid_parameters", invalid_fields(detail)[1]
    return "", ""  # a page of HTML is no message
