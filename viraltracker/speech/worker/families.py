"""What the studio knows of the engines behind voice workers, by the first half of a model's id.

A worker knows its models better; these facts are for pages, and for refusals without a call.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from viraltracker.speech.model import SpeechRequest, Support
from viraltracker.speech.scene import CONTINUITY, MOST_CONTINUITY_S

__all__ = ["NOTES", "REPEATABLE", "SUPPORT", "as_worker_takes_it", "family_of", "options_of", "support_of"]

REPEATABLE: Final = frozenset({"espeak", "tone"})
SUPPORT: Final[Mapping[str, Support]] = MappingProxyType(
    {
        "direction": "not used",
        "audio_tags": "not used",
        "stability": "not used",
        "similarity": "not used",
        "style": "not used",
        "speed": "honoured",
        "seed": "not used",
        "neighbours": "not used",
        "continuity": "not used",
    }
)
"""Of a model of which nothing is known."""

_FAMILY_SUPPORT: Final[Mapping[str, Mapping[str, Support]]] = MappingProxyType(
    {
        "tone": MappingProxyType({**SUPPORT, "seed": "honoured"}),
        "csm": MappingProxyType(
            {
                **SUPPORT,
                "seed": "honoured",
                "stability": "approximated",
                "speed": "approximated",
                "continuity": "honoured",
            }
        ),
    }
)
NOTES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "csm": MappingProxyType(
            {
                "stability": "as temperature: steady is 0.6, lively 1.2",
                "speed": "the sound is stretched; the way of speaking stays",
                "style": "choose a voice's mood instead",
                "direction": "choose a voice's mood instead",
                "continuity": "off at 0; else a voice hears its own last whole lines of the beat, of so many "
                "seconds at most",
            }
        )
    }
)
"""Family -> part of the script -> what becomes of it there, in a few words."""

_NONE: Final[Mapping[str, tuple[float, float]]] = MappingProxyType({})
_OPTIONS: Final[Mapping[str, Mapping[str, tuple[float, float]]]] = MappingProxyType(
    {
        "csm": MappingProxyType(
            {"temperature": (0.0, 1.5), "top_k": (1.0, 100.0), CONTINUITY: (0.0, MOST_CONTINUITY_S)}
        ),
        "espeak": MappingProxyType(
            {
                "pitch": (0.0, 99.0),
                "pitch_range": (0.0, 99.0),
                "rate_wpm": (80.0, 450.0),
                "volume": (1.0, 100.0),
            }
        ),
        "piper": MappingProxyType(
            {
                "length_scale": (0.25, 4.0),
                "noise_scale": (0.0, 2.0),
                "noise_w_scale": (0.0, 2.0),
                "normalize": (0.0, 1.0),
                "volume": (0.05, 2.0),
            }
        ),
    }
)

_LIVELIEST, _STEADIEST = 1.2, 0.6
"""Temperatures of stability 0 and 1; halfway is 0.9, at which CSM is published."""


def family_of(model: str | None) -> str:
    """`csm` of `csm/anna`; empty where no model is named."""
    return (model or "").partition("/")[0]


def support_of(model: str | None) -> Mapping[str, Support]:
    """What becomes of the parts of a script with this model."""
    return _FAMILY_SUPPORT.get(family_of(model), SUPPORT)


def options_of(model: str | None) -> Mapping[str, tuple[float, float]]:
    """The model's own knobs -> (lowest, highest); none of one that isn't known."""
    return _OPTIONS.get(family_of(model), _NONE)


def as_worker_takes_it(request: SpeechRequest) -> SpeechRequest:
    """The request with a stability that the family has no word for put into its own knob.

    A temperature that was set by hand stays as it is.
    """
    if family_of(request.model) != "csm" or request.stability is None or "temperature" in request.options:
        return request
    temperature = _LIVELIEST + (_STEADIEST - _LIVELIEST) * min(max(request.stability, 0.0), 1.0)
    return replace(request, options={**request.options, "temperature": round(temperature, 3)})
