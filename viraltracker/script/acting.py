"""Acting notes put into a script as tags: how segments are to be spoken. Every word and every pause stays.

Tags are put right before the text they are for, or over the tag that was in force there, so that each note is
a line of a comparison. A beat is read again after it was written, and taken only if it says just what was
wanted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from typing import Literal, NamedTuple

from viraltracker.script.blocks import BeatBlock, Line, is_blank
from viraltracker.script.body import BodyReader
from viraltracker.script.cast import CastNames
from viraltracker.script.inline import tokenise
from viraltracker.script.meta import Meta, read_meta
from viraltracker.script.model import PACES, Cast, Segment
from viraltracker.script.names import fold
from viraltracker.script.parse import accepted, parse, read_outline
from viraltracker.script.report import Report
from viraltracker.script.segments import Gathered, Manner, SegmentBuilder
from viraltracker.script.source import split_lines

__all__ = ["ActingNote", "Noted", "with_notes"]

DIRECTION_MAX = 200
"""The longest acting note in characters: a sentence or two."""

_KEEP_APART = "[PAUSE: beat] "  # the silence between two segments anyway, said aloud
_Setting = Literal["direction", "pace"]
_SETTINGS: tuple[_Setting, ...] = ("direction", "pace")
_Kind = Literal["text", "direction", "pace", "pause"]
_TAGS: Mapping[str, _Kind] = {"direction": "direction", "pace": "pace", "pause": "pause"}


@dataclass(frozen=True, slots=True)
class ActingNote:
    """How one segment of a beat is to be spoken; segments count from 0.

    None leaves a setting as it is; the direction "" takes the segment's away.
    """

    beat_id: str
    segment: int
    direction: str | None = None
    pace: str | None = None


class Noted(NamedTuple):
    """The script with the notes in it, lines ending at LF; and the notes that are not, each with why."""

    els: str
    left_out: tuple[tuple[ActingNote, str], ...]


def with_notes(els: str, cast: Cast, notes: Iterable[ActingNote]) -> Noted:
    """Puts notes into a script. Beats, texts, speakers, emphasis and pauses stay as they are.

    Raises `ScriptRefused` on a script with errors.
    """
    accepted(parse(els, cast))
    outline, names = read_outline(els), CastNames(cast)
    meta = read_meta(outline.meta, cast, names, Report())
    bodies = {block.id: _Body(block, meta, names) for block in outline.beats}
    left_out: list[tuple[ActingNote, str]] = []
    for note in notes:
        body = bodies.get(note.beat_id)
        why = body.take(note) if body else f'There is no beat "{note.beat_id}".'
        if why:
            left_out.append((note, why))
    lines = split_lines(els)
    for body in bodies.values():
        left_out += body.write(lines)
    return Noted("\n".join(lines), tuple(left_out))


class _Place(NamedTuple):
    """A text, or a tag that says how or when: its line, and where it stands there.

    `segment` is the one that a text belongs to.
    """

    kind: _Kind
    line: int
    start: int
    end: int
    segment: int = -1


class _Edit(NamedTuple):
    line: int
    start: int
    end: int
    text: str


class _PlacingReader(BodyReader):
    """Reads a body as ever, and remembers where things stand."""

    def places_in(self, block: BeatBlock) -> tuple[Gathered, list[_Place]]:
        """A beat's segments, and what stands where."""
        self._places: list[_Place] = []
        self._builder = SegmentBuilder(self._start)
        for line in starmap(Line, block.body):
            if not is_blank(line.text):
                self._place(line)
        return self._builder.done(), self._places

    def _place(self, line: Line) -> None:
        self._builder.line()
        for start, end, bracket in tokenise(line.text):
            at, until = line.offset + start, line.offset + end
            if bracket is None:
                text = line.text[start:end]
                if self._say(text):
                    at += len(text) - len(text.lstrip())
                    self._places.append(_Place("text", line.number, at, until, self._builder.begun - 1))
                continue
            self._do(self._tags.deed(bracket))
            if bracket.kind == "tag" and bracket.name in _TAGS:
                self._places.append(_Place(_TAGS[bracket.name], line.number, at, until))


class _Body:
    """One beat's body and the notes for it."""

    def __init__(self, block: BeatBlock, meta: Meta, names: CastNames) -> None:
        self._block = block
        self._start = Manner(meta.character, meta.pace)
        self._reader = _PlacingReader(meta, names, Report())
        self._gathered, self._places = self._reader.places_in(block)
        self._notes: list[ActingNote] = []

    def take(self, note: ActingNote) -> str | None:
        """Takes a note up, or says why not."""
        count = len(self._gathered.segments)
        if not 0 <= note.segment < count:
            return f"Beat {note.beat_id} has no segment {note.segment}; it has {count}, counted from 0."
        if note.pace is not None and fold(note.pace) not in PACES:
            return f'There is no pace "{note.pace}". The paces are {", ".join(PACES)}.'
        if note.direction is not None and (problem := _unwritable(note.direction)):
            return problem
        if any(other.segment == note.segment for other in self._notes):
            return "Another note for the same segment came before it."
        if _noted(self._gathered.segments, [note]) == self._gathered.segments:
            return "It is spoken like that already."
        self._notes.append(note)
        return None

    def write(self, lines: list[str]) -> list[tuple[ActingNote, str]]:
        """Writes the notes into the script's lines; those that can't be written, with why."""
        if self._fits(self._notes, lines):
            return []
        # Rare: a note is in the way of another, or of an odd spelling. Then each has to show that it fits.
        kept: list[ActingNote] = []
        left_out: list[tuple[ActingNote, str]] = []
        for note in self._notes:
            if self._fits([*kept, note], list(lines)):
                kept.append(note)
            else:
                left_out.append((note, "It can't be written here without changing something else as well."))
        self._fits(kept, lines)
        return left_out

    def _fits(self, notes: Sequence[ActingNote], lines: list[str]) -> bool:
        """Writes these notes if the beat then says just what they want; else `lines` stay as they were."""
        wanted = _noted(self._gathered.segments, notes)
        body = {line.number: line for line in starmap(Line, self._block.body)}
        for edit in sorted(self._edits(wanted), reverse=True):
            line = body[edit.line]
            start, end = edit.start - line.offset, edit.end - line.offset
            body[edit.line] = line._replace(text=line.text[:start] + edit.text + line.text[end:])
        now, _ = self._reader.places_in(replace(self._block, body=[*body.values()]))
        if now != self._gathered._replace(segments=wanted):
            return False
        for old in starmap(Line, self._block.body):
            text, at = lines[old.number - 1], old.offset
            lines[old.number - 1] = text[:at] + body[old.number].text + text[at + len(old.text) :]
        return True

    def _edits(self, wanted: Sequence[Segment]) -> list[_Edit]:
        """Goes along the body with what is in force there once it is written anew."""
        edits: list[_Edit] = []
        in_force: dict[_Setting, str | None] = {"direction": None, "pace": self._start.pace}
        since: list[_Place] = []  # tags since the last text
        said = -1
        for place in self._places:
            if place.kind != "text":
                since.append(place)
                continue
            now = place.segment
            for setting in _SETTINGS:
                value = getattr(wanted[now], setting)
                tag = next((tag for tag in reversed(since) if tag.kind == setting), None)
                before = in_force[setting] if tag is None else getattr(self._gathered.segments[now], setting)
                if before != value:
                    edits.append(_tag(setting, value, tag, place))
                in_force[setting] = value
            manners = [tag for tag in since if tag.kind != "pause"]
            if now > max(said, 0) and manners == since and manners and _alike(wanted[now - 1], wanted[now]):
                edits.append(_Edit(manners[0].line, manners[0].start, manners[0].start, _KEEP_APART))
            since, said = [], now
        return edits


def _tag(setting: _Setting, value: str | None, old: _Place | None, text: _Place) -> _Edit:
    """The tag over the old one, or else in front of the text."""
    tag = f"[{setting.upper()}: {value}]" if value else f"[{setting.upper()}:]"
    if old is not None:
        return _Edit(old.line, old.start, old.end, tag)
    return _Edit(text.line, text.start, text.start, f"{tag} ")


def _noted(segments: Sequence[Segment], notes: Iterable[ActingNote]) -> tuple[Segment, ...]:
    noted = list(segments)
    for note in notes:
        segment = noted[note.segment]
        noted[note.segment] = replace(
            segment,
            direction=segment.direction if note.direction is None else _tidy(note.direction) or None,
            pace=segment.pace if note.pace is None else fold(note.pace),
        )
    return tuple(noted)


def _alike(one: Segment, other: Segment) -> bool:
    """Whether two neighbours would be one segment if nothing stood between them."""
    return _manner(one) == _manner(other)


def _manner(segment: Segment) -> Manner:
    return Manner(segment.character, segment.pace, segment.direction, segment.stability, segment.style)


def _tidy(direction: str) -> str:
    return " ".join(direction.split())


def _unwritable(direction: str) -> str | None:
    """Why a direction can't stand in a tag."""
    tidy = _tidy(direction)
    if "[" in tidy or "]" in tidy or not tidy.isprintable():
        return "A direction has no brackets and no control characters."
    if len(tidy) > DIRECTION_MAX:
        return f"The direction has {len(tidy)} characters; {DIRECTION_MAX} is the most."
    return None
