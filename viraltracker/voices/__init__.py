"""Who may speak: characters, their other names, and the voice profiles that say how. Pure.

In: names, numbers, JSON. Out: checked `Character`s and `VoiceProfile`s, the names a script may use, the
seeded six. May import units and errors only: no engine, no script, no storage. `cast_names` gives what a
parser's cast is made of.
"""

from viraltracker.voices.changes import profile_diff
from viraltracker.voices.check import validate_character, validate_profile
from viraltracker.voices.document import (
    character_from_json,
    character_to_json,
    profile_from_json,
    profile_to_json,
)
from viraltracker.voices.model import Character, EngineVoice, VoiceProfile
from viraltracker.voices.names import cast_names, fold, slug
from viraltracker.voices.seeds import seeded_cast, seeded_profiles

__all__ = [
    "Character",
    "EngineVoice",
    "VoiceProfile",
    "cast_names",
    "character_from_json",
    "character_to_json",
    "fold",
    "profile_diff",
    "profile_from_json",
    "profile_to_json",
    "seeded_cast",
    "seeded_profiles",
    "slug",
    "validate_character",
    "validate_profile",
]
