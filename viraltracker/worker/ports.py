"""The seam every local engine fills. One conformance suite runs over all families."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from viraltracker.audio import Floats
from viraltracker.worker.model import Line, Pack, Rendered, Voice

__all__ = ["Family", "Held", "Model"]


class Model(Protocol):
    """A model in memory, shared by all sessions: what belongs to a line lives in that line's iterator.

    Any number of lines may be under way together; a model that can take one at a time queues them itself.
    """

    @property
    def rate_hz(self) -> int:
        """The rate of its samples."""
        ...

    @property
    def voices(self) -> tuple[Voice, ...]:
        """What it offers, the default first; never empty."""
        ...

    @property
    def options(self) -> Mapping[str, tuple[float, float]]:
        """Its own knobs -> (lowest, highest)."""
        ...

    @property
    def batch(self) -> int:
        """The most lines that `render` gains from having at once; 1: none."""
        ...

    @property
    def memory_bytes(self) -> int:
        """What it holds in memory, as well as can be told."""
        ...

    def check(self, line: Line) -> None:
        """Refuse what can't be spoken, without speaking. Raises `Refused` (with its `field`), `TextTooLong`.

        Fields: text, voice.id, voice.speed, voice.options.<name>.
        """
        ...

    def speak(self, line: Line) -> AsyncGenerator[Floats]:
        """The line's audio piece by piece, mono float32 in -1..1; closing the iterator ends the work.

        When `aclose` returns, no thread and no task of the line is left. Raises a `SpeechError`.
        """
        ...

    def render(self, lines: Sequence[Line]) -> AsyncGenerator[Rendered]:
        """Whole lines, each as soon as it is done, in any order. One that fails doesn't keep the others."""
        ...

    async def close(self) -> None:
        """Give the memory back. Nothing is under way any more."""
        ...


class Held(Protocol):
    """A session's hold on a model: it stays in memory until the session lets go."""

    def using(self) -> AbstractAsyncContextManager[Model]:
        """The model for one line. It is not read anew meanwhile; after a reload it is another object."""
        ...


class Family(Protocol):
    """An engine that loads packs of its kind."""

    @property
    def name(self) -> str:
        """As in `voicepacks/<family>/`."""
        ...

    @property
    def built_in(self) -> tuple[Pack, ...]:
        """Packs that need no files."""
        ...

    async def load(self, pack: Pack) -> Model:
        """Bring a pack into memory. Raises `SettingsRefused` for a pack it can't use."""
        ...
