"""A beat's text as spans: emphasis, pauses, tags, speakers, what changed since a take was made. Pure."""

import difflib
import re
from collections.abc import Iterable

from viraltracker.script import Beat, Segment
from viraltracker.takes import BeatPlan
from viraltracker.ui.views import Span

__all__ = ["beat_spans", "changed_spans", "pause_chip"]

_WORDS = re.compile(r"\s+|[^\s]+")


def pause_chip(pause_ms: int) -> str:
    """`150 ms`, `1.2 s`."""
    return f"{pause_ms} ms" if pause_ms < 1000 else f"{pause_ms / 1000:g} s"


def beat_spans(beat: Beat) -> tuple[Span, ...]:
    """What is said and heard in order; the usual pause of 300 ms at the end goes without saying."""
    spans: list[Span] = []
    if beat.leading_pause_ms:
        spans.append(Span(pause_chip(beat.leading_pause_ms), "pause"))
    speaker = beat.segments[0].character if beat.segments else ""
    for segment in beat.segments:
        if segment.character != speaker:
            speaker = segment.character
            spans.append(Span(speaker, "who"))
        spans += _segment(segment)
        if segment.pause_after_ms:
            spans.append(Span(pause_chip(segment.pause_after_ms), "pause"))
    if beat.trailing_pause_ms != 300 or not beat.segments:
        spans.append(Span(pause_chip(beat.trailing_pause_ms), "pause"))
    return tuple(spans)


def changed_spans(made: BeatPlan, beat: Beat) -> tuple[Span, ...]:
    """The text as it is now with what was taken out and put in since `made`, word by word."""
    old = _WORDS.findall(" ".join(segment.text for segment in made.segments))
    new = _WORDS.findall(beat.text)
    spans: list[Span] = []
    for kind, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(
        None, old, new, False
    ).get_opcodes():
        if kind == "equal":
            spans.append(Span("".join(new[new_from:new_to])))
            continue
        if old_from < old_to:
            spans.append(Span("".join(old[old_from:old_to]), "del"))
        if new_from < new_to:
            spans.append(Span("".join(new[new_from:new_to]), "ins"))
    return tuple(spans)


def _segment(segment: Segment) -> list[Span]:
    marks = sorted(
        [*_emphasised(segment), *((tag.offset, tag.offset, tag.tag) for tag in segment.audio_tags)]
    )
    spans: list[Span] = []
    at = 0
    for start, end, kind in marks:
        if start < at:
            continue
        if start > at:
            spans.append(Span(segment.text[at:start]))
        if kind in ("strong", "light"):
            spans.append(Span(segment.text[start:end], "strong" if kind == "strong" else "light"))
        else:
            spans.append(Span(f"[{kind}]", "tag"))
        at = end
    if at < len(segment.text):
        spans.append(Span(segment.text[at:]))
    return spans


def _emphasised(segment: Segment) -> list[tuple[int, int, str]]:
    strong = _found(segment.text, (words.upper() for words in segment.strong_emphasis), "strong")
    return [*strong, *_found(segment.text, segment.emphasis, "light")]


def _found(text: str, words: Iterable[str], kind: str) -> list[tuple[int, int, str]]:
    found = []
    at = 0
    for word in words:
        start = text.find(word, at)
        if start >= 0:
            at = start + len(word)
            found.append((start, at, kind))
    return found
