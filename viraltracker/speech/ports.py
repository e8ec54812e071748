"""The seam every engine fills. One contract suite runs over all implementations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from viraltracker.speech.model import (
    Capabilities,
    Estimate,
    Health,
    Speech,
    SpeechRequest,
    Support,
    VoiceInfo,
)

__all__ = ["Synthesizer"]


class Synthesizer(Protocol):
    """Text and a voice in, audio out. Errors are `SpeechError`s; what belongs to a call lives in the call.

    An engine belongs to the event loop that first used it.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this engine can do; constant while the process runs."""
        ...

    def support(self, model: str | None) -> Mapping[str, Support]:
        """What becomes of each part of the script with `model` (None: the engine's first). Makes no call."""
        ...

    def options(self, model: str | None) -> Mapping[str, tuple[float, float]]:
        """The engine's own knobs with `model` (None: its first) -> (lowest, highest). Makes no call."""
        ...

    def estimate(self, request: SpeechRequest) -> Estimate:
        """What `request` will cost. Makes no call."""
        ...

    async def synthesize(self, request: SpeechRequest) -> Speech:
        """Speak. Raises a `SpeechError`. Cancelling a paid call may lose what was bought: jobs never do."""
        ...

    async def recover(self, request: SpeechRequest, since: datetime) -> tuple[Speech, ...]:
        """What the provider's history holds for `request` since then: adopted instead of being bought again.

        Empty where the engine is free or keeps no history; several are an ambiguous match, which asks.
        """
        ...

    async def voices(self) -> tuple[VoiceInfo, ...]:
        """The voices on offer."""
        ...

    async def health(self) -> Health:
        """Whether the engine can be used now, and what is missing."""
        ...

    async def aclose(self) -> None:
        """End child processes and connections."""
        ...
