"""A script's text into beats and findings, in one pass. The one door to all that the other modules know.

Parsing and validation are the same reading, so they can't disagree. Works in time linear in the text.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from viraltracker.errors import ScriptRefused
from viraltracker.script.blocks import BeatBlock, Outline
from viraltracker.script.body import BodyReader
from viraltracker.script.cast import CastNames
from viraltracker.script.meta import Meta, read_meta
from viraltracker.script.model import Beat, Cast, Diagnostic, Parsed, Script
from viraltracker.script.outline import scan
from viraltracker.script.report import Report
from viraltracker.script.segments import Gathered
from viraltracker.script.source import check_characters, decode, split_lines
from viraltracker.script.stats import measure

__all__ = ["accepted", "parse", "read_outline"]

BEATS_MAX = 50
"""Beats before a script is called long."""

_LEADING_DIGITS = re.compile(r"[0-9]{1,9}")
_NO_SPEEDS: Mapping[str, float] = MappingProxyType({})


def parse(source: str | bytes, cast: Cast, speeds: Mapping[str, float] = _NO_SPEEDS) -> Parsed:
    """Reads a script. Never raises over what it holds; everything wrong with it is in `diagnostics`, in text
    order.

    `script` is there when there is no error. `stats` is there whenever the text could be read at all: with
    errors, of what could be made of it. `speeds` is the voice profiles' speed by character, for the estimate.
    """
    text = decode(source)
    if isinstance(text, Diagnostic):
        return Parsed(None, (text,), None)
    lines = split_lines(text)
    report = Report()
    check_characters(lines, report)
    outline = scan(lines, report)
    names = CastNames(cast)
    meta = read_meta(outline.meta, cast, names, report)
    reader = BodyReader(meta, names, report)
    read = [_read(block, reader, report) for block in outline.beats]
    _check_count(outline, report)
    return Parsed(
        None if report.refuses else _script(meta, outline, read),
        report.sorted(),
        measure(read, reader.lines_of, speeds),
    )


def accepted(parsed: Parsed) -> Script:
    """The script of a reading without errors.

    Raises ScriptRefused when there are any; its fact `diagnostics` holds all findings.
    """
    if parsed.script is not None:
        return parsed.script
    errors = parsed.errors
    first = f"line {errors[0].line}, column {errors[0].column}: {errors[0].message}"
    count = "an error" if len(errors) == 1 else f"{len(errors)} errors; the first"
    raise ScriptRefused(f"The script has {count}, {first}", diagnostics=parsed.diagnostics)


def read_outline(source: str | bytes) -> Outline:
    """The blocks of a script that could be decoded, without saying what is wrong with them."""
    text = decode(source)
    return Outline() if isinstance(text, Diagnostic) else scan(split_lines(text), Report())


def _read(block: BeatBlock, reader: BodyReader, report: Report) -> Gathered:
    gathered = reader.read(block)
    if not gathered.segments:
        message = (
            f"Beat {block.id} has nothing to say; it becomes {gathered.trailing_pause_ms} ms of silence."
        )
        report.add("silent-beat", block.line, block.column, block.length, message)
    return gathered


def _script(meta: Meta, outline: Outline, read: list[Gathered]) -> Script:
    beats = (_beat(place, *both) for place, both in enumerate(zip(outline.beats, read, strict=True), 1))
    return Script(meta.title, meta.project, tuple(beats))


def _beat(place: int, block: BeatBlock, gathered: Gathered) -> Beat:
    digits = _LEADING_DIGITS.match(block.id)
    return Beat(
        id=block.id,
        number=int(digits.group()) if digits else place,
        name=block.name,
        segments=gathered.segments,
        leading_pause_ms=gathered.leading_pause_ms,
        trailing_pause_ms=gathered.trailing_pause_ms,
        line=block.line,
    )


def _check_count(outline: Outline, report: Report) -> None:
    if not outline.beats:
        message = "The script has no beat. A beat begins with a line such as `[BEAT: 01_open]`."
        at = outline.meta
        report.add("no-beat", at.line if at else 1, at.column if at else 1, at.length if at else 0, message)
    elif len(outline.beats) > BEATS_MAX:
        first_over = outline.beats[BEATS_MAX]
        message = f"The script has {len(outline.beats)} beats; over {BEATS_MAX} is a lot for one session."
        report.add("many-beats", first_over.line, first_over.column, first_over.length, message)
