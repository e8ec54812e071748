"""Who is meant by a name in a script: the cast's ids and aliases, compared folded."""

from viraltracker.script.guesses import Guesses, Known
from viraltracker.script.model import Cast
from viraltracker.script.names import fold

__all__ = ["CastNames"]


class CastNames:
    """A cast that can be asked who is meant by a name in a script."""

    def __init__(self, cast: Cast) -> None:
        self._ids = {fold(name): character for name, character in cast.names.items()}
        self._ids.update((fold(character), character) for character in cast.ids)
        self.listed = ", ".join(cast.ids)
        self._known = Known(self._ids)
        self.default = self._ids.get(fold(cast.default))

    def find(self, name: str) -> str | None:
        """The canonical id of the character who goes by this name."""
        return self._ids.get(name) or self._ids.get(fold(name))

    def guess(self, name: str, guesses: Guesses) -> str | None:
        """The canonical id of the character whose name is nearest to this one, if any is near."""
        near = guesses.nearest(fold(name), self._known)
        return None if near is None else self._ids[near]
