"""All that is wrong with a script, as a sequence in which a million findings rest easily."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import overload

from viraltracker.script.model import Diagnostic, Severity

__all__ = ["Findings", "Row"]

Row = tuple[str, Severity, int, int, str, str | None, int, str | None]
"""A `Diagnostic`'s fields in their order."""

_named = partial(tuple.__new__, Diagnostic)


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
        return Diagnostic._make(self._rows[at])

    def __iter__(self) -> Iterator[Diagnostic]:
        return map(_named, self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Findings):
            return self._rows == other._rows
        return self._rows == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._rows)

    def __repr__(self) -> str:
        return f"Findings({list(self)!r})"
