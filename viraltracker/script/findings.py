"""All that is wrong with a script, as a sequence in which a million findings rest easily."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap
from typing import overload

from viraltracker.script.codes import SEVERITIES
from viraltracker.script.model import Diagnostic

__all__ = ["COLUMN_BITS", "Findings", "Row"]

COLUMN_BITS = 22
"""A script has at most 2 MiB, and so has a line."""
_COLUMN = (1 << COLUMN_BITS) - 1

Row = tuple[int, str, str, str | None, int, str | None]
"""A finding at rest: line and column in one number, code, message, hint, length, replacement."""


# Python's garbage collector lets go of a plain tuple of words and numbers when it first meets one, and comes
# back to every named one again and again: over a million of them that is two seconds.
class Findings(Sequence[Diagnostic]):
    """Diagnostics in the order of the text. Each is made when it is looked at. Equal to a tuple."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows = tuple(rows)

    @overload
    def __getitem__(self, at: int) -> Diagnostic: ...
    @overload
    def __getitem__(self, at: slice) -> "Findings": ...
    def __getitem__(self, at: int | slice) -> "Diagnostic | Findings":
        if isinstance(at, slice):
            return Findings(self._rows[at])
        return _named(*self._rows[at])

    def __iter__(self) -> Iterator[Diagnostic]:
        return starmap(_named, self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Findings):
            return self._rows == other._rows
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Findings({list(self)!r})"


def _named(
    place: int, code: str, message: str, hint: str | None, length: int, replacement: str | None
) -> Diagnostic:
    line, column = place >> COLUMN_BITS, place & _COLUMN
    return Diagnostic(code, SEVERITIES[code], line, column, message, hint, length, replacement)
