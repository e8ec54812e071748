"""The blocks that a script is made of, as they stand in the text. Nouns only; `outline` reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress, count, repeat
from operator import or_
from typing import NamedTuple

__all__ = [
    "BeatBlock",
    "Line",
    "MetaBlock",
    "Outline",
    "Outside",
    "Row",
    "extent",
    "is_blank",
    "keep",
    "keep_all",
]


class Line(NamedTuple):
    """A line or a piece of one: the line's number (from 1), the text, and where that begins (from 0)."""

    number: int
    text: str
    offset: int = 0


# A script may have a million lines, and Python's garbage collector follows named tuples but not plain ones.
Row = tuple[int, str, int]
"""A `Line`'s fields in their order: what the blocks hold."""


def is_blank(text: str) -> bool:
    """Whether there is nothing to read in a text."""
    return not text or text.isspace()


def keep(rows: list[Row], number: int, text: str, offset: int = 0) -> None:
    """Adds a line to others, and of blank ones the first behind a line of text."""
    if not is_blank(text) or (rows and not is_blank(rows[-1][1])):
        rows.append((number, text, offset))


def keep_all(rows: list[Row], first_number: int, texts: Sequence[str], *, gaps: bool) -> None:
    """Adds whole lines that follow each other. With `gaps` as `keep` does, else no blank one at all."""
    if len(texts) == 1 and gaps:
        keep(rows, first_number, texts[0])
        return
    filled = [*map(bool, map(str.strip, texts))]
    more = zip(count(first_number), texts, repeat(0))
    if all(filled):
        rows.extend(more)
    elif gaps:
        before = bool(rows) and not is_blank(rows[-1][1])
        rows.extend(compress(more, map(or_, filled, [before, *filled])))
    else:
        rows.extend(compress(more, filled))


@dataclass(slots=True)
class Outside:
    """Lines that belong to no block, and one empty line for each gap between them.

    A piece with an offset stood behind a marker.
    """

    lines: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class MetaBlock:
    """A `[META]` marker (1-based) and the lines under it that are not blank."""

    line: int
    column: int
    length: int
    lines: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class BeatBlock:
    """A beat's marker (1-based), its header without blank lines, and its body, which begins and ends with
    text.

    `dashes` is the line that ends the header. What stands behind `[END_BEAT]` on its line begins the next
    `Outside`.
    """

    line: int
    column: int
    length: int
    id: str
    header: Sequence[Row] = ()
    body: Sequence[Row] = ()
    dashes: Line | None = None
    name_line: Line | None = None
    name: str = ""
    end: Line | None = None

    # A heap of broken ones holds 150,000 blocks without a line: two lists for each would double the time.
    def growing_header(self) -> list[Row]:
        """The header, to add lines to."""
        if not isinstance(self.header, list):
            self.header = [*self.header]
        return self.header

    def growing_body(self) -> list[Row]:
        """The body, to add lines to."""
        if not isinstance(self.body, list):
            self.body = [*self.body]
        return self.body


@dataclass(slots=True)
class Outline:
    """A script's blocks in order; `meta` is the META that counts."""

    parts: list[Outside | MetaBlock | BeatBlock] = field(default_factory=list)
    meta: MetaBlock | None = None
    beats: list[BeatBlock] = field(default_factory=list)


def extent(text: str) -> tuple[int, int]:
    """Where a text begins (from 0) and how long it is without the blanks around it."""
    inner = text.strip()
    return (text.find(inner), len(inner)) if inner else (0, 0)
