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
    chosen = EngineVoice(voice, model or kept)
    spans = studio.engines[engine].options(chosen.model)
    chosen = replace(
        chosen, options={name: x for name, x in held.options.items() if _fits(x, spans.get(name))}
    )
    voices = {**member.profile.voices, engine: chosen}
    return await studio.cast.save(replace(member.profile, engine=engine, voices=voices), member.version)


def with_settings(profile: VoiceProfile, settings: Mapping[str, float | None]) -> VoiceProfile:
    """The profile with moved sliders: stability, style, speed, and the active engine's own knobs.

    A knob that is None goes back to the voice's own; for the three that always have a value it says nothing.
    """
    own = ("stability", "style", "speed")
    moved = {name: value for name, value in settings.items() if value is not None}
    changed = replace(
        profile,
        stability=moved.get("stability", profile.stability),
        style=moved.get("style", profile.style),
        speed=moved.get("speed", profile.speed),
    )
    knobs = {name: value for name, value in settings.items() if name not in own}
    voice = profile.voice
    if not knobs or voice is None:
        return changed
    turned = {name: value for name, value in {**voice.options, **knobs}.items() if value is not None}
    return replace(changed, voices={**profile.voices, profile.engine: replace(voice, options=turned)})


def _fits(value: float, span: tuple[float, float] | None) -> bool:
    return span is not None and span[0] <= value <= span[1]


async def save_settings(studio: Studio, member: Member, settings: Mapping[str, float | None]) -> bool:
    """Keep moved sliders as the character's next profile version."""
    return await studio.cast.save(with_settings(member.profile, settings), member.version)
