"""Tools on the cast: who speaks with which voice, and changing how."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field
from pydantic_ai import RunContext

from viraltracker.agent.bench import Bench
from viraltracker.agent.lines import voice_line
from viraltracker.agent.results import Done, VoiceLine
from viraltracker.errors import BadInput
from viraltracker.voices import EngineVoice

__all__ = ["get_voice_profile", "list_voice_profiles", "update_voice_profile"]

Share = Annotated[float, Field(ge=0, le=1)]


async def get_voice_profile(ctx: RunContext[Bench], character: str) -> VoiceLine:
    """How a character speaks now: engine, voice and settings, and which settings its engine doesn't use.

    Args:
        character: The character's id, as list_voice_profiles names it.
    """
    studio = ctx.deps.studio
    member = await studio.cast.member(character)
    return voice_line(member, studio.engines.get(member.profile.engine))


async def list_voice_profiles(ctx: RunContext[Bench]) -> tuple[VoiceLine, ...]:
    """The whole cast: every character with its engine, voice and settings."""
    studio = ctx.deps.studio
    members = await studio.cast.members()
    return tuple(voice_line(member, studio.engines.get(member.profile.engine)) for member in members)


async def update_voice_profile(
    ctx: RunContext[Bench],
    character: str,
    engine: str | None = None,
    voice: str | None = None,
    stability: Share | None = None,
    similarity: Share | None = None,
    style: Share | None = None,
    speed: Annotated[float, Field(ge=0.7, le=1.2)] | None = None,
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None,
) -> Done:
    """Change how a character speaks from now on, in all sessions. Its earlier profiles are kept.

    Takes that no longer fit become stale; none is made anew by this. What is left out stays as it is.

    Args:
        character: The character's id.
        engine: The engine that shall speak it.
        voice: A voice of that engine, by its id there.
        stability: 0 lively to 1 steady.
        similarity: How close to the original voice.
        style: How much the voice's manner is exaggerated.
        speed: 0.7 slow to 1.2 fast; a script's pace is multiplied on it.
        seed: Chance that can be had again.
    """
    studio = ctx.deps.studio
    member = await studio.cast.member(character)
    profile = member.profile
    if engine is not None and engine not in studio.engines:
        raise BadInput(f'There is no engine "{engine}". There are {", ".join(studio.engines)}.')
    profile = replace(profile, engine=engine or profile.engine)
    if voice is not None:
        before = profile.voice
        chosen = replace(before, voice=voice) if before else EngineVoice(voice)
        profile = replace(profile, voices={**profile.voices, profile.engine: chosen})
    given = {"stability": stability, "similarity": similarity, "style": style, "speed": speed, "seed": seed}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    profile = replace(profile, **changes)
    changed = await studio.cast.save(profile, member.version)
    return Done(
        f"{character} has a new voice profile." if changed else f"{character} spoke like that already."
    )
