"""A beat's header: its id, its name and the dashes under them. Reports what is wrong with each.

Also guesses which block marker a producer meant by a line that is none.
"""

import re
import unicodedata

from viraltracker.script.blocks import BeatBlock, Line, extent
from viraltracker.script.names import BLOCK_WORDS, fold, nearest
from viraltracker.script.report import Report, quoted

__all__ = ["check_id", "close_header", "is_dashes", "meant_marker"]

ID_MAX = 100
"""The longest id."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9_.-]+")
# Word processors turn three hyphens into one long dash; keyboards slip.
_DASHES_MEANT = re.compile(r"[-_=~*\u2010-\u2015\u2212]{2,}|[\u2010-\u2015\u2212]")
_BRACKET_WORDS = re.compile(r"\s*\[\s*([A-Za-z]+(?:[ _-]?[A-Za-z]+)?)")
_MARKER_LINE_MAX = 130


def check_id(
    block: BeatBlock, written: str, offset: int, line_of_id: dict[str, int], report: Report, *, closed: bool
) -> None:
    """Reports a bad or repeated id. `written` stands between the colon and `]`, and begins at `offset`."""
    start, length = extent(written)
    column, length = (offset + start + 1, length) if length else (block.column, block.length)
    name = written.strip()
    if not closed:
        message = f"[BEAT: {block.id} has no closing ]."
        report.add("bad-id", block.line, block.column, block.length, message, "close it with ]")
    elif len(name) > ID_MAX or not _ID.fullmatch(name):
        mend = _mend_id(name)
        hint = f"did you mean `[BEAT: {mend}]`?" if mend else "an id looks like `01_open`"
        message = (
            f"{quoted(name)} can't be a beat's id. An id has letters A to Z, digits, _ . and -, begins with "
            f"a letter or digit, and is at most {ID_MAX} long."
        )
        report.add("bad-id", block.line, column, length, message, hint, mend if name else None)
    elif name in line_of_id:
        message = f"The id {name} was given to the beat in line {line_of_id[name]} already. Choose another."
        report.add("repeated-id", block.line, column, length, message)
    line_of_id.setdefault(name, block.line)


def is_dashes(line: Line, report: Report) -> bool:
    """Whether a header line ends the header; a line that was meant to is reported and does."""
    text = line.text.strip()
    if text == "---":
        return True
    if _DASHES_MEANT.fullmatch(text) is None:
        return False
    start, length = extent(line.text)
    message = f"The line under a beat's name has to be exactly three dashes; this is {quoted(text)}."
    column = line.offset + start + 1
    report.add("missing-dashes", line.number, column, length, message, "did you mean `---`?", "---")
    return True


def close_header(block: BeatBlock, report: Report) -> None:
    """Reads the name and reports what a header lacks or has too much.

    Without dashes the rest of it is read as the body.
    """
    name_line = next((line for line in block.header if _is_name(line.text)), None)
    others = [line for line in block.header if line is not name_line]
    block.name_line = name_line
    if name_line is None:
        message = f"Beat {block.id} has no name. Put a line such as `name: Fog Rolls In` under [BEAT: …]."
        report.add("missing-name", block.line, block.column, block.length, message)
    else:
        block.name = name_line.text.partition(":")[2].strip()
        if not block.name:
            start, length = extent(name_line.text)
            message = f"The name of beat {block.id} is empty."
            report.add("missing-name", name_line.number, name_line.offset + start + 1, length, message)
    if block.dashes is not None:
        for line in others:
            _report_header_line(block, line, report)
    else:
        message = f"Beat {block.id} has no line of three dashes between its name and its text."
        report.add(
            "missing-dashes", block.line, block.column, block.length, message, "put `---` under the name"
        )
        block.body.extend(others)


def meant_marker(text: str) -> str | None:
    """A hint that names the block marker which a line's first bracket was probably meant to be."""
    match = _BRACKET_WORDS.match(text) if len(text) <= _MARKER_LINE_MAX else None
    if match is None:
        return None
    words = fold(match.group(1))
    first = words.partition("-")[0]
    word = "end-beat" if words in {"end", "beat-end"} else nearest(words, BLOCK_WORDS)
    if word is None and first in BLOCK_WORDS:
        word = first
    return f"did you mean `{BLOCK_WORDS[word]}`?" if word else None


def _is_name(text: str) -> bool:
    key, colon, _ = text.partition(":")
    return bool(colon) and len(key) <= _MARKER_LINE_MAX and fold(key) == "name"


def _report_header_line(block: BeatBlock, line: Line, report: Report) -> None:
    start, length = extent(line.text)
    key, colon, _ = line.text.partition(":")
    hint, replacement = None, None
    if colon and not block.name and nearest(fold(key), ("name", "title")):
        hint, length, replacement = "did you mean `name:`?", len(key.strip()), "name"
    written = quoted(line.text.strip())
    message = f"Only the name stands between [BEAT: {block.id}] and `---`; {written} does not belong there."
    report.add("header-line", line.number, line.offset + start + 1, length, message, hint, replacement)


def _mend_id(name: str) -> str | None:
    plain = unicodedata.normalize("NFKD", name[: 2 * ID_MAX]).encode("ascii", "ignore").decode("ascii")
    slug = _NOT_IN_ID.sub("_", plain).strip("_.-")
    return slug[:ID_MAX] or None
