"""The blocks of a script: META, beats, and what stands outside them. Knows no tag of a body and no cast.

Always ends with an outline, whatever the text: what is broken is reported and then read as it was probably
meant, so that one slip does not hide the next. Each piece of a line is looked at once, so that a line of a
million characters costs what a million characters cost.
"""

import re
from collections.abc import Iterator

from viraltracker.script.blocks import (
    BeatBlock,
    Line,
    MetaBlock,
    Outline,
    Outside,
    extent,
    is_blank,
    keep,
    keep_all,
)
from viraltracker.script.header import ID_MAX, check_id, close_header, is_dashes, meant_marker
from viraltracker.script.report import Report, quoted

__all__ = ["scan"]

_MARKER = re.compile(
    r"\[(?:(?P<beat>beat):|[ \t]*(?:(?P<end>end[\s_-]beat)|(?P<meta>meta))[ \t]*\])", re.IGNORECASE
)

_Marker = re.Match[str]


def scan(lines: list[str], report: Report) -> Outline:
    """Reads the blocks of a script and reports what is wrong with them."""
    scanner = _Scanner(report)
    done = 0
    for number in _marked(lines):
        if number - done > 1:
            scanner.take(done + 1, lines[done : number - 1])
        scanner.read(number, lines[number - 1])
        done = number
    scanner.take(done + 1, lines[done:])
    scanner.finish()
    return scanner.outline


def _marked(lines: list[str]) -> Iterator[int]:
    """The numbers of the lines with a marker, or with what looks like one up to the next line's end."""
    text = "\n".join(lines)
    number, counted, end = 1, 0, -1
    for marker in _MARKER.finditer(text):
        at = marker.start()
        if at < end:
            continue  # one more on the same line
        number += text.count("\n", counted, at)
        counted, end = at, text.find("\n", at)
        yield number
        if end == -1:
            return


class _Scanner:
    """Goes through the lines once; `_here` is the block that the next line falls into."""

    def __init__(self, report: Report) -> None:
        self.outline = Outline()
        self._report = report
        self._line_of_id: dict[str, int] = {}
        self._metas_inside: list[tuple[BeatBlock, int, _Marker]] = []
        self._here: Outside | MetaBlock | BeatBlock = Outside()
        self.outline.parts.append(self._here)

    def take(self, first_number: int, texts: list[str]) -> None:
        """Takes whole lines without a marker into the block that is open."""
        here = self._here
        if isinstance(here, MetaBlock):
            keep_all(here.lines, first_number, texts, gaps=False)
        elif isinstance(here, Outside):
            keep_all(here.lines, first_number, texts, gaps=True)
        else:
            read = 0 if here.dashes is not None else self._take_header(here, first_number, texts)
            if read < len(texts):
                keep_all(here.growing_body(), first_number + read, texts[read:], gaps=True)

    def read(self, number: int, text: str) -> None:
        """Reads one line; a marker in it may leave its rest, from `at` on, to the next block."""
        at: int | None = 0
        while at is not None:
            here = self._here
            if isinstance(here, BeatBlock):
                at = self._in_beat(here, number, text, at)
            elif isinstance(here, MetaBlock):
                at = self._in_meta(here, number, text, at)
            else:
                at = self._outside(here, number, text, at)

    def finish(self) -> None:
        """Reports what can only be known at the end."""
        here = self._here
        if isinstance(here, BeatBlock):
            message = f"Beat {here.id} is never closed: [END_BEAT] is missing."
            hint = self._meant_end(here)
            self._report.add("missing-end-beat", here.line, here.column, here.length, message, hint)
            self._close_header(here)
        for block, number, marker in self._metas_inside:
            self._report_meta_inside(block, number, marker)
        for part in self.outline.parts:
            if isinstance(part, Outside):
                self._report_outside(part)

    def _outside(self, here: Outside, number: int, text: str, at: int) -> int | None:
        first_at = _first_at(text, at)
        for marker in _MARKER.finditer(text, at):
            if marker.lastgroup == "beat":
                return self._open_beat(number, text, marker, first=marker.start() == first_at)
            if marker.lastgroup == "meta" and marker.start() == first_at:
                return self._open_meta(number, text, marker)
            if marker.lastgroup == "end":
                keep(here.lines, number, text[at : marker.start()], at)
                return self._stray_end(number, text, marker)
        keep(here.lines, number, text[at:], at)
        return None

    def _in_meta(self, here: MetaBlock, number: int, text: str, at: int) -> int | None:
        marker = _MARKER.search(text, at)
        # Behind a key's colon everything is value, markers too.
        if marker is not None and text.find(":", at, marker.start()) == -1:
            if marker.lastgroup == "beat":
                return self._open_beat(number, text, marker, first=marker.start() == _first_at(text, at))
            if marker.lastgroup == "end":
                return self._stray_end(number, text, marker)
            if not text[at : marker.start()].strip():
                return self._open_meta(number, text, marker)
        line = Line(number, text[at:], at)
        if not is_blank(line.text):
            here.lines.append(line)
        return None

    def _in_beat(self, here: BeatBlock, number: int, text: str, at: int) -> int | None:
        first_at = _first_at(text, at)
        for marker in _MARKER.finditer(text, at):
            if marker.lastgroup == "end":
                if marker.start() > at:
                    self._take_piece(here, Line(number, text[at : marker.start()], at))
                return self._close_beat(here, number, text, marker)
            if marker.lastgroup == "meta":
                self._metas_inside.append((here, number, marker))
                continue
            opens = marker.start() == first_at
            if opens:
                self._close_header(here)
            message = (
                f"[BEAT: …] stands inside beat {here.id}. Close that one with [END_BEAT] above this line."
            )
            self._add("beat-inside-beat", number, marker, message, self._meant_end(here))
            if opens:
                return self._open_beat(number, text, marker, first=True)
        self._take_piece(here, Line(number, text[at:], at))
        return None

    def _take_header(self, here: BeatBlock, first_number: int, texts: list[str]) -> int:
        """Takes lines up to the dashes; how many."""
        header = here.growing_header()
        for number, text in enumerate(texts, first_number):
            if text and not text.isspace():
                if is_dashes(number, text, 0, self._report):
                    self._end_header(here, Line(number, text))
                    return number - first_number + 1
                header.append((number, text, 0))
        return len(texts)

    def _take_piece(self, here: BeatBlock, line: Line) -> None:
        """Takes a piece of a line with a marker."""
        if here.dashes is not None:
            keep(here.growing_body(), *line)
        elif not is_blank(line.text):
            if is_dashes(*line, self._report):
                self._end_header(here, line)
            else:
                here.growing_header().append(line)

    def _end_header(self, here: BeatBlock, dashes: Line) -> None:
        here.dashes = dashes
        close_header(here, self._report)

    def _open_beat(self, number: int, text: str, marker: _Marker, *, first: bool) -> int | None:
        close = text.find("]", marker.end())
        end = len(text) if close == -1 else close + 1
        written = text[marker.end() : end if close == -1 else close]
        shown = written.strip()[:ID_MAX]
        block = BeatBlock(number, marker.start() + 1, len(text[marker.start() : end].rstrip()), shown)
        if not first:
            message = f"[BEAT: {shown}] has to begin a line of its own."
            self._add("beat-line-text", number, marker, message)
        check_id(block, written, marker.end(), self._line_of_id, self._report, closed=close != -1)
        self.outline.parts.append(block)
        self.outline.beats.append(block)
        self._here = block
        if end == len(text):
            return None
        # What follows on the line is read only for markers in it; the beat's lines begin on the next one.
        following = _MARKER.search(text, end)
        beside = text[end : following.start() if following else len(text)]
        start, length = extent(beside)
        if length:
            message = f"Nothing else may stand on the line of [BEAT: {shown}]; {quoted(beside.strip())} does."
            self._report.add("beat-line-text", number, end + start + 1, length, message)
        return following.start() if following else None

    def _close_beat(self, here: BeatBlock, number: int, text: str, marker: _Marker) -> int | None:
        if here.body and is_blank(here.body[-1][1]):
            here.growing_body().pop()
        here.end = Line(number, marker.group(), marker.start())
        self._close_header(here)
        self._here = Outside()
        self.outline.parts.append(self._here)
        return _rest(text, marker)

    def _close_header(self, here: BeatBlock) -> None:
        if here.dashes is None:
            close_header(here, self._report)

    def _open_meta(self, number: int, text: str, marker: _Marker) -> int | None:
        block = MetaBlock(number, marker.start() + 1, marker.end() - marker.start())
        if self.outline.meta is not None:
            message = (
                "There is a second [META]. A script has one: move its lines up to the first and delete it."
            )
            self._add("second-meta", number, marker, message)
        else:
            self.outline.meta = block
            if self.outline.beats:
                message = (
                    "[META] stands after a beat. It applies to all beats all the same; move it to the top."
                )
                self._add("meta-after-beat", number, marker, message)
        self.outline.parts.append(block)
        self._here = block
        return _rest(text, marker)

    def _report_meta_inside(self, here: BeatBlock, number: int, marker: _Marker) -> None:
        if self.outline.meta is not None:
            message = f"There is a second [META], inside beat {here.id}. A script has one: delete this."
            self._add("second-meta", number, marker, message)
        else:
            message = f"[META] does nothing inside beat {here.id} and will not be spoken. Move it to the top."
            self._add("tag-without-value", number, marker, message)

    def _stray_end(self, number: int, text: str, marker: _Marker) -> int | None:
        message = (
            "[END_BEAT] closes nothing: no beat is open here. Delete it, or put [BEAT: id] above its text."
        )
        self._add("end-without-beat", number, marker, message)
        return _rest(text, marker)

    def _add(self, code: str, number: int, marker: _Marker, message: str, hint: str | None = None) -> None:
        self._report.add(code, number, marker.start() + 1, marker.end() - marker.start(), message, hint)

    def _meant_end(self, here: BeatBlock) -> str | None:
        if not here.body:
            return None
        last = next(text for _, text, _ in reversed(here.body) if text and not text.isspace())
        hint = meant_marker(last, self._report.guesses)
        return hint if hint and "END" in hint else None

    def _report_outside(self, part: Outside) -> None:
        found = [line for line in part.lines if line[1] and not line[1].isspace()]
        if not found:
            return
        number, text, offset = found[0]
        start, length = extent(text)
        count = len({line[0] for line in found})
        subject = "This line stands" if count == 1 else f"These {count} lines stand"
        hints = (meant_marker(line[1], self._report.guesses) for line in found)
        hint = next(filter(None, hints), None)
        message = f"{subject} outside any beat and will not be spoken."
        self._report.add("outside-text", number, offset + start + 1, length, message, hint)


def _first_at(text: str, at: int) -> int:
    """Where a line's text begins; -1 when an earlier marker stood on the line, so that none begins it."""
    return len(text) - len(text.lstrip()) if at == 0 else -1


def _rest(text: str, marker: _Marker) -> int | None:
    return marker.end() if marker.end() < len(text) else None
