"""What a tool was given or answered, read without trust. Pure.

A model may write anything, and an answer of an earlier version may lack what a later one has.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

__all__ = ["Facts"]

_WORDS = 300
_HUGE = 1e12


class Facts:
    """A mapping from outside. What is missing, or not what it should be, reads as nothing."""

    def __init__(self, value: Any) -> None:
        self._held: Mapping[str, Any] = value if isinstance(value, Mapping) else {}

    def __bool__(self) -> bool:
        return bool(self._held)

    def text(self, name: str) -> str:
        """Words, at most a few lines of them."""
        value = self._held.get(name)
        return value[:_WORDS] if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of words."""
        value = self._held.get(name)
        return (
            tuple(item[:_WORDS] for item in value if isinstance(item, str)) if isinstance(value, list) else ()
        )

    def number(self, name: str) -> float:
        """A number of a sensible size; 0 where there is none."""
        value = self._held.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE:
            return float(value)
        return 0.0

    def count(self, name: str) -> int:
        """A whole number."""
        return int(self.number(name))

    def flag(self, name: str) -> bool:
        """Whether it is so."""
        return self._held.get(name) is True

    def id(self, name: str) -> UUID | None:
        """An id of ours."""
        try:
            return UUID(self.text(name))
        except ValueError:
            return None

    def under(self, name: str) -> "Facts":
        """The mapping below."""
        return Facts(self._held.get(name))

    def rows(self, name: str) -> tuple["Facts", ...]:
        """The mappings in a list."""
        value = self._held.get(name)
        return (
            tuple(Facts(item) for item in value if isinstance(item, Mapping))
            if isinstance(value, list)
            else ()
        )

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """A mapping of words to words."""
        value = self._held.get(name)
        if not isinstance(value, Mapping):
            return ()
        return tuple((str(key)[:_WORDS], str(item)[:_WORDS]) for key, item in value.items())
