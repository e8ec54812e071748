"""What tools answer: small, typed, paged. No key, path or link is ever in one.

What is None is left out of an answer, so a field that may be None has that default: its schema then says so.
Words from scripts, notes and providers stand in fields of their own, so that they arrive as material.
"""

from dataclasses import dataclass
from typing import Any

__all__ = [
    "PAGE",
    "AskedFor",
    "BeatLine",
    "Cost",
    "Done",
    "ExportLine",
    "FindingLine",
    "ScriptReport",
    "SegmentLine",
    "SessionLine",
    "SessionList",
    "SessionView",
    "TakeLine",
    "Takes",
    "VoiceLine",
    "cut",
]

PAGE = 25
"""Rows an answer holds: about 2,000 tokens of beats."""
_WORDS = 160


def cut(text: str, most: int = _WORDS) -> str:
    """A long text's beginning."""
    return text if len(text) <= most else text[: most - 1] + "…"


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A diagnostic of a script, with its place."""

    severity: str
    code: str
    line: int
    column: int
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """A stretch of a beat that one speaker says in one manner."""

    character: str
    text: str
    pace: str
    direction: str | None = None
    stability: float | None = None
    style: float | None = None
    pause_after_ms: int = 0


@dataclass(frozen=True, slots=True)
class BeatLine:
    """A beat and where it stands. `text` may be cut; `why` gives reasons for stale, failed and the like."""

    beat: str
    name: str
    state: str
    speakers: tuple[str, ...]
    text: str
    takes: int
    picked_take: int | None = None
    duration_ms: int | None = None
    why: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ScriptReport:
    """What a script holds and what is wrong with it; `more_*` count what the page leaves out."""

    ok: bool
    errors: int
    warnings: int
    findings: tuple[FindingLine, ...]
    more_findings: int
    title: str = ""
    beats: tuple[str, ...] = ()
    more_beats: int = 0
    segments: tuple[SegmentLine, ...] = ()
    characters: int = 0
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in a list."""

    id: str
    title: str
    project: str
    shelf: str
    status: str
    beats: int
    picked: int
    duration_ms: int
    spent_usd: float
    cap_usd: float | None = None


@dataclass(frozen=True, slots=True)
class SessionList:
    """A page of sessions; `more`: there are others behind it."""

    sessions: tuple[SessionLine, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with a page of its beats, from `offset` on; `more` beats come behind it."""

    session: SessionLine
    states: dict[str, int]
    script_version: int
    beats: tuple[BeatLine, ...]
    offset: int
    more: int
    exports: int
    takes_under_way: int


@dataclass(frozen=True, slots=True)
class TakeLine:
    """A take: what it is, how it was judged, with which changed settings."""

    beat: str
    take: int
    id: str
    status: str
    picked: bool = False
    verdict: str | None = None
    findings: tuple[str, ...] = ()
    duration_ms: int | None = None
    integrated_lufs: float | None = None
    usd: float | None = None
    starred: bool = False
    note: str = ""
    settings: dict[str, Any] | None = None
    stale: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Takes:
    """Takes side by side; `longest`, `shortest` are take numbers among the finished ones."""

    takes: tuple[TakeLine, ...]
    shortest: int | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What came of asking for takes: the made ones, those still under way, and what was left out and why.

    With `more` the list of takes was cut; get_production_session shows them all.
    """

    session_id: str
    made: tuple[TakeLine, ...]
    under_way: int
    failed: tuple[TakeLine, ...]
    left_out: dict[str, str]
    usd: float
    more: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate in US dollars. Not `exact`: the provider decides afterwards."""

    beats: int
    characters: int
    usd: float
    exact: bool
    spent_usd: float
    cap_usd: float | None = None


@dataclass(frozen=True, slots=True)
class VoiceLine:
    """A character and how it speaks now."""

    character: str
    role: str
    aliases: tuple[str, ...]
    engine: str
    stability: float
    similarity: float
    style: float
    speed: float
    version: int
    voice: str | None = None
    seed: int | None = None
    not_used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportLine:
    """An export; its figures once it is done. The file is fetched on the Episode page."""

    id: str
    kind: str
    status: str
    progress: float
    filename: str
    duration_ms: int | None = None
    integrated_lufs: float | None = None
    true_peak_dbtp: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was made, in words."""

    done: str
    session_id: str | None = None
