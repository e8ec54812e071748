"""One line of a beat's body as tokens: texts and brackets.

Knows the shape of brackets and nothing of what a tag does. Linear in the line, however its brackets nest.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

from viraltracker.script.names import BLOCK_WORDS, TAGS, fold, fold_tag

__all__ = ["REMEMBERED_MAX", "Bracket", "Shapes", "Token", "tokenise", "unclosed_in"]

_NAME = re.compile(r"[^\W\d_][\w-]*")
_OPENING = re.compile(r"\[+")
_DECOMPOSED_MAX = 62

REMEMBERED_MAX = 10_000
"""Spellings that a reading remembers. Who writes more of them does not repeat them, and each costs memory."""


class Bracket(NamedTuple):
    """A bracket that is no spoken text. `inner` is all that stands in it, as written.

    tag: `[NAME: value]`, `name` folded, `value` trimmed, `value_at` how far behind the `[` it begins. bare: a
    known name without a value, `value` what follows the name. audio: `value` is the tag.
    """

    kind: Literal["tag", "bare", "audio"]
    inner: str
    name: str
    value: str
    value_at: int = 0


# A plain tuple: of the pieces that hostile text falls into, half a million must be made within a second.
Token = tuple[int, int, Bracket | None]
"""A piece of a line, from start to end in code points from 0. None: it is text, as it is written."""

Shapes = dict[str, Bracket | None]
"""What stands between brackets, and what that is; None for what is spoken."""


def tokenise(
    line: str, unclosed: list[tuple[int, int]] | None = None, shapes: Shapes | None = None
) -> Iterator[Token]:
    """A line's tokens in order. The runs of unclosed `[` in its text are added to `unclosed` as (start, end).

    They are made one by one: a line may hold a mebibyte of them. `shapes` remembers brackets from line to
    line.
    """
    opened = [] if unclosed is None else unclosed
    known: Shapes = {} if shapes is None else shapes
    find = line.find
    text_from, close = 0, -1
    at = find("[")
    while at != -1:
        if close <= at:
            close = find("]", at + 1)
        if close == -1:
            opened += unclosed_in(line, at)
            break
        # Only a tag runs to the first `]` whatever it holds; any other bracket with a `[` in it is open.
        within = find("[", at + 1, close)
        if within != -1 and (find(":", at + 1, within) == -1 or not _opens_tag(line, at, within)):
            if opened and opened[-1][1] == at:
                opened[-1] = (opened[-1][0], at + 1)
            else:
                opened.append((at, at + 1))
            at = within
            continue
        inner = line[at + 1 : close]
        if inner in known:
            bracket = known[inner]
        else:
            bracket = _tag(inner) or _colonless(inner)
            if len(known) < REMEMBERED_MAX:
                known[inner] = bracket
        if bracket is not None:
            if text_from < at:
                yield text_from, at, None
            text_from = close + 1
            yield at, text_from, bracket
        at = find("[", close + 1)
    if text_from < len(line):
        yield text_from, len(line), None


def unclosed_in(line: str, start: int = 0) -> list[tuple[int, int]]:
    """The runs of `[` in a line without `]` behind `start`, as (start, end)."""
    return [run.span() for run in _OPENING.finditer(line, start)]


def _opens_tag(line: str, at: int, end: int) -> bool:
    """Whether a tag begins at the bracket at `at`; a colon stands before `end`."""
    colon = line.find(":", at + 1, end)
    name = _name(line[at + 1 : colon])
    return name is not None and (name in TAGS or not line.startswith("//", colon + 1))


def _tag(inner: str) -> Bracket | None:
    written, colon, raw = inner.partition(":")
    name = _name(written) if colon else None
    if name is None or (raw.startswith("//") and name not in TAGS):
        return None  # an address such as [http://x] is spoken
    value = raw.strip()
    value_at = len(written) + 2 + raw.find(value) if value else 0
    return Bracket("tag", inner, name, value, value_at)


def _name(written: str) -> str | None:
    """A tag's name, folded."""
    if _NAME.fullmatch(written) is not None:
        return fold_tag(written)
    if written.isascii() or len(written) > _DECOMPOSED_MAX:
        return None
    # A name typed with combining marks is one of letters once it is composed.
    name = unicodedata.normalize("NFC", written)
    return fold_tag(name) if _NAME.fullmatch(name) else None


def _colonless(inner: str) -> Bracket | None:
    if ":" in inner:
        return None
    value = inner.strip()
    if not value:
        return None
    folded = fold(value)
    if folded in TAGS or folded in BLOCK_WORDS:
        return Bracket("bare", inner, folded, "")
    first, *rest = value.split(None, 1)
    if rest and fold(first) in TAGS:
        return Bracket("bare", inner, fold(first), rest[0])
    if value.isalpha() or any(map(str.isalpha, value)):
        return Bracket("audio", inner, "", value)
    return None
