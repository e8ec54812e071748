"""The blocks that a script is made of, as they stand in the text. Nouns only; `outline` reads them."""

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["BeatBlock", "Line", "MetaBlock", "Outline", "Outside", "extent"]


class Line(NamedTuple):
    """A line or a piece of one: the line's number (from 1), the text, and where that begins (from 0)."""

    number: int
    text: str
    offset: int = 0

    @property
    def blank(self) -> bool:
        """Whether there is nothing to read in it."""
        return not self.text or self.text.isspace()


@dataclass(slots=True)
class Outside:
    """Lines that belong to no block, and one empty line for each gap between them.

    A piece with an offset stood behind a marker.
    """

    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class MetaBlock:
    """A `[META]` marker (1-based) and the lines under it that are not blank."""

    line: int
    column: int
    length: int
    lines: list[Line] = field(default_factory=list)


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
    header: list[Line] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    dashes: Line | None = None
    name_line: Line | None = None
    name: str = ""
    end: Line | None = None


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
