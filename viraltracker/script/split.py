"""Cutting a text that is longer than an engine takes, where a reader would breathe.

The parts are spoken one after the other with no silence between them. Knows no engine.
"""

import re
import unicodedata
from bisect import bisect_right

from viraltracker.errors import BadInput

__all__ = ["split_spans", "split_text"]

_SENTENCE = re.compile(r"(?:[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？]+[」』”’）]*)")
_CLAUSE = re.compile(r"(?:[,;:][\"'”’»)\]]*(?=\s)|[—–](?=\s|\w)|[，、；：])")
_SPACE = re.compile(r"(?<=\S)(?=\s)")
_WORD_BEFORE = re.compile(r"(?:^|[\s(\"'“‘«])((?:[^\W\d_]\.)*[^\W\d_]{1,4})\.$")
_SHORTENED = frozenset(("mr", "mrs", "ms", "dr", "st", "vs", "etc", "prof", "sen", "gov", "vol", "jr", "sr"))
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")
_LOOK_BACK = 16  # marks on one letter; more is not writing


def split_text(text: str, limit: int) -> tuple[str, ...]:
    """A text in parts of at most `limit` code points: cut after a sentence, else a clause, else at a space.

    Only blanks at the cuts are lost. A word longer than the limit is cut inside. Raises BadInput for a limit
    under 1.
    """
    return tuple(text[start:end] for start, end in split_spans(text, limit))


def split_spans(text: str, limit: int) -> tuple[tuple[int, int], ...]:
    """Where the parts of `split_text` stand in the text, as (start, end) in code points."""
    if limit < 1:
        raise BadInput(
            f"A text can't be cut into parts of {limit} characters; the limit has to be at least 1."
        )
    if len(text) <= limit:
        return ((0, len(text)),) if text else ()
    cuts = [_sentence_ends(text), [end.end() for end in _CLAUSE.finditer(text)], _spaces(text)]
    spans: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > limit:
        end = next((at for ends in cuts if (at := _last_cut(ends, start, start + limit))), 0)
        end = end or _inside_word(text, start, limit)
        spans.append((start, end))
        start = _skip_blanks(text, end)
    if start < len(text):
        spans.append((start, len(text)))
    return tuple(spans)


def _last_cut(ends: list[int], start: int, last: int) -> int:
    place = bisect_right(ends, last)
    return ends[place - 1] if place and ends[place - 1] > start else 0


def _sentence_ends(text: str) -> list[int]:
    return [end.end() for end in _SENTENCE.finditer(text) if not _is_shortened(text, end)]


def _is_shortened(text: str, end: re.Match[str]) -> bool:
    """Whether a full stop ends a shortened word or an initial (`Dr. No`, `J. Gull`, `e.g. fog`) only."""
    if end.group() != ".":
        return False
    word = _WORD_BEFORE.search(text, max(0, end.start() - 12), end.end())
    if word is None:
        return False
    letters = word.group(1).casefold()
    return letters in _SHORTENED or "." in letters or (len(letters) == 1 and letters != "i")


def _spaces(text: str) -> list[int]:
    return [space.start() for space in _SPACE.finditer(text)]


def _inside_word(text: str, start: int, limit: int) -> int:
    """The limit, or a little before it where it would part a letter from its accent."""
    for end in range(start + limit, max(start, start + limit - _LOOK_BACK), -1):
        if not (unicodedata.combining(text[end]) or text[end] in _JOINERS or text[end - 1] == "\u200d"):
            return end
    return start + limit


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
