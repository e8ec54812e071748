"""Who may speak: characters, and the voice profiles that say how. Pure values; no engine, no storage."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

__all__ = ["Character", "EngineVoice", "VoiceProfile"]

_NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Character:
    """A member of the cast. `id` is canonical; `aliases` are other names a script may use.

    Colours are CSS hex, for the light and the dark theme.
    """

    id: str
    role: str
    aliases: tuple[str, ...] = ()
    colour_light: str = "#5b6b7d"
    colour_dark: str = "#9db0c5"


@dataclass(frozen=True, slots=True)
class EngineVoice:
    """A voice of one engine: its id there, the model, and the engine's own numeric options (pitch, rate)."""

    voice: str
    model: str | None = None
    options: Mapping[str, float] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class VoiceProfile:
    """How a character speaks. `engine` is the active key of `voices`; switching it is one choice.

    stability, similarity, style are 0..1; speed is 0.7..1.2, multiplied by a segment's pace; seed is
    0..2**32-1.
    """

    character: str
    engine: str
    voices: Mapping[str, EngineVoice]
    stability: float = 0.35
    similarity: float = 0.78
    style: float = 0.45
    speed: float = 1.0
    seed: int | None = None

    @property
    def voice(self) -> EngineVoice | None:
        """The active engine's voice; None when none is chosen yet."""
        return self.voices.get(self.engine)

    def on(self, engine: str) -> "VoiceProfile":
        """The same profile spoken by another engine."""
        return replace(self, engine=engine)
