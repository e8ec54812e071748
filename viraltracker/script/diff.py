"""What changes between two versions of a script, beat by beat, and which beats need a new take for it."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from viraltracker.script.model import Beat, Script, Segment

__all__ = ["BeatChange", "ChangeKind", "Diff", "SettingName", "diff"]

ChangeKind = Literal[
    "added", "removed", "moved", "name", "text", "settings", "inner-pause", "trailing-pause", "emphasis"
]
"""What happened to a beat.

inner-pause: silence inside the take's audio, its lead included; trailing-pause: the silence after it.
emphasis: only what was marked as emphasised; the words that engines get are the same.
"""

SettingName = Literal["character", "direction", "pace", "stability", "style", "audio_tags"]
"""What shapes the sound of a text besides its words."""

_ASKS_FOR_TAKE: frozenset[ChangeKind] = frozenset(("text", "settings", "inner-pause"))
_SETTINGS: tuple[Literal["character", "direction", "pace", "stability", "style"], ...] = (
    "character",
    "direction",
    "pace",
    "stability",
    "style",
)


@dataclass(frozen=True, slots=True)
class BeatChange:
    """All that happened to one beat. Positions are places in the script from 1, None where it isn't there.

    `settings` names which of them changed when `kinds` has "settings".
    """

    beat_id: str
    kinds: tuple[ChangeKind, ...]
    settings: tuple[SettingName, ...] = ()
    old_position: int | None = None
    new_position: int | None = None

    @property
    def needs_take(self) -> bool:
        """Whether a take of the old version no longer says what the new version wants."""
        return not _ASKS_FOR_TAKE.isdisjoint(self.kinds)


@dataclass(frozen=True, slots=True)
class Diff:
    """The beats that changed, in the new script's order, the removed ones last; and the ids of the rest."""

    changes: tuple[BeatChange, ...]
    unchanged: tuple[str, ...]
    title_changed: bool = False
    project_changed: bool = False

    def having(self, kind: ChangeKind) -> tuple[str, ...]:
        """The ids of the beats with this kind of change."""
        return tuple(change.beat_id for change in self.changes if kind in change.kinds)

    @property
    def needing_takes(self) -> tuple[str, ...]:
        """The ids of beats that were there before and whose takes become stale."""
        return tuple(change.beat_id for change in self.changes if change.needs_take)

    @property
    def keeping_takes(self) -> tuple[str, ...]:
        """The ids of beats that were there before and keep their takes."""
        stale_or_new = {*self.needing_takes, *self.having("added"), *self.having("removed")}
        kept = (change.beat_id for change in self.changes if change.beat_id not in stale_or_new)
        return (*self.unchanged, *kept)

    @property
    def only_trailing_pause(self) -> tuple[str, ...]:
        """The ids of beats of which nothing but the silence after them changed."""
        return tuple(change.beat_id for change in self.changes if change.kinds == ("trailing-pause",))


def diff(old: Script, new: Script) -> Diff:
    """Compares two versions beat by beat; a beat is the same beat when its id is."""
    old_places = {beat.id: place for place, beat in enumerate(old.beats, 1)}
    new_ids = {beat.id for beat in new.beats}
    moved = _moved([beat.id for beat in new.beats if beat.id in old_places], old_places)
    changes: list[BeatChange] = []
    unchanged: list[str] = []
    for place, beat in enumerate(new.beats, 1):
        old_place = old_places.get(beat.id)
        if old_place is None:
            changes.append(BeatChange(beat.id, ("added",), (), None, place))
            continue
        kinds, settings = _compare(old.beats[old_place - 1], beat)
        if beat.id in moved:
            kinds = ("moved", *kinds)
        if kinds:
            changes.append(BeatChange(beat.id, kinds, settings, old_place, place))
        else:
            unchanged.append(beat.id)
    changes.extend(
        BeatChange(beat.id, ("removed",), (), place, None)
        for place, beat in enumerate(old.beats, 1)
        if beat.id not in new_ids
    )
    return Diff(tuple(changes), tuple(unchanged), old.title != new.title, old.project != new.project)


def _compare(old: Beat, new: Beat) -> tuple[tuple[ChangeKind, ...], tuple[SettingName, ...]]:
    if old == new:
        return (), ()
    kinds: list[ChangeKind] = []
    if old.name != new.name:
        kinds.append("name")
    same_text = old.text == new.text
    if not same_text:
        kinds.append("text")
    settings = _changed_settings(old, new, by_place=same_text)
    if settings:
        kinds.append("settings")
    if _inner_pauses(old, by_place=same_text) != _inner_pauses(new, by_place=same_text):
        kinds.append("inner-pause")
    if old.trailing_pause_ms != new.trailing_pause_ms:
        kinds.append("trailing-pause")
    if same_text and _emphasis(old) != _emphasis(new):
        kinds.append("emphasis")
    return tuple(kinds), settings


def _changed_settings(old: Beat, new: Beat, *, by_place: bool) -> tuple[SettingName, ...]:
    if not old.segments or not new.segments:
        return ()
    found: list[SettingName] = [
        setting
        for setting in _SETTINGS
        if _course(old.segments, setting, by_place=by_place)
        != _course(new.segments, setting, by_place=by_place)
    ]
    if _audio_tags(old, by_place=by_place) != _audio_tags(new, by_place=by_place):
        found.append("audio_tags")
    return tuple(found)


def _course(segments: Sequence[Segment], setting: str, *, by_place: bool) -> list[tuple[object, int]]:
    """The values that a setting takes in turn, and where in the beat's text each begins (0 when places can't
    be compared). How the text is cut into segments doesn't matter."""
    course: list[tuple[object, int]] = []
    for segment, start in zip(segments, _starts(segments), strict=True):
        value = getattr(segment, setting)
        if not course or course[-1][0] != value:
            course.append((value, start if by_place else 0))
    return course


def _starts(segments: Sequence[Segment]) -> list[int]:
    starts, at = [], 0
    for segment in segments:
        starts.append(at)
        at += len(segment.text) + 1
    return starts


def _audio_tags(beat: Beat, *, by_place: bool) -> list[tuple[str, int]]:
    return [
        (audio.tag, start + audio.offset if by_place else 0)
        for segment, start in zip(beat.segments, _starts(beat.segments), strict=True)
        for audio in segment.audio_tags
    ]


def _inner_pauses(beat: Beat, *, by_place: bool) -> list[tuple[int, int]]:
    """Each silence inside the take and where it stands; places count only when the texts are the same."""
    starts = _starts(beat.segments)
    inner = [(starts[place + 1], segment.pause_after_ms) for place, segment in enumerate(beat.segments[:-1])]
    pauses = [(0, beat.leading_pause_ms), *inner] if beat.leading_pause_ms else inner
    return pauses if by_place else [(0, pause_ms) for _, pause_ms in pauses]


def _emphasis(beat: Beat) -> list[tuple[str, ...]]:
    light = (words for segment in beat.segments for words in segment.emphasis)
    strong = (words for segment in beat.segments for words in segment.strong_emphasis)
    return [tuple(light), tuple(strong)]


def _moved(ids: Sequence[str], old_places: dict[str, int]) -> set[str]:
    """The fewest beats that have to move to get the new order: all but a longest rising run of them."""
    tails: list[int] = []  # smallest last place of a rising run of each length
    tail_at: list[int] = []
    before: list[int] = []
    for at, beat_id in enumerate(ids):
        place = old_places[beat_id]
        length = bisect_left(tails, place)
        before.append(tail_at[length - 1] if length else -1)
        tails[length : length + 1] = [place]
        tail_at[length : length + 1] = [at]
    stays: set[str] = set()
    at = tail_at[-1] if tail_at else -1
    while at != -1:
        stays.add(ids[at])
        at = before[at]
    return set(ids) - stays
