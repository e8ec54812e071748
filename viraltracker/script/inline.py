"""One line of a beat's body as tokens: text, tags, known names without a value, and audio tags.

Knows the shape of brackets and nothing of what a tag does. Linear in the line, however its brackets nest.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

from viraltracker.script.names import BLOCK_WORDS, TAGS, fold, fold_tag

__all__ = ["Token", "tokenise"]

_TAG = re.compile(r"\[([^\W\d_][\w-]*):")
_OPENING = re.compile(r"\[+")


class Token(NamedTuple):
    """A piece of a line, `start` to `end` in code points from 0.

    text: `value` is the text as written, blanks and asterisks included. tag: `[NAME: value]`, `name` folded,
    `value` trimmed and beginning at `value_start`. bare: a known name without a value, `value` what follows
    the name. audio: `value` is the tag without its brackets.
    """

    kind: Literal["text", "tag", "bare", "audio"]
    start: int
    end: int
    name: str
    value: str
    value_start: int


def tokenise(line: str, unclosed: list[tuple[int, int]] | None = None) -> Iterator[Token]:
    """A line's tokens in order. The runs of unclosed `[` in its text are added to `unclosed` as (start, end).

    They are made one by one: a line may hold a mebibyte of them.
    """
    opened = [] if unclosed is None else unclosed
    text_from, close = 0, -1
    at = line.find("[")
    while at != -1:
        if close <= at:
            close = line.find("]", at + 1)
        if close == -1:
            opened += [run.span() for run in _OPENING.finditer(line, at)]
            break
        token = _tag(line, at, close)
        if token is None:
            # Only a tag runs to the first `]` whatever it holds; any other bracket with a `[` in it is open.
            inner = line.find("[", at + 1, close)
            if inner != -1:
                _grow(opened, at)
                at = inner
                continue
            token = _colonless(line, at, close)
        if token is not None:
            if text_from < at:
                yield _text(line, text_from, at)
            yield token
            text_from = token.end
        at = line.find("[", close + 1)
    if text_from < len(line):
        yield _text(line, text_from, len(line))


def _text(line: str, start: int, end: int) -> Token:
    return Token("text", start, end, "", line[start:end], start)


def _grow(runs: list[tuple[int, int]], at: int) -> None:
    if runs and runs[-1][1] == at:
        runs[-1] = (runs[-1][0], at + 1)
    else:
        runs.append((at, at + 1))


def _tag(line: str, at: int, close: int) -> Token | None:
    match = _TAG.match(line, at, close)
    if match is None:
        return _decomposed_tag(line, at, close)
    return _named(line, at, close, match.group(1), match.end())


def _decomposed_tag(line: str, at: int, close: int) -> Token | None:
    # A name typed with combining marks is one of letters once it is composed.
    colon = line.find(":", at + 1, min(close, at + 64))
    if colon == -1 or line[at:colon].isascii():
        return None
    name = unicodedata.normalize("NFC", line[at + 1 : colon])
    return _named(line, at, close, name, colon + 1) if _TAG.fullmatch(f"[{name}:") else None


def _named(line: str, at: int, close: int, name: str, value_from: int) -> Token | None:
    folded = fold_tag(name)
    raw = line[value_from:close]
    if raw.startswith("//") and folded not in TAGS:
        return None  # an address such as [http://x] is spoken
    value = raw.strip()
    value_start = line.find(value, value_from) if value else at
    return Token("tag", at, close + 1, folded, value, value_start)


def _colonless(line: str, at: int, close: int) -> Token | None:
    inner = line[at + 1 : close]
    if ":" in inner:
        return None
    value = inner.strip()
    folded = fold(value)
    if folded in TAGS or folded in BLOCK_WORDS:
        return Token("bare", at, close + 1, folded, "", at)
    if not value:
        return None
    first, *rest = value.split(None, 1)
    if fold(first) in TAGS:
        return Token("bare", at, close + 1, fold(first), "".join(rest), at)
    if any(character.isalpha() for character in value):
        return Token("audio", at, close + 1, "", value, at)
    return None
