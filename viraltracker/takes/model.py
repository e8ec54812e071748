"""The nouns of a production: plans, takes, beats on the board, sessions. Frozen; knows no storage.

Rows of the database become these through `takes.rows`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

from viraltracker.script import AudioTag, Beat

__all__ = [
    "BeatPlan",
    "BeatRow",
    "BeatState",
    "ExportRow",
    "Finding",
    "Judgement",
    "Making",
    "PlannedSegment",
    "Revision",
    "Session",
    "SessionStatus",
    "Severity",
    "Take",
    "TakeStatus",
    "Verdict",
]

TakeStatus = Literal["queued", "generating", "done", "failed", "cancelled"]
BeatState = Literal["empty", "queued", "generating", "review", "picked", "stale", "failed", "locked"]
Severity = Literal["warn", "fail"]
Verdict = Literal["clean", "warn", "fail"]
SessionStatus = Literal["draft", "generating", "in_progress", "completed", "exported"]
_NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Revision:
    """What a producer changed for one take. Unset fields follow the script and the profile.

    `direction` "" removes the script's direction. `pace` is a pace name; `speed` (0.7..1.2) wins over it.
    """

    direction: str | None = None
    pace: str | None = None
    stability: float | None = None
    style: float | None = None
    similarity: float | None = None
    speed: float | None = None
    seed: int | None = None
    engine: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """One segment with everything resolved.

    `parts` are its text cut to the engine's limit, `keys` their generations.

    Settings that the engine doesn't use are None, so that they neither ask for a new generation nor make a
    take stale.
    `held_from` is the speed that was asked for when it had to be held to 0.7..1.2. `origin` says where
    stability, style and speed came from: "revision", "tag", "profile". `continues`: its speaker hears what it
    said before in the beat, so that each key holds the one before.
    """

    character: str
    text: str
    engine: str
    voice: str
    pace: str
    speed: float
    parts: tuple[str, ...]
    keys: tuple[str, ...]
    model: str | None = None
    options: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    direction: str | None = None
    stability: float | None = None
    similarity: float | None = None
    style: float | None = None
    seed: int | None = None
    audio_tags: tuple[AudioTag, ...] = ()
    neighbours: bool = False
    previous_text: str | None = None
    next_text: str | None = None
    continues: bool = False
    pause_after_ms: int = 0
    held_from: float | None = None
    unused: tuple[str, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BeatPlan:
    """How a beat will be, or was, made.

    `attempt` tells takes of one plan apart; `usd` is the estimate of all parts.
    """

    segments: tuple[PlannedSegment, ...]
    leading_pause_ms: int = 0
    attempt: int = 0
    usd: float = 0.0
    characters: int = 0
    exact: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """The generation keys of all parts in order."""
        return tuple(key for segment in self.segments for key in segment.keys)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a judgement noticed, in a producer's words. `value` carries the measured figure."""

    code: str
    message: str
    severity: Severity
    value: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was measured of a take at once.

    "clean" has no findings; "fail" has one that can't be used as it is.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    expected_ms: int


@dataclass(frozen=True, slots=True)
class Making:
    """What an engine told of one part's making: the provider's own id of the request, and further facts.

    They are another process's words, of whatever version: read them without trust.
    """

    engine: str
    request_id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Take:
    """One take, immutable once done. `number` counts within its beat from 1 and never changes.

    `leased`: a worker is at it right now. `waiting`: why it went back to the queue. `usd`: what was charged
    for it;
    `reused`: parts whose audio was there already. `made`: what is known of its parts' making, in order.
    `peaks`: base64 of one byte a bin. `lufs`: integrated loudness.
    """

    id: UUID
    beat: UUID
    number: int
    status: TakeStatus
    plan: BeatPlan
    plan_key: str
    batch: UUID
    parts: int
    parts_done: int
    requested_at: datetime
    leased: bool = False
    audio_sha256: str | None = None
    duration_ms: int | None = None
    lufs: float | None = None
    judgement: Judgement | None = None
    error: Mapping[str, Any] | None = None
    waiting: Mapping[str, Any] | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    revision: Revision = Revision()
    made_from: UUID | None = None
    peaks: str | None = None
    starred: bool = False
    note: str = ""
    usd: float | None = None
    reused: int = 0
    made: tuple[Making, ...] = ()


@dataclass(frozen=True, slots=True)
class BeatRow:
    """A beat of a session with its takes. `position` None: it left the script, its takes are kept."""

    id: UUID
    beat_id: str
    position: int | None
    content: Beat
    locked: bool
    note: str
    selected: UUID | None
    takes: tuple[Take, ...]

    @property
    def picked(self) -> Take | None:
        """The selected take."""
        return next((take for take in self.takes if take.id == self.selected), None)

    @property
    def silent(self) -> bool:
        """Nothing to say: a silence that needs no take."""
        return not self.content.segments


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An export. `progress` is 0..1; `facts` are measured once it is done; `changed` beats differ now."""

    id: UUID
    kind: Literal["mp3", "zip"]
    status: TakeStatus
    options: Mapping[str, Any]
    script_number: int
    progress: float
    filename: str
    requested_at: datetime
    file_sha256: str | None = None
    facts: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    changed: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A production: its beats in the script's order and what became of them.

    `completed_at`: when its producer called it completed, whatever its beats say.
    """

    id: UUID
    title: str
    project: str
    script_number: int
    created_at: datetime
    updated_at: datetime
    spent_usd: float
    beats: tuple[BeatRow, ...]
    exports: tuple[ExportRow, ...]
    cap_usd: float | None = None
    archived_at: datetime | None = None
    deleted_at: datetime | None = None
    completed_at: datetime | None = None
    undoable: str | None = None

    @property
    def script_beats(self) -> tuple[BeatRow, ...]:
        """The beats that are in the script now."""
        return tuple(beat for beat in self.beats if beat.position is not None)

    def beat(self, beat_id: str) -> BeatRow | None:
        """The beat with that script id."""
        return next((beat for beat in self.beats if beat.beat_id == beat_id), None)
