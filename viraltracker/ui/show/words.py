"""Words and figures as a producer reads them. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from viraltracker.takes import BeatRow, BeatState, Standing

__all__ = [
    "STATE_WORDS",
    "ago",
    "clock_tenths",
    "dollars",
    "percent",
    "plural",
    "quickness",
    "seconds",
    "seconds_left",
    "state_word",
]

STATE_WORDS: Final[Mapping[BeatState, str]] = {
    "empty": "empty",
    "queued": "queued",
    "generating": "generating",
    "review": "to review",
    "picked": "picked",
    "stale": "stale",
    "failed": "failed",
    "locked": "locked",
}
"""A beat's state in words; the same everywhere."""


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 beat`, `3 beats`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def dollars(usd: float, exact: bool = True) -> str:
    """`$0.09`, `~$0.01`, `free`. What costs something never reads as nothing."""
    if usd <= 0:
        return "free"
    shown = f"${max(usd, 0.01):,.2f}"
    return shown if exact and usd >= 0.01 else f"~{shown}"


def clock_tenths(span_ms: int) -> str:
    """A take's length: `0:04.1`."""
    tenths = (span_ms + 50) // 100
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def seconds(span_ms: float) -> str:
    """How long something took: `under 0.1 s`, `0.4 s`, `12 s`."""
    if span_ms < 100:
        return "under 0.1 s"
    return f"{span_ms / 1000:.1f} s" if span_ms < 9_950 else f"{span_ms / 1000:.0f} s"


def quickness(rtf: float) -> str:
    """Seconds of work for a second of audio, as a producer reads it: `12× faster than real time`."""
    if rtf <= 0:
        return ""
    times = max(rtf, 1 / rtf)
    shown = f"{times:.0f}" if times >= 9.95 else f"{times:.1f}"
    if shown == "1.0":
        return "as fast as real time"
    return f"{shown}× {'slower' if rtf > 1 else 'faster'} than real time"


def seconds_left(span_s: float) -> str:
    """What is left of a progress: `0:48 left`."""
    whole = max(1, round(span_s))
    return f"{whole // 60}:{whole % 60:02d} left"


def percent(value: float) -> str:
    """A setting of 0..1 as the revise panel writes it: `.30`, `1.00`."""
    return f"{value:.2f}".removeprefix("0")


def ago(at: datetime, now: datetime) -> str:
    """`just now`, `12 min ago`, `today 09:14`, `yesterday 21:03`, `3 Nov`; in the time zone of `now`."""
    local = at.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    seconds = (now - local).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if days == 0:
        return f"today {local:%H:%M}"
    if days == 1:
        return f"yesterday {local:%H:%M}"
    return f"{local.day} {local:%b}" + ("" if local.year == now.year else f" {local.year}")


def state_word(beat: BeatRow, standing: Standing) -> str:
    """The state with the little that explains it: `stale · text changed`, `generating · 2 of 3`."""
    word = STATE_WORDS[standing.state]
    if beat.silent:
        return "silence"
    if standing.state == "stale" and standing.reasons:
        first = standing.reasons[0]
        return f"{word} · {'text changed' if first == 'text' else first}"
    if standing.state == "locked" and standing.reasons:
        return f"{word} · stale"
    if standing.state == "generating":
        active = [take for take in beat.takes if take.status == "generating"]
        done, parts = sum(t.parts_done for t in active), sum(t.parts for t in active)
        return f"{word} · {min(done + 1, parts)} of {parts}" if parts > 1 else word
    return word
