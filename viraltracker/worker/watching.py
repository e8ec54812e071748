"""What models in memory and live streams tell whoever keeps figures. Knows no figures."""

from typing import Final, Literal, Protocol

__all__ = ["UNHEARD", "LiveWatcher", "Unwatched", "Watcher", "Why"]

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


class LiveWatcher(Protocol):
    """Is told how a live stream goes, in the loop: it may not wait, and may not fail."""

    def heard(self, first_audio_s: float) -> None:
        """So long after a line's first text its first frame was made."""
        ...

    def late(self, late_s: float) -> None:
        """A frame left so long after it was due."""
        ...

    def spoke(self, work_s: float, audio_s: float) -> None:
        """So much audio took so much work."""
        ...


class _Unheard:
    def heard(self, first_audio_s: float) -> None:
        return

    def late(self, late_s: float) -> None:
        return

    def spoke(self, work_s: float, audio_s: float) -> None:
        return


UNHEARD: Final[LiveWatcher] = _Unheard()
