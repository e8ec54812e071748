"""`*light*` and `**strong**` in a piece of text. Knows no tags: a piece holds none, so no pair can cross one.

Pairs of one kind don't nest (the later opening wins), so that the records of a line are never longer than it.
"""

import re
from typing import NamedTuple

__all__ = ["Emphasised", "Pair", "emphasise", "find_pairs", "may_emphasise"]

_ASTERISKS = re.compile(r"\*+")
_PAIR = re.compile(r"\*[^*]+\*")
_ONE_PAIR = re.compile(r"\*([^*\s](?:[^*]*[^*\s])?)\*")
_LONGEST_RUN = 3


# A plain tuple: a mebibyte of asterisks has a quarter of a million pairs.
Pair = tuple[int, int, int]
"""Asterisks that open at a place and close at another, and how many of them: 1 is light, 2 and 3 strong."""


class Emphasised(NamedTuple):
    """A piece as it is spoken, and the words of its pairs as written, in the order they open.

    `plain` is the piece without its pairs' asterisks, as written.
    """

    text: str
    light: tuple[str, ...]
    strong: tuple[str, ...]
    plain: str


def may_emphasise(text: str) -> bool:
    """Whether there can be a pair in a text: two runs of asterisks with something between."""
    return _PAIR.search(text) is not None


def find_pairs(text: str) -> list[Pair]:
    """The pairs of a piece, in the order they open."""
    pairs: list[Pair] = []
    open_at: dict[int, int] = {}  # width -> where it opened; insertion order is the order of opening
    for run in _ASTERISKS.finditer(text):
        start, end = run.span()
        width = end - start
        before = text[start - 1] if start else " "
        after = text[end] if end < len(text) else " "
        if width > _LONGEST_RUN or (before.isdigit() and after.isdigit()):
            continue
        opened = open_at.get(width)
        if opened is not None and not before.isspace():
            pairs.append((opened, start, width))
            if len(open_at) == 1:
                open_at.clear()
            else:
                open_at = {other: at for other, at in open_at.items() if at < opened}
        elif not after.isspace():
            open_at.pop(width, None)
            open_at[width] = start
    pairs.sort()
    return pairs


def emphasise(text: str) -> Emphasised:
    """A piece without its pairs: both kinds recorded, strong words upper-cased (full Unicode mapping)."""
    if one := _ONE_PAIR.fullmatch(text):  # a line that is a whisper; it need not be looked for
        words = one[1]
        return Emphasised(words, (words,), (), words)
    plain: list[str] = []
    spoken: list[str] = []
    light: list[str] = []
    strong: list[str] = []
    done = 0
    for start, end, width in find_pairs(text):
        if start < done:
            continue  # it stands inside the pair before it, which has read it
        words = bare = text[start + width : end]
        own = strong if width > 1 else light
        if "*" in words:
            words, inner_light, inner_strong, bare = emphasise(words)
            own.append(bare)
            light += inner_light
            strong += inner_strong
        else:
            own.append(bare)
        between = text[done:start]
        plain += between, bare
        spoken += between, words.upper() if width > 1 else words
        done = end + width
    rest = text[done:]
    return Emphasised("".join(spoken) + rest, tuple(light), tuple(strong), "".join(plain) + rest)
