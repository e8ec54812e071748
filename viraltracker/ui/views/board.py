"""The board of beats as it is shown: rows, takes, the revise panel, filters and progress.

Every text is ready to be read and may be hostile: the component writes it as text, never as markup.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from viraltracker.takes.model import BeatState

__all__ = [
    "NOT_SET",
    "Action",
    "Badge",
    "BeatLine",
    "BoardView",
    "CastColour",
    "Filter",
    "Knob",
    "PaceStop",
    "Problem",
    "Progress",
    "Revise",
    "Span",
    "SpanKind",
    "TakeLine",
    "Tone",
]

SpanKind = Literal["text", "strong", "light", "pause", "tag", "who", "ins", "del"]
Tone = Literal["empty", "queued", "generating", "review", "picked", "stale", "failed", "locked", "accent"]
"""A colour by its meaning; the same eight states everywhere, and the studio's own accent."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a beat's text.

    `pause` and `tag` are chips between words ("150 ms", "[laughs]"), `who` a change of speaker inside the
    beat (then `text` is the character's id), `ins` and `del` what changed since the picked take was made.
    """

    text: str
    kind: SpanKind = "text"


@dataclass(frozen=True, slots=True)
class Badge:
    """A word on a take ("clean", "ending cut"), its colour, and the reasons that are shown when asked for."""

    word: str
    tone: Tone
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TakeLine:
    """A take in its beat's list.

    `clock` is its length as shown ("0:04.1"), `peaks` base64 of one byte a bin, `lufs` its loudness for
    comparing at equal level. `made` is how it came to be ("Take 3 made from take 1: style .60 → .70").
    `stale` draws it dashed.
    """

    id: UUID
    number: int
    clock: str
    duration_ms: int
    url: str = ""
    peaks: str = ""
    lufs: float | None = None
    badge: Badge | None = None
    starred: bool = False
    stale: bool = False
    made: str = ""


@dataclass(frozen=True, slots=True)
class PaceStop:
    """A named stop of the pace slider: the pace's name, "chaos ×1.20", and what speed it gives this voice.

    `speed` also says where it is held, and which other pace it then sounds the same as.
    """

    name: str
    label: str
    speed: str


@dataclass(frozen=True, slots=True)
class Knob:
    """A setting of 0..1 and where its value comes from ("profile", "tag", "revision").

    `unused` says why the voice's engine doesn't use it; the slider is shown, still and with that reason.
    """

    value: float | None = None
    origin: str = ""
    unused: str = ""


NOT_SET = Knob()
"""A setting that neither the script nor the profile says anything about."""


@dataclass(frozen=True, slots=True)
class Revise:
    """The revise panel on a beat's real settings.

    `button` is the whole label with its cost. `repeatable` is what to say when an engine would give the same
    audio again because nothing was changed; empty where "again" gives another take.
    """

    button: str
    direction: str = ""
    direction_unused: str = ""
    pace: str = "normal"
    stability: Knob = NOT_SET
    style: Knob = NOT_SET
    repeatable: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something is: 0..1, and the line beside it ("7 of 17 · 0:48 left")."""

    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """A button whose meaning the page knows. `quiet` draws it without a frame."""

    id: str
    label: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a beat failed, in a producer's words, and what can be done."""

    message: str
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class BeatLine:
    """A beat's row. `number` is shown as given ("01"); `word` is the state in words ("stale · text changed").

    `others` are further characters who speak in it. `generate` is the label of an empty row's button, `more`
    the line under the takes. `starts_ms` is where the beat begins in the planned episode, `pause_ms` the
    silence after it.
    """

    id: UUID
    number: str
    who: str
    name: str
    state: BeatState
    word: str
    text: tuple[Span, ...] = ()
    pace: str = ""
    direction: str = ""
    others: tuple[str, ...] = ()
    takes: tuple[TakeLine, ...] = ()
    selected: UUID | None = None
    more: str = ""
    locked: bool = False
    note: str = ""
    revise: Revise | None = None
    generate: str = ""
    progress: Progress | None = None
    problem: Problem | None = None
    starts_ms: int = 0
    pause_ms: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """A chip above the board; rows are shown that have this state, or where this character speaks."""

    id: str
    label: str
    state: BeatState | None = None
    who: str | None = None


@dataclass(frozen=True, slots=True)
class CastColour:
    """A character's colour (CSS hex) on the light and on the dark theme."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class BoardView:
    """The board. `paces` are the slider's stops by character, as the speed depends on the voice.

    `fill` is the label of the primary button ("Fill gaps and stale (5) · ~$0.09"), empty when there is
    nothing to fill. `best` is the label of the button that picks where no pick fits ("Pick best (3)"), empty
    when none would be picked. `undo` says what would be undone; empty when nothing would. Without `makes`
    nothing is offered that makes takes or locks beats.
    """

    session: UUID
    beats: tuple[BeatLine, ...] = ()
    filters: tuple[Filter, ...] = ()
    cast: Mapping[str, CastColour] = field(default_factory=dict)
    paces: Mapping[str, tuple[PaceStop, ...]] = field(default_factory=dict)
    progress: Progress | None = None
    fill: str = ""
    best: str = ""
    undo: str = ""
    total: str = ""
    nothing: str = ""
    makes: bool = True
