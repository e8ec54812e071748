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
    """A piece as it is spoken, and the words of its pairs as written, in the order they open."""

    text: str
    light: tuple[str, ...]
    strong: tuple[str, ...]


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
    pairs = find_pairs(text)
    if not pairs:
        return Emphasised(text, (), ())
    cuts = sorted(
        [(pair.start, pair.width, pair.width > 1) for pair in pairs]
        + [(pair.end, pair.width, pair.width > 1) for pair in pairs]
    )
    opening = {pair.start for pair in pairs}
    plain: list[str] = []
    spoken: list[str] = []
    plain_at: dict[int, int] = {}
    done, length, strong_depth = 0, 0, 0
    for at, width, strong in [*cuts, (len(text), 0, False)]:
        piece = text[done:at]
        plain.append(piece)
        spoken.append(piece.upper() if strong_depth else piece)
        length += len(piece)
        plain_at[at] = length
        strong_depth += (1 if at in opening else -1) if strong else 0
        done = at + width
    written = "".join(plain)
    records = [(pair.width > 1, written[plain_at[pair.start] : plain_at[pair.end]]) for pair in pairs]
    return Emphasised(
        "".join(spoken),
        tuple(words for strong, words in records if not strong),
        tuple(words for strong, words in records if strong),
    )
