"""Text and a voice in, audio out: the Synthesizer port and what passes through it.

In: `SpeechRequest`s. Out: `Speech`, estimates, voices, health; errors are `SpeechError`s. The engines lie
below (`speech.espeak`, `speech.elevenlabs`, `speech.tone`) and are imported by whoever composes the studio,
so that nobody pays for a vendor that isn't used. May import audio, units and errors only.
"""

from viraltracker.speech.model import (
    AudioTagAt,
    Capabilities,
    Estimate,
    Health,
    Price,
    Speech,
    SpeechRequest,
    Support,
    VoiceInfo,
)
from viraltracker.speech.ports import Synthesizer
from viraltracker.speech.scene import CONTINUITY, MOST_CONTINUITY_S, Turn, latest

__all__ = [
    "CONTINUITY",
    "MOST_CONTINUITY_S",
    "AudioTagAt",
    "Capabilities",
    "Estimate",
    "Health",
    "Price",
    "Speech",
    "SpeechRequest",
    "Support",
    "Synthesizer",
    "Turn",
    "VoiceInfo",
    "latest",
]
