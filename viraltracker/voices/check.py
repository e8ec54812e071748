"""What a character and a voice profile may be. Pure; raises `BadInput` in a producer's words."""

import math
import re
from collections.abc import Iterable

from viraltracker.errors import BadInput
from viraltracker.voices.model import Character, EngineVoice, VoiceProfile
from viraltracker.voices.names import ID_LENGTH, cast_names, is_slug

__all__ = ["SPEED_RANGE", "validate_character", "validate_profile"]

SPEED_RANGE = (0.7, 1.2)
"""What ElevenLabs documents for `voice_settings.speed`; the same for all engines, so switching is safe."""

_SEED_LIMIT = 2**32
_TEXT_LENGTH = 200
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def validate_character(character: Character, others: Iterable[Character] = ()) -> None:
    """Refuse a character with an unusable id, alias, role or colour, or with a name that one of `others` has.

    Raises `BadInput`.
    """
    if not is_slug(character.id):
        raise BadInput(
            f"\"{character.id}\" can't be a character's id: use a-z, 0-9 and single hyphens, "
            f"{ID_LENGTH} characters at most, like `every-coon`."
        )
    _check_text(character.role, f"{character.id}: the role")
    for alias in character.aliases:
        if not alias.strip() or alias != alias.strip() or "]" in alias or len(alias) > ID_LENGTH:
            raise BadInput(
                f'{character.id}: "{alias}" can\'t be an alias. Write up to {ID_LENGTH} characters '
                "without `]` and without blanks around them."
            )
        _check_text(alias, f"{character.id}: the alias")
    for colour in (character.colour_light, character.colour_dark):
        if not _COLOUR.fullmatch(colour):
            raise BadInput(f'{character.id}: "{colour}" is no colour. Write it like #4f8a2c.')
    cast_names((*others, character))


def validate_profile(profile: VoiceProfile) -> None:
    """Refuse a profile with a number out of its range or a voice that can't be one. Raises `BadInput`."""
    who = profile.character
    if not is_slug(who):
        raise BadInput(f'"{who}" is no character\'s id. Pick one of the cast.')
    for name, value, (low, high) in (
        ("stability", profile.stability, (0.0, 1.0)),
        ("similarity", profile.similarity, (0.0, 1.0)),
        ("style", profile.style, (0.0, 1.0)),
        ("speed", profile.speed, SPEED_RANGE),
    ):
        if not low <= value <= high:  # also refuses what is not a number
            raise BadInput(
                f"{who}: {name} {value} is outside {low:g} to {high:g}. Pick a value between them."
            )
    if profile.seed is not None and not 0 <= profile.seed < _SEED_LIMIT:
        raise BadInput(
            f"{who}: seed {profile.seed} is outside 0 to {_SEED_LIMIT - 1}. Leave it empty or pick one."
        )
    for engine in (profile.engine, *profile.voices):
        if not is_slug(engine):
            raise BadInput(f'{who}: "{engine}" is no engine\'s name. Pick one that the Voices page lists.')
    for engine, voice in profile.voices.items():
        _check_voice(voice, f"{who} on {engine}")


def _check_voice(voice: EngineVoice, where: str) -> None:
    for what, text in (("voice", voice.voice), ("model", voice.model)):
        if text is None:
            continue
        if not text.strip():
            raise BadInput(f"{where}: the {what} is empty. Choose one on the Voices page.")
        _check_text(text, f"{where}: the {what}")
    for option, value in voice.options.items():
        _check_text(option, f"{where}: an option's name")
        if not math.isfinite(value):
            raise BadInput(f"{where}: {option} must be a number.")


def _check_text(text: str, what: str) -> None:
    if len(text) > _TEXT_LENGTH:
        raise BadInput(f"{what} is {len(text)} characters long; {_TEXT_LENGTH} fit. Shorten it.")
    if not text.isprintable():
        raise BadInput(f"{what} holds a line break or another control character. Remove it.")
