"""META: the script's title and project, and who speaks at which pace at the start of every beat."""

from dataclasses import dataclass
from typing import NamedTuple

from viraltracker.script.blocks import Line, MetaBlock, extent
from viraltracker.script.header import meant_marker
from viraltracker.script.model import PACES, Cast
from viraltracker.script.names import META_KEYS, CastNames, fold, nearest, nearest_pace
from viraltracker.script.report import Report, quoted

__all__ = ["Entry", "Meta", "read_entry", "read_meta"]

_KEY_MAX = 64
_KEYS_MEANT = {"title": "video-title", "character": "default-character", "pace": "default-pace"}


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
    for line in block.lines:
        entry = read_entry(line)
        if entry is None:
            start, length = extent(line.text)
            written = quoted(line.text.strip())
            message = f"META has lines of the form `key: value`; {written} is none and does nothing."
            hint = meant_marker(line.text)
            report.add("key-without-colon", line.number, line.offset + start + 1, length, message, hint)
        elif not entry.key:
            _report_unknown_key(entry, report)
        elif entry.value:
            before = found.get(entry.key)
            if before is not None:
                message = (
                    f"The key {META_KEYS[entry.key]} stands in line {before.line} already; this one counts."
                )
                report.add("repeated-key", entry.line, entry.key_column, len(entry.written), message)
            found[entry.key] = entry
    return found


def _report_unknown_key(entry: Entry, report: Report) -> None:
    folded = fold(entry.written[:_KEY_MAX])
    near = _KEYS_MEANT.get(folded) or nearest(folded, META_KEYS)
    mend = META_KEYS[near] if near else None
    hint = f"did you mean `{mend}:`?" if mend else f"the keys are {', '.join(META_KEYS.values())}"
    message = f"META has no key {quoted(entry.written)}; the line does nothing."
    length = max(1, len(entry.written))
    report.add(
        "unknown-key", entry.line, entry.key_column, length, message, hint, mend if entry.written else None
    )


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
        near = names.guess(entry.value)
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
    near = nearest_pace(pace)
    hint = f"did you mean `default_pace: {near}`?" if near else None
    message = f"There is no pace {quoted(entry.value)}. The paces are {', '.join(PACES)}."
    report.add("unknown-pace", entry.line, entry.value_column, len(entry.value), message, hint, near)
    return None
