"""META: the script's title and project, and who speaks at which pace at the start of every beat."""

from dataclasses import dataclass
from typing import NamedTuple

from viraltracker.script.blocks import Line, MetaBlock, extent
from viraltracker.script.cast import CastNames
from viraltracker.script.guesses import Guesses, Known
from viraltracker.script.header import meant_marker
from viraltracker.script.model import PACES, Cast
from viraltracker.script.names import META_KEYS, fold
from viraltracker.script.report import Report, quoted

__all__ = ["Entry", "Meta", "read_entry", "read_meta"]

_KEY_MAX = 64
_KEYS = Known(META_KEYS)
_KEYS_HINT = f"the keys are {', '.join(META_KEYS.values())}"
_KEYS_MEANT = {"title": "video-title", "character": "default-character", "pace": "default-pace"}

_Wrong = tuple[str, int, int, str, str | None, str | None]  # code, start, length, message, hint, replacement


@dataclass(frozen=True, slots=True)
class Meta:
    """What META says, with its defaults filled in. `character` is canonical."""

    title: str
    project: str
    character: str
    pace: str


class Entry(NamedTuple):
    """One `key: value` line. `key` is folded, and empty when it is unknown. Columns count from 1."""

    line: int
    key: str
    written: str
    key_column: int
    value: str
    value_column: int


def read_entry(line: Line) -> Entry | None:
    """A META line's key and value; None for a line without a colon."""
    written, colon, value = line.text.partition(":")
    if not colon:
        return None
    folded = fold(written) if len(written) <= _KEY_MAX else ""
    key_start, _ = extent(written)
    value_start, _ = extent(value)
    return Entry(
        line.number,
        folded if folded in META_KEYS else "",
        written.strip(),
        line.offset + key_start + 1,
        value.strip(),
        line.offset + len(written) + 1 + value_start + 1,
    )


def read_meta(block: MetaBlock | None, cast: Cast, names: CastNames, report: Report) -> Meta:
    """Reads the META that counts and reports what is wrong with it; without one there are the defaults."""
    fallback = names.default or cast.default
    if block is None:
        message = (
            "The script has no [META]. Begin it with `[META]` and a line such as `video_title: My Episode`."
        )
        report.add("no-meta", 1, 1, 0, message)
        return Meta("Untitled", "", fallback, "normal")
    entries = _entries(block, report)
    for key, code, message in (
        ("video-title", "no-title", "META has no video_title; the session will be called Untitled."),
        ("project", "no-project", "META has no project."),
    ):
        if key not in entries:
            report.add(code, block.line, block.column, block.length, message)
    title, project = entries.get("video-title"), entries.get("project")
    return Meta(
        title.value if title else "Untitled",
        project.value if project else "",
        _character(entries.get("default-character"), block, cast, names, report) or fallback,
        _pace(entries.get("default-pace"), report) or "normal",
    )


def _entries(block: MetaBlock, report: Report) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    told: dict[str, _Wrong] = {}
    for number, text, offset in block.lines:
        wrong = told.get(text)
        if wrong is None:
            entry = read_entry(Line(number, text, offset))
            if entry is not None and entry.key:
                _enter(entry, found, report)
                continue
            wrong = told[text] = _wrong_line(text, report.guesses)
        code, start, length, message, hint, mend = wrong
        report.add(code, number, offset + start + 1, length, message, hint, mend)
    return found


def _enter(entry: Entry, found: dict[str, Entry], report: Report) -> None:
    if not entry.value:
        return
    before = found.get(entry.key)
    if before is not None:
        message = f"The key {META_KEYS[entry.key]} stands in line {before.line} already; this one counts."
        report.add("repeated-key", entry.line, entry.key_column, len(entry.written), message)
    found[entry.key] = entry


def _wrong_line(text: str, guesses: Guesses) -> _Wrong:
    """What is wrong with a line that has no known key."""
    written, colon, _ = text.partition(":")
    written = written.strip()
    start = text.find(written)
    if not colon:
        message = f"META has lines of the form `key: value`; {quoted(written)} is none and does nothing."
        return "key-without-colon", start, len(written), message, meant_marker(text, guesses), None
    folded = fold(written[:_KEY_MAX])
    near = _KEYS_MEANT.get(folded) or guesses.nearest(folded, _KEYS)
    mend = META_KEYS[near] if near else None
    hint = f"did you mean `{mend}:`?" if mend else _KEYS_HINT
    message = f"META has no key {quoted(written)}; the line does nothing."
    return "unknown-key", start, max(1, len(written)), message, hint, mend if written else None


def _character(
    entry: Entry | None, block: MetaBlock, cast: Cast, names: CastNames, report: Report
) -> str | None:
    if entry is None:
        if names.default is None:
            message = f'Nobody speaks: "{cast.default}" is not in the cast. Choose from {names.listed}.'
            how = "put a line `default_character: …` under [META]"
            report.add("unknown-character", block.line, block.column, block.length, message, how)
        return None
    character = names.find(entry.value)
    if character is None:
        near = names.guess(entry.value, report.guesses)
        hint = f"did you mean `default_character: {near}`?" if near else None
        message = f"There is no character {quoted(entry.value)} in the cast: {names.listed}."
        report.add("unknown-character", entry.line, entry.value_column, len(entry.value), message, hint, near)
    return character


def _pace(entry: Entry | None, report: Report) -> str | None:
    if entry is None:
        return None
    pace = fold(entry.value)
    if pace in PACES:
        return pace
    near = report.guesses.pace(pace)
    hint = f"did you mean `default_pace: {near}`?" if near else None
    message = f"There is no pace {quoted(entry.value)}. The paces are {', '.join(PACES)}."
    report.add("unknown-pace", entry.line, entry.value_column, len(entry.value), message, hint, near)
    return None
