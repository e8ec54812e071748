"""The cast a studio starts with: six characters and how each of them speaks.

Stability, style, speed, similarity and the ElevenLabs voice are those that the show was first produced with.
The eSpeak NG voices were chosen by measurement to differ in timbre, pitch, liveliness and tempo (see
`benchmarks/seeded_voices.py`), with volumes that bring all six to one loudness and none near full scale.
"""

from viraltracker.voices.model import Character, EngineVoice, VoiceProfile

__all__ = ["seeded_cast", "seeded_profiles"]

_ELEVENLABS = EngineVoice(voice="BRruTxiLM2nszrcCIpz1", model="eleven_multilingual_v2")
"""One voice for all six, told apart by their settings. The model honours style, which four lean on."""

_CAST = (
    Character("every-coon", "deadpan narrator", ("everycoon",), "#5b6b7d", "#9db0c5"),
    Character("boomer", "slow, grumbling elder", (), "#a8742a", "#dba95c"),
    Character("fed", "flat bureaucrat", (), "#4e5fa8", "#93a3ec"),
    Character("whale", "confident big money", (), "#16808f", "#5cc4d3"),
    Character("wojak", "panicky loser", (), "#b5487e", "#ea86b8"),
    Character("chad", "over-confident, fast", (), "#4f8a2c", "#92cf6a"),
)


def seeded_cast() -> tuple[Character, ...]:
    """The six characters, narrator first."""
    return _CAST


def seeded_profiles() -> tuple[VoiceProfile, ...]:
    """One profile a character, in the cast's order. eSpeak NG speaks; ElevenLabs is one switch away."""
    return (
        _profile("every-coon", 0.35, 0.45, 1.00, _espeak("en-us+m3", 42, 32, 160, 70)),
        _profile("boomer", 0.50, 0.30, 0.85, _espeak("en-us+grandpa", 14, 45, 158, 72)),
        _profile("fed", 0.65, 0.20, 0.70, _espeak("en-us+Mr serious", 50, 6, 176, 40)),
        _profile("whale", 0.40, 0.50, 0.95, _espeak("en-us+david", 38, 60, 160, 75)),
        _profile("wojak", 0.30, 0.60, 1.10, _espeak("en-us+AnxiousAndy", 88, 80, 190, 33)),
        _profile("chad", 0.40, 0.55, 1.05, _espeak("en-us+Michael", 38, 55, 180, 54)),
    )


def _profile(
    character: str, stability: float, style: float, speed: float, espeak: EngineVoice
) -> VoiceProfile:
    return VoiceProfile(
        character=character,
        engine="espeak",
        voices={"espeak": espeak, "elevenlabs": _ELEVENLABS},
        stability=stability,
        similarity=0.78,
        style=style,
        speed=speed,
    )


def _espeak(voice: str, pitch: float, pitch_range: float, rate_wpm: float, volume: float) -> EngineVoice:
    options = {"pitch": pitch, "pitch_range": pitch_range, "rate_wpm": rate_wpm, "volume": volume}
    return EngineVoice(voice=voice, options=options)
