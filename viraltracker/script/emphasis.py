"""`*light*` and `**strong**` in a piece of text. Knows no tags: a piece holds none, so no pair can cross one.

Pairs of one kind don't nest (the later opening wins), so that the records of a line are never longer than it.
"""

import re
from typing import NamedTuple

__all__ = ["Emphasised", "Pair", "emphasise", "find_pairs"]

_ASTERISKS = re.compile(r"\*+")
_LONGEST_RUN = 3


class Pair(NamedTuple):
    """Asterisks that open at `start` and close at `end`, `width` of them each: 1 is light, 2 and 3 strong."""

    start: int
    end: int
    width: int


class Emphasised(NamedTuple):
    """A piece as it is spoken, and the words of its pairs as written, in the order they open.

    `plain` is the piece without its pairs' asterisks, as written.
    """

    text: str
    light: tuple[str, ...]
    strong: tuple[str, ...]
    plain: str


def find_pairs(text: str) -> list[Pair]:
    """The pairs of a piece, in the order they open."""
    pairs: list[Pair] = []
    open_at: dict[int, int] = {}  # width -> where it opened; insertion order is the order of opening
    for run in _ASTERISKS.finditer(text):
        start, end = run.span()
        width = end - start
        before = text[start - 1 : start] or " "
        after = text[end : end + 1] or " "
        if width > _LONGEST_RUN or (before.isdigit() and after.isdigit()):
            continue
        if width in open_at and not before.isspace():
            opened = open_at[width]
            pairs.append(Pair(opened, start, width))
            open_at = {other: at for other, at in open_at.items() if at < opened}
        elif not after.isspace():
            open_at.pop(width, None)
            open_at[width] = start
    pairs.sort()
    return pairs


def emphasise(text: str) -> Emphasised:
    """A piece without its pairs: both kinds recorded, strong words upper-cased (full Unicode mapping)."""
    plain: list[str] = []
    spoken: list[str] = []
    light: list[str] = []
    strong: list[str] = []
    done = 0
    for start, end, width in find_pairs(text):
        if start < done:
            continue  # it stands inside the pair before it, which has read it
        between, words = text[done:start], text[start + width : end]
        inner = emphasise(words) if "*" in words else Emphasised(words, (), (), words)
        plain += between, inner.plain
        spoken += between, inner.text.upper() if width > 1 else inner.text
        (strong if width > 1 else light).append(inner.plain)
        light += inner.light
        strong += inner.strong
        done = end + width
    rest = text[done:]
    return Emphasised("".join(spoken) + rest, tuple(light), tuple(strong), "".join(plain) + rest)
