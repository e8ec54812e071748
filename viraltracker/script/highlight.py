"""A script's lines in coloured pieces, for an editor. Takes any text, broken or not; reports nothing."""

from collections.abc import Iterator
from itertools import starmap
from typing import Literal, NamedTuple

from viraltracker.script.blocks import BeatBlock, Line, MetaBlock, Outline, Outside
from viraltracker.script.emphasis import find_pairs
from viraltracker.script.inline import tokenise
from viraltracker.script.outline import scan
from viraltracker.script.report import Report
from viraltracker.script.source import split_lines

__all__ = ["Piece", "PieceKind", "highlight"]

PieceKind = Literal["marker", "key", "tag", "audio", "light", "strong", "text", "outside"]
"""What a piece of a line is.

marker: [META], [BEAT: id], ---, [END_BEAT]. key: `name:` and META's keys. tag: what acts or warns, unspoken.
audio: an audio tag. light, strong: emphasised words with their asterisks. text: spoken words, and the values
of keys. outside: what belongs to no block.
"""


class Piece(NamedTuple):
    """A run of characters of one kind. A line's pieces, put together, are the line."""

    kind: PieceKind
    text: str


class _Span(NamedTuple):
    start: int
    end: int
    kind: PieceKind


def highlight(source: str) -> tuple[tuple[Piece, ...], ...]:
    """The pieces of each line, in order; an empty line has none. A BOM belongs to no line."""
    lines = split_lines(source.lstrip("\ufeff"))
    spans: list[list[_Span]] = [[] for _ in lines]
    outline = scan(lines, Report())
    for number, span in _outline_spans(outline):
        spans[number - 1].append(span)
    return tuple(tuple(_pieces(line, sorted(found))) for line, found in zip(lines, spans, strict=True))


def _outline_spans(outline: Outline) -> Iterator[tuple[int, _Span]]:
    for part in outline.parts:
        if isinstance(part, Outside):
            for line in starmap(Line, part.lines):
                yield line.number, _whole(line, "outside")
        elif isinstance(part, MetaBlock):
            yield part.line, _Span(part.column - 1, part.column - 1 + part.length, "marker")
            for line in starmap(Line, part.lines):
                yield from _key_spans(line)
        else:
            yield from _beat_spans(part)


def _beat_spans(beat: BeatBlock) -> Iterator[tuple[int, _Span]]:
    yield beat.line, _Span(beat.column - 1, beat.column - 1 + beat.length, "marker")
    if beat.dashes is not None:
        yield beat.dashes.number, _whole(beat.dashes, "marker")
        for line in starmap(Line, beat.header):
            yield from _key_spans(line)
    elif beat.name_line is not None:
        yield from _key_spans(beat.name_line)
    for line in starmap(Line, beat.body):
        for span in _body_spans(line.text):
            yield line.number, _Span(line.offset + span.start, line.offset + span.end, span.kind)
    if beat.end is not None:
        yield beat.end.number, _whole(beat.end, "marker")


def _whole(line: Line, kind: PieceKind) -> _Span:
    return _Span(line.offset, line.offset + len(line.text), kind)


def _key_spans(line: Line) -> Iterator[tuple[int, _Span]]:
    colon = line.text.find(":")
    if colon != -1:
        yield line.number, _Span(line.offset, line.offset + colon + 1, "key")


def _body_spans(text: str) -> Iterator[_Span]:
    if "[" not in text and "*" not in text:
        return
    for start, end, bracket in tokenise(text):
        if bracket is not None:
            yield _Span(start, end, "audio" if bracket.kind == "audio" else "tag")
            continue
        done = 0
        for opens, closes, width in find_pairs(text[start:end]):
            if opens >= done:
                done = closes + width
                yield _Span(start + opens, start + done, "light" if width == 1 else "strong")


def _pieces(line: str, spans: list[_Span]) -> Iterator[Piece]:
    done = 0
    for start, end, kind in spans:
        if start > done:
            yield Piece("text", line[done:start])
        if end > max(start, done):
            yield Piece(kind, line[max(start, done) : end])
        done = max(done, end)
    if done < len(line):
        yield Piece("text", line[done:])
