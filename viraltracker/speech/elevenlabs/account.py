"""The account behind the key: its voices, what is left of its credit, what it used, and its history.

Every call here is free. The SDK builds its models without checking them, so what it hands out is read again
by small models of ours that do, and anything else becomes `NonsenseAnswer`.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from viraltracker.errors import NonsenseAnswer
from viraltracker.speech.elevenlabs.wire import Answer, Order, whole
from viraltracker.speech.model import VoiceInfo

if TYPE_CHECKING:
    from elevenlabs.client import AsyncElevenLabs

__all__ = [
    "CONCURRENCY",
    "HistoryItem",
    "Subscription",
    "Usage",
    "daily_usage",
    "download",
    "found",
    "subscription",
    "voices",
]

CONCURRENCY: Final[Mapping[str, int]] = {
    "free": 2,
    "starter": 3,
    "creator": 5,
    "pro": 10,
    "scale": 15,
    "business": 15,
}
"""Calls at once by plan, for the models that are not Flash (vendor's table, August 2025)."""

_PAGE: Final = 100
_MOST_PAGES: Final = 50
_ITEM_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_RETRIES: Final[Any] = {"max_retries": 0}  # the studio's jobs retry, with their own patience


@dataclass(frozen=True, slots=True)
class Usage:
    """What the account used: characters in this period, its limit, when it starts anew, and the last days."""

    tier: str
    used: int
    limit: int
    resets_at: datetime | None
    daily: tuple[tuple[date, int], ...] = ()


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class Subscription(_Read):
    """The plan and its credit, in characters."""

    tier: str
    character_count: int
    character_limit: int
    next_character_count_reset_unix: int | None = None


class HistoryItem(_Read):
    """One generation that the account paid for."""

    history_item_id: str
    request_id: str | None = None
    voice_id: str | None = None
    model_id: str | None = None
    text: str | None = None
    date_unix: int
    character_count_change_from: int = 0
    character_count_change_to: int = 0
    content_type: str = ""
    settings: dict[str, Any] | None = None


class _HistoryPage(_Read):
    history: list[HistoryItem]
    last_history_item_id: str | None = None
    has_more: bool


class _Voice(_Read):
    voice_id: str
    name: str | None = None
    category: str | None = None
    description: str | None = None
    labels: dict[str, str] | None = None


class _VoicePage(_Read):
    voices: list[_Voice]
    has_more: bool
    next_page_token: str | None = None


class _Days(_Read):
    time: list[int]
    usage: dict[str, list[float]]


async def subscription(client: "AsyncElevenLabs") -> Subscription:
    """The account's plan."""
    return await _read(Subscription, lambda: client.user.subscription.get(request_options=_NO_RETRIES))


async def daily_usage(
    client: "AsyncElevenLabs", now: datetime, days: int = 30
) -> tuple[tuple[date, int], ...]:
    """Characters a day, oldest first."""
    first = (now - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    read = await _read(
        _Days,
        lambda: client.usage.get(
            start_unix=int(first.timestamp() * 1000),
            end_unix=int(now.timestamp() * 1000),
            aggregation_interval="day",
            request_options=_NO_RETRIES,
        ),
    )
    series = list(read.usage.values())
    return tuple(
        (
            datetime.fromtimestamp(at / 1000, UTC).date(),
            round(sum(values[i] for values in series if i < len(values))),
        )
        for i, at in enumerate(read.time)
    )


async def voices(client: "AsyncElevenLabs") -> tuple[VoiceInfo, ...]:
    """All voices of the account, page by page."""
    found: list[VoiceInfo] = []
    token: str | None = None
    for _ in range(_MOST_PAGES):
        ask = _voice_page(client, token)
        page = await _read(_VoicePage, ask)
        found.extend(_info(voice) for voice in page.voices)
        if not page.has_more or not page.next_page_token or page.next_page_token == token:
            break
        token = page.next_page_token
    return tuple(found)


async def found(client: "AsyncElevenLabs", order: Order, since: datetime) -> list[HistoryItem]:
    """What the account made since then that fits an order, newest first."""
    fitting: list[HistoryItem] = []
    after: str | None = None
    for _ in range(_MOST_PAGES):
        page = await _read(_HistoryPage, _history_page(client, order, since, after))
        fitting.extend(item for item in page.history if _fits(item, order, since))
        if not page.has_more or not page.last_history_item_id or page.last_history_item_id == after:
            break
        after = page.last_history_item_id
    return fitting


def _fits(item: HistoryItem, order: Order, since: datetime) -> bool:
    """Whether an item is what `order` would have made: same words, voice, model, settings, not older.

    The history has whole seconds, and neither seed nor neighbours; settings are compared where it has them.
    """
    settings = item.settings or {}
    return (
        item.date_unix >= int(since.timestamp())
        and (item.voice_id, item.model_id) == (order.voice, order.model.id)
        and (item.text or "").split() == order.text.split()
        and all(_same(settings[name], value) for name, value in order.settings.items() if name in settings)
    )


async def download(client: "AsyncElevenLabs", item: HistoryItem) -> Answer:
    """An item's audio, as if it had been the answer to the call."""
    if not _ITEM_ID.fullmatch(item.history_item_id):
        raise NonsenseAnswer("ElevenLabs' history has an entry without a usable id. Look at it by hand.")
    charged = abs(item.character_count_change_to - item.character_count_change_from)
    async with client.history.with_raw_response.get_audio(
        item.history_item_id, request_options=_NO_RETRIES
    ) as response:
        body = await whole(response.data)
        headers = response.headers | {"character-cost": str(charged), "history-item-id": item.history_item_id}
    headers["request-id"] = item.request_id or item.history_item_id
    return Answer(headers, body)


def _voice_page(client: "AsyncElevenLabs", token: str | None) -> Callable[[], Awaitable[object]]:
    return lambda: client.voices.search(
        page_size=_PAGE, next_page_token=token, include_total_count=False, request_options=_NO_RETRIES
    )


def _history_page(
    client: "AsyncElevenLabs", order: Order, since: datetime, after: str | None
) -> Callable[[], Awaitable[object]]:
    return lambda: client.history.list(
        page_size=_PAGE,
        start_after_history_item_id=after,
        voice_id=order.voice,
        model_id=order.model.id,
        date_after_unix=int(since.timestamp()),
        source="TTS",
        request_options=_NO_RETRIES,
    )


def _info(voice: _Voice) -> VoiceInfo:
    labels = {name: value for name, value in (voice.labels or {}).items() if value}
    if voice.category:
        labels["category"] = voice.category
    return VoiceInfo(voice.voice_id, voice.name or voice.voice_id, voice.description or "", labels)


def _same(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return isinstance(one, int | float) and isinstance(other, int | float) and abs(one - other) < 1e-6


_Model = TypeVar("_Model", bound=_Read)


async def _read(kind: type[_Model], ask: Callable[[], Awaitable[object]]) -> _Model:
    try:
        return kind.model_validate(await ask())
    except (ValidationError, TypeError, ValueError, AttributeError):
        # The SDK builds its models unchecked: JSON of another shape surfaces as any of these, there or here.
        pass
    raise NonsenseAnswer("ElevenLabs sent an answer about the account that makes no sense. Try again.")
