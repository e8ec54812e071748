"""What the models in memory tell whoever keeps figures. Knows no figures."""

from typing import Literal, Protocol

__all__ = ["Unwatched", "Watcher", "Why"]

Why = Literal["unused", "room", "asked", "reload", "ending"]
"""Why a model left: nobody used it, another needed its place, by hand, to be read anew, the worker ends."""


class Watcher(Protocol):
    """Is told in the loop, so it may not wait, and may not fail."""

    def loaded(self, model_id: str, took_s: float) -> None:
        """A load ended well."""
        ...

    def failed(self, model_id: str) -> None:
        """A load didn't."""
        ...

    def left(self, model_id: str, why: Why) -> None:
        """A model is out of memory."""
        ...

    def resident(self, count: int) -> None:
        """So many models are in memory and can be used."""
        ...


class Unwatched:
    """Nobody keeps figures."""

    def loaded(self, model_id: str, took_s: float) -> None:
        """See `Watcher`."""

    def failed(self, model_id: str) -> None:
        """See `Watcher`."""

    def left(self, model_id: str, why: Why) -> None:
        """See `Watcher`."""

    def resident(self, count: int) -> None:
        """See `Watcher`."""
