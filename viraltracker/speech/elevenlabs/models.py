"""The models: what each does with a script, how much text it takes and what it costs. Data; makes no call.

Prices are the pay-as-you-go list prices. A plan's included credits make it cheaper, and what a call really
took is in its answer (`character-cost`), so estimates in dollars are never exact. Lengths, and which model
ignores which setting, are from the vendor's models page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from viraltracker.speech.model import Price, Support

__all__ = ["MAX_CHARS", "MODELS", "Model", "model_named"]

_CHECKED: Final = "2026-06-30"


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `credits_a_char`: what the account is charged for a character of text."""

    id: str
    max_chars: int
    usd_per_1000_chars: float
    credits_a_char: float
    support: Mapping[str, Support]

    @property
    def price(self) -> Price:
        """The list price with its date."""
        return Price(self.usd_per_1000_chars, _CHECKED)


def _support(**changes: Support) -> Mapping[str, Support]:
    usual: dict[str, Support] = {
        "direction": "not used",
        "audio_tags": "not used",
        "stability": "honoured",
        "similarity": "honoured",
        "style": "honoured",
        "speed": "honoured",
        "seed": "approximated",  # the vendor makes a "best effort"
        "neighbours": "honoured",
        "continuity": "not used",
    }
    return MappingProxyType(usual | changes)


_V3: Final = _support(
    audio_tags="honoured",
    stability="approximated",  # one of 0, 0.5 and 1; anything else is refused
    style="not used",
    neighbours="not used",
)
_FAST: Final = _support(style="not used")

MODELS: Final[tuple[Model, ...]] = (
    Model("eleven_multilingual_v2", 10_000, 0.10, 1.0, _support()),
    Model("eleven_v3", 5_000, 0.10, 1.0, _V3),
    Model("eleven_flash_v2_5", 40_000, 0.05, 0.5, _FAST),
    Model("eleven_turbo_v2_5", 40_000, 0.05, 0.5, _FAST),
)
"""Models on offer, the first one being used where a request names none."""

MAX_CHARS: Final = min(model.max_chars for model in MODELS)


def model_named(name: str | None) -> Model:
    """The model of that id. One that isn't listed yet is taken for the first one, under its own name."""
    first = MODELS[0]
    if name is None:
        return first
    known = {model.id: model for model in MODELS}
    return known.get(name) or Model(
        name, MAX_CHARS, first.usd_per_1000_chars, first.credits_a_char, first.support
    )
