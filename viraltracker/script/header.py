"""A beat's header: its id, its name and the dashes under them. Reports what is wrong with each.

Also guesses which block marker a producer meant by a line that is none.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from viraltracker.script.blocks import BeatBlock, Line, Row, extent
from viraltracker.script.guesses import Guesses, Known
from viraltracker.script.names import BLOCK_WORDS, fold
from viraltracker.script.report import Report, quoted

__all__ = ["check_id", "close_header", "is_dashes", "meant_marker"]

ID_MAX = 100
"""The longest id."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9_.-]+")
# Word processors turn three hyphens into one long dash; keyboards slip.
_DASHES = frozenset("-_=~*\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_DASHES_MEANT = re.compile(r"[-_=~*\u2010-\u2015\u2212]{2,}|[\u2010-\u2015\u2212]")
_BRACKET_WORDS = re.compile(r"\s*\[\s*([A-Za-z]+(?:[ _-]?[A-Za-z]+)?)")
_Wrong = tuple[int, int, str, str | None, str | None]  # start, length, message, hint, replacement
_MARKER_LINE_MAX = 130
_BLOCK_WORDS = Known(BLOCK_WORDS)
_NAME_WORDS = Known(("name", "title"))


def check_id(
    block: BeatBlock, written: str, offset: int, line_of_id: dict[str, int], report: Report, *, closed: bool
) -> None:
    """Reports a bad or repeated id. `written` stands between the colon and `]`, and begins at `offset`."""
    name = written.strip()
    column, length = block.column, block.length
    if name and closed:
        column, length = offset + written.find(name) + 1, len(name)
    if not closed:
        message = f"[BEAT: {block.id} has no closing ]."
        report.add("bad-id", block.line, column, length, message, "close it with ]")
    elif len(name) > ID_MAX or not _ID.fullmatch(name):
        mend = _mend_id(name) if name else None
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


def is_dashes(number: int, text: str, offset: int, report: Report) -> bool:
    """Whether a header line ends the header; a line that was meant to is reported and does."""
    written = text.strip()
    if written == "---":
        return True
    if written[:1] not in _DASHES or _DASHES_MEANT.fullmatch(written) is None:
        return False
    message = f"The line under a beat's name has to be exactly three dashes; this is {quoted(written)}."
    column = offset + text.find(written) + 1
    report.add("missing-dashes", number, column, len(written), message, "did you mean `---`?", "---")
    return True


def close_header(block: BeatBlock, report: Report) -> None:
    """Reads the name and reports what a header lacks or has too much.

    Without dashes the rest of it is read as the body.
    """
    name_line = block.name_line = _name_line(block.header)
    if name_line is None:
        message = f"Beat {block.id} has no name. Put a line such as `name: Fog Rolls In` under [BEAT: …]."
        report.add("missing-name", block.line, block.column, block.length, message)
    else:
        block.name = name_line.text.partition(":")[2].strip()
        if not block.name:
            start, length = extent(name_line.text)
            message = f"The name of beat {block.id} is empty."
            report.add("missing-name", name_line.number, name_line.offset + start + 1, length, message)
    if block.dashes is None:
        message = f"Beat {block.id} has no line of three dashes between its name and its text."
        report.add(
            "missing-dashes", block.line, block.column, block.length, message, "put `---` under the name"
        )
    if not block.header:
        return
    others = (line for line in block.header if line != name_line)
    if block.dashes is not None:
        _report_header_lines(block, others, report)
    else:
        block.growing_body().extend(others)


def meant_marker(text: str, guesses: Guesses) -> str | None:
    """A hint that names the block marker which a line's first bracket was probably meant to be."""
    match = _BRACKET_WORDS.match(text) if "[" in text and len(text) <= _MARKER_LINE_MAX else None
    if match is None:
        return None
    words = fold(match.group(1))
    first = words.partition("-")[0]
    word = "end-beat" if words in {"end", "beat-end"} else guesses.nearest(words, _BLOCK_WORDS)
    if word is None and first in BLOCK_WORDS:
        word = first
    return f"did you mean `{BLOCK_WORDS[word]}`?" if word else None


def _name_line(header: Sequence[Row]) -> Line | None:
    for number, text, offset in header:
        if ":" in text:
            key = text.partition(":")[0]
            if len(key) <= _MARKER_LINE_MAX and fold(key) == "name":
                return Line(number, text, offset)
    return None


def _report_header_lines(block: BeatBlock, lines: Iterable[tuple[int, str, int]], report: Report) -> None:
    told: dict[str, _Wrong] = {}
    for number, text, offset in lines:
        wrong = told.get(text)
        if wrong is None:
            wrong = told[text] = _wrong_line(block, text, report.guesses)
        start, length, message, hint, replacement = wrong
        report.add("header-line", number, offset + start + 1, length, message, hint, replacement)


def _wrong_line(block: BeatBlock, text: str, guesses: Guesses) -> _Wrong:
    written = text.strip()
    length, hint, replacement = len(written), None, None
    key, colon, _ = written.partition(":")
    if colon and not block.name and guesses.nearest(fold(key), _NAME_WORDS):
        hint, length, replacement = "did you mean `name:`?", len(key.strip()), "name"
    message = (
        f"Only the name stands between [BEAT: {block.id}] and `---`; {quoted(written)} does not belong there."
    )
    return text.find(written), length, message, hint, replacement


def _mend_id(name: str) -> str | None:
    plain = unicodedata.normalize("NFKD", name[: 2 * ID_MAX]).encode("ascii", "ignore").decode("ascii")
    slug = _NOT_IN_ID.sub("_", plain).strip("_.-")
    return slug[:ID_MAX] or None
