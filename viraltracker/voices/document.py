"""Characters and voice profiles as JSON and back, for rows, backups and programs. Unknown keys are refused.

What comes in was written by others: it is read strictly and held to the same rules as what a producer types.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from viraltracker.errors import BadInput
from viraltracker.voices.check import validate_character, validate_profile
from viraltracker.voices.model import Character, EngineVoice, VoiceProfile

__all__ = ["character_from_json", "character_to_json", "profile_from_json", "profile_to_json"]

_Number = Annotated[float, Field(allow_inf_nan=False)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_Read = TypeVar("_Read", bound=_Document)


class _CharacterDocument(_Document):
    id: str
    role: str
    aliases: list[str] = []
    colour_light: str
    colour_dark: str


class _VoiceDocument(_Document):
    voice: str
    model: str | None = None
    options: dict[str, _Number] = {}


class _ProfileDocument(_Document):
    character: str
    engine: str
    voices: dict[str, _VoiceDocument]
    stability: _Number
    similarity: _Number
    style: _Number
    speed: _Number
    seed: int | None = None


def character_to_json(character: Character) -> dict[str, Any]:
    """A character as plain JSON values."""
    return {
        "id": character.id,
        "role": character.role,
        "aliases": list(character.aliases),
        "colour_light": character.colour_light,
        "colour_dark": character.colour_dark,
    }


def character_from_json(value: object) -> Character:
    """Undo `character_to_json`. Raises `BadInput` for anything else."""
    read = _read(_CharacterDocument, value, "character")
    character = Character(read.id, read.role, tuple(read.aliases), read.colour_light, read.colour_dark)
    validate_character(character)
    return character


def profile_to_json(profile: VoiceProfile) -> dict[str, Any]:
    """A profile as plain JSON values."""
    return {
        "character": profile.character,
        "engine": profile.engine,
        "voices": {engine: _voice_to_json(voice) for engine, voice in profile.voices.items()},
        "stability": profile.stability,
        "similarity": profile.similarity,
        "style": profile.style,
        "speed": profile.speed,
        "seed": profile.seed,
    }


def profile_from_json(value: object) -> VoiceProfile:
    """Undo `profile_to_json`. Raises `BadInput` for anything else."""
    read = _read(_ProfileDocument, value, "voice profile")
    profile = VoiceProfile(
        character=read.character,
        engine=read.engine,
        voices={name: EngineVoice(v.voice, v.model, v.options) for name, v in read.voices.items()},
        stability=read.stability,
        similarity=read.similarity,
        style=read.style,
        speed=read.speed,
        seed=read.seed,
    )
    validate_profile(profile)
    return profile


def _voice_to_json(voice: EngineVoice) -> Mapping[str, Any]:
    return {"voice": voice.voice, "model": voice.model, "options": dict(voice.options)}


def _read(kind: type[_Read], value: object, what: str) -> _Read:
    try:
        return kind.model_validate(value)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "it"
        raise BadInput(f"This is no {what}: {where}: {first['msg'].lower()}.") from None
