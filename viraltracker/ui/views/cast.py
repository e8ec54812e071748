"""The cast sheet: who speaks, with which engine's voice, and how."""

from dataclasses import dataclass

from viraltracker.ui.views.board import NOT_SET, Badge, CastColour, Knob

__all__ = ["CastView", "Dial", "Heard", "VoiceCard", "VoiceChoice", "VoiceGroup"]


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """A voice that a character can be given: its value (the page knows what it means) and "Arthur"."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class VoiceGroup:
    """The voices of one engine ("ElevenLabs"), and why none can be chosen, where that is so."""

    title: str
    choices: tuple[VoiceChoice, ...] = ()
    closed: str = ""


@dataclass(frozen=True, slots=True)
class Dial:
    """A setting with bounds of its own: speed, pitch. `pattern` shows it, `{}` being the value.

    `value` None: not set, which is the voice's own; `clearable`: it can be put back to that.
    """

    name: str
    title: str
    value: float | None
    lowest: float
    highest: float
    step: float = 0.01
    digits: int = 2
    pattern: str = "{}"
    unused: str = ""
    clearable: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A spoken test line. Each `nonce` is played once as soon as it is there; none is ever used again."""

    url: str
    clock: str
    duration_ms: int
    nonce: str
    peaks: str = ""


@dataclass(frozen=True, slots=True)
class VoiceCard:
    """A character's card.

    `chosen` is the id of the active voice, `label` how the closed list shows it ("ElevenLabs · Arthur").
    `dials` are further settings of the engine. `waiting` is shown while the test line is being made;
    `problem` when it could not be.
    """

    character: str
    role: str
    colour: CastColour
    badge: Badge
    label: str
    line: str
    chosen: str = ""
    stability: Knob = NOT_SET
    style: Knob = NOT_SET
    dials: tuple[Dial, ...] = ()
    heard: Heard | None = None
    waiting: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CastView:
    """All cards, the voices on offer, and the character whose engine is explained beside them."""

    cards: tuple[VoiceCard, ...]
    voices: tuple[VoiceGroup, ...] = ()
    selected: str = ""
