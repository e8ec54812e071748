"""What `viraltracker voices` asks before it changes one: who is meant, what differs, whether it can speak."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from viraltracker.errors import BadInput, Refused

if TYPE_CHECKING:
    from viraltracker.studio import Studio
    from viraltracker.takes import Member
    from viraltracker.voices import VoiceProfile

__all__ = ["changed_profile", "engine_json", "knob", "member_named", "refuse_unknown"]


async def member_named(studio: "Studio", name: str) -> "Member":
    """The character with that id or alias. Raises `NotFound`, naming the cast."""
    from viraltracker.voices import cast_names, fold

    members = await studio.cast.members()
    _, names = cast_names(tuple(member.character for member in members))
    folded = {fold(known): character for known, character in names.items()}
    return await studio.cast.member(folded.get(fold(name), name))


def changed_profile(
    studio: "Studio", profile: "VoiceProfile", wishes: Mapping[str, Any], knobs: Mapping[str, float | None]
) -> "VoiceProfile":
    """The profile with the wishes in it; a voice, a model and knobs are those of its engine then.

    A knob that is None goes back to the voice's own; so do those of before that a new model doesn't have.
    """
    from viraltracker.voices import EngineVoice

    engine = wishes.get("engine", profile.engine)
    voice = profile.voices.get(engine)
    if wishes.keys() & {"voice", "model"} or knobs:
        known = voice or EngineVoice(voice="")
        model = (wishes["model"] or None) if "model" in wishes else known.model
        kept = known.options
        if model != known.model and engine in studio.engines:
            spans = studio.engines[engine].options(model)
            kept = {name: value for name, value in kept.items() if name in spans}
        options = {name: value for name, value in {**kept, **knobs}.items() if value is not None}
        voice = EngineVoice(wishes.get("voice", known.voice), model, options)
    plain = {name: wishes[name] for name in ("stability", "similarity", "style", "speed") if name in wishes}
    if "seed" in wishes:
        plain["seed"] = _seed(wishes["seed"])
    voices_now = dict(profile.voices) if voice is None else {**profile.voices, engine: voice}
    return replace(profile, engine=engine, voices=voices_now, **plain)


async def refuse_unknown(studio: "Studio", profile: "VoiceProfile") -> None:
    """Raise `BadInput` for an engine, a voice, a model or a knob that does not exist."""
    from viraltracker.speech import SpeechRequest

    engine = studio.engines.get(profile.engine)
    if engine is None:
        raise BadInput(f'There is no engine "{profile.engine}". The engines: {", ".join(studio.engines)}.')
    if profile.voice is None or not profile.voice.voice:
        raise BadInput(f"{profile.character} has no voice on {profile.engine} yet. Give one with --voice.")
    able = engine.capabilities
    if profile.voice.model is not None and able.models and profile.voice.model not in able.models:
        raise BadInput(
            f"{profile.engine} has no model {profile.voice.model!r}. It has {', '.join(able.models)}."
        )
    spans = engine.options(profile.voice.model)
    for name, value in profile.voice.options.items():
        low, high = spans.get(name, (0.0, -1.0))
        if not low <= value <= high:
            there = ", ".join(f"{knob} {a:g} to {b:g}" for knob, (a, b) in spans.items()) or "none"
            raise BadInput(f"{profile.engine} can't take {name}={value:g}. Its knobs: {there}.")
    if able.price is None:  # a free engine can be asked by speaking a word
        try:
            voice = profile.voice
            await engine.synthesize(
                SpeechRequest("ready", voice.voice, voice.model, options=dict(voice.options))
            )
        except Refused as refused:
            raise BadInput(refused.message) from None


async def engine_json(studio: "Studio", name: str, with_voices: bool) -> dict[str, Any]:
    """An engine: whether it is ready, what it makes of a script, and its voices if wanted.

    With the voices comes `options_by_model`: the knobs of those models that have others than `options`.
    """
    engine = studio.engines[name]
    health = await engine.health()
    offered = await engine.voices() if with_voices and health.ready else ()
    facts: dict[str, Any] = {
        "engine": name,
        "title": engine.capabilities.title,
        "ready": health.ready,
        "note": health.note,
        "needs": health.needs,
        "characters_left": health.characters_left,
        "models": list(engine.capabilities.models),
        "support": dict(engine.capabilities.support),
        "options": {knob: list(span) for knob, span in engine.options(None).items()},
    }
    listed = [
        {"id": each.id, "name": each.name, "description": each.description, "model": each.model}
        for each in offered
    ]
    if not with_voices:
        return facts
    models = dict.fromkeys((*engine.capabilities.models, *(each.model for each in offered if each.model)))
    spans = {model: engine.options(model) for model in models}
    differing = {
        model: {knob: list(span) for knob, span in known.items()}
        for model, known in spans.items()
        if known != engine.options(None)
    }
    return {**facts, "voices": listed, "options_by_model": differing}


def knob(option: str) -> tuple[str, float | None]:
    """`pitch=40` as name and number, `pitch=none` as name and None. Raises click's `BadParameter`."""
    name, _, value = option.partition("=")
    if value.strip().casefold() == "none":
        return name.strip(), None
    try:
        return name.strip(), float(value)
    except ValueError:
        raise click.BadParameter(f"{option!r} is no knob. Write it like pitch=40.") from None


def _seed(given: str) -> int | None:
    if given.casefold() == "none":
        return None
    try:
        return int(given)
    except ValueError:
        raise BadInput(f"{given!r} is no seed. Write a whole number, or none.") from None
