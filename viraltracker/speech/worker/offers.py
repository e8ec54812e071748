"""The voices of a worker's model as the studio offers them. Pure; what a worker says is words, and few."""

from typing import Final

from viraltracker.speech.model import VoiceInfo
from viraltracker.speech.rpc import tts_pb2 as wire

__all__ = ["DEFAULT_VOICE", "offered", "words"]

DEFAULT_VOICE: Final = "default"
"""A model's first voice, whatever it is called."""
_MOST_CHARS: Final = 120


def offered(model: wire.ModelInfo) -> tuple[VoiceInfo, ...]:
    """A model's first voice, then those it names. One that was never in memory doesn't know its voices yet:
    its label `more` says so.
    """
    title = words(model.title) or words(model.id)
    labels = {"family": words(model.family), "licence": words(model.licence)}
    unknown = {} if model.voices else {"more": "its others are known once it is loaded"}
    first = VoiceInfo(
        DEFAULT_VOICE,
        f"{title}: its first voice",
        unknown.get("more", ""),
        labels={**labels, **unknown},
        model=model.id,
    )
    named = (
        VoiceInfo(voice.id, f"{title}: {words(voice.name)}", words(voice.description), labels, model.id)
        for voice in model.voices
    )
    return (first, *named)


def words(said: str, most: int = _MOST_CHARS) -> str:
    """What another process calls something, as one short line."""
    return "".join(char for char in said[:most] if char.isprintable()).strip()
