"""What a click on the cast sheet means.

Voices, settings and test lines. One use case of the studio for each.
"""

from collections.abc import Mapping
from dataclasses import replace

from viraltracker.errors import BadInput
from viraltracker.studio import Studio
from viraltracker.takes import Member
from viraltracker.ui.show.voices import parts_of
from viraltracker.voices import EngineVoice, VoiceProfile

__all__ = ["choose_voice", "save_settings", "with_settings"]


async def choose_voice(studio: Studio, member: Member, choice: str) -> bool:
    """Speak with a voice on offer (a `choice_of`) from now on; its model and options stay where they fit."""
    engine, voice, model = parts_of(choice)
    if engine not in studio.engines or not voice:
        raise BadInput(f'There is no voice "{choice[:60]}" on offer. Reload the page.')
    held = member.profile.voices.get(engine) or EngineVoice(voice)
    # An engine that names its models speaks every voice with any; elsewhere the old model may not know it.
    kept = held.model if studio.engines[engine].capabilities.models else None
    chosen = replace(held, voice=voice, model=model or kept)
    voices = {**member.profile.voices, engine: chosen}
    return await studio.cast.save(replace(member.profile, engine=engine, voices=voices), member.version)


def with_settings(profile: VoiceProfile, settings: Mapping[str, float]) -> VoiceProfile:
    """The profile with moved sliders: stability, style, speed, and the active engine's own options."""
    own = ("stability", "style", "speed")
    options = {name: value for name, value in settings.items() if name not in own}
    changed = replace(
        profile,
        stability=settings.get("stability", profile.stability),
        style=settings.get("style", profile.style),
        speed=settings.get("speed", profile.speed),
    )
    voice = profile.voice
    if not options or voice is None:
        return changed
    renewed = replace(voice, options={**voice.options, **options})
    return replace(changed, voices={**profile.voices, profile.engine: renewed})


async def save_settings(studio: Studio, member: Member, settings: Mapping[str, float]) -> bool:
    """Keep moved sliders as the character's next profile version."""
    return await studio.cast.save(with_settings(member.profile, settings), member.version)
