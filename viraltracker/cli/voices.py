"""`viraltracker voices`: the cast, how each character speaks, the engines, and a line to try them with."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viraltracker.cli.fleet import load, unload, workers
from viraltracker.cli.hearing import audio_to, check_audio_target
from viraltracker.cli.inside import in_studio
from viraltracker.cli.local_voices import add_adapter, add_checkpoint
from viraltracker.cli.options import json_option, out_option
from viraltracker.cli.packs import install, packs
from viraltracker.cli.screen import print_json, print_table, print_text, say
from viraltracker.cli.told import member_json
from viraltracker.cli.voicing import changed_profile, engine_json, knob, member_named, refuse_unknown

if TYPE_CHECKING:
    from viraltracker.studio import Studio
    from viraltracker.takes import Member
    from viraltracker.voices import VoiceProfile

__all__ = ["voices"]

_fraction = click.FloatRange(0.0, 1.0)
_character = click.argument("character")


@click.group()
def voices() -> None:
    """Show and change who speaks how. CHARACTER is the id or an alias, as in scripts.

    Changing a voice makes takes stale that were made with the old one; it never removes one.
    """


for _command in (install, packs, add_checkpoint, add_adapter, workers, load, unload):
    voices.add_command(_command)


@voices.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the cast with the voice each character has now."""

    async def work(studio: "Studio") -> None:
        members = await studio.cast.members()
        if as_json:
            print_json([member_json(member) for member in members])
            return
        rows = []
        for member in members:
            profile = member.profile
            voice = profile.voice.voice if profile.voice else "none chosen"
            numbers = (profile.stability, profile.similarity, profile.style, profile.speed)
            rows.append(
                (
                    member.character.id,
                    member.character.role,
                    profile.engine,
                    voice,
                    *(f"{n:.2f}" for n in numbers),
                )
            )
        print_table(
            ("character", "role", "engine", "voice", "stability", "similarity", "style", "speed"), rows
        )

    in_studio(work)


@voices.command()
@_character
@json_option
def show(character: str, as_json: bool) -> None:
    """Show a character's voice, and what of it the engine uses."""

    async def work(studio: "Studio") -> None:
        member = await member_named(studio, character)
        uses = _uses(studio, member.profile)
        if as_json:
            print_json({**member_json(member), "uses": uses})
        else:
            _print_member(member, uses)

    in_studio(work)


@voices.command("set")
@_character
@click.option("--engine", metavar="NAME", help="Speak with this engine from now on.")
@click.option("--voice", metavar="ID", help="The voice's id on that engine.")
@click.option("--model", metavar="ID", help="The model on that engine; empty for its first.")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=NUMBER",
    help="A knob of the engine: pitch=40, or pitch=none.",
)
@click.option("--stability", type=_fraction, help="0 lively to 1 steady.")
@click.option("--similarity", type=_fraction, help="How close to the original voice, 0 to 1.")
@click.option("--style", type=_fraction, help="How much the voice's manner is exaggerated, 0 to 1.")
@click.option(
    "--speed", type=click.FloatRange(0.7, 1.2), help="0.7 slow to 1.2 fast; multiplied by a line's pace."
)
@click.option("--seed", metavar="N|none", help="Chance that can be had again; none lifts it.")
@json_option
def set_(character: str, as_json: bool, options: tuple[str, ...], **given: Any) -> None:
    """Change a character's voice; what is not given stays as it is."""
    knobs = dict(knob(option) for option in options)
    wishes = {name: value for name, value in given.items() if value is not None}
    if not (wishes or knobs):
        raise click.UsageError("Say what to change: --engine, --voice, --speed and the others.")

    async def work(studio: "Studio") -> None:
        from viraltracker.voices import profile_diff

        member = await member_named(studio, character)
        profile = changed_profile(studio, member.profile, wishes, knobs)
        await refuse_unknown(studio, profile)
        saved = await studio.cast.save(profile, member.version)
        changes = list(profile_diff(member.profile, profile))
        if as_json:
            print_json({"character": member.character.id, "changed": saved, "changes": changes})
        else:
            say("\n".join(changes) if saved else "Nothing differs from the voice it has.")

    in_studio(work)


@voices.command()
@_character
@json_option
def history(character: str, as_json: bool) -> None:
    """List the voices a character has had, newest first."""

    async def work(studio: "Studio") -> None:
        from viraltracker.voices import profile_diff, profile_to_json

        member = await member_named(studio, character)
        had = await studio.cast.history(member.character.id)
        if as_json:
            facts = [
                {
                    "version": each.version,
                    "active": each.active,
                    "created_at": each.created_at.isoformat(),
                    "profile": profile_to_json(each.profile),
                }
                for each in had
            ]
            print_json(facts)
            return
        before = [*(each.profile for each in had[1:]), None]
        print_table(
            ("version", "since", "changes"),
            [
                (
                    f"{each.version}{' (now)' if each.active else ''}",
                    each.created_at.isoformat()[:16].replace("T", " "),
                    "; ".join(profile_diff(old, each.profile)) if old else "first",
                )
                for each, old in zip(had, before, strict=True)
            ],
        )

    in_studio(work)


@voices.command()
@click.option("--voices", "with_voices", is_flag=True, help="With the voices that each engine offers.")
@json_option
def engines(with_voices: bool, as_json: bool) -> None:
    """Say which engines there are, and whether each is ready.

    And what each makes of the parts of a script: honoured, approximated or not used.
    """

    async def work(studio: "Studio") -> None:
        told = [await engine_json(studio, name, with_voices) for name in studio.engines]
        if as_json:
            print_json(told)
            return
        for engine in told:
            print_text(
                f"{engine['engine']} ({engine['title']}): {'ready' if engine['ready'] else 'not ready'}"
            )
            print_text(f"  {engine['note']}")
            print_text("  " + ", ".join(f"{part}: {what}" for part, what in engine["support"].items()))
            for voice in engine.get("voices", ()):
                model = f"  --model {voice['model']}" if voice["model"] else ""
                print_text(f"  {voice['id']}  {voice['name']}{model}  {voice['description']}".rstrip())

    in_studio(work)


@voices.command("say")
@_character
@click.argument("text")
@out_option
@click.option("--engine", metavar="NAME", help="With another engine than the profile's.")
@json_option
def say_(character: str, text: str, out: Path, engine: str | None, as_json: bool) -> None:
    """Let a character say TEXT into a file, .flac or .wav.

    What a paid engine takes for it is charged and kept: the same line again costs nothing.
    """
    check_audio_target(out)

    async def work(studio: "Studio") -> None:
        member = await member_named(studio, character)
        profile = member.profile if engine is None else member.profile.on(engine)
        await refuse_unknown(studio, profile)
        sha256, _ = await studio.audition(profile, text)
        await audio_to(studio, sha256, out)
        if as_json:
            print_json({"character": member.character.id, "engine": profile.engine, "out": str(out)})
        else:
            print_text(str(out))

    in_studio(work)


def _uses(studio: "Studio", profile: "VoiceProfile") -> dict[str, str]:
    engine = studio.engines.get(profile.engine)
    if engine is None:
        return {}
    return dict(engine.support(profile.voice.model if profile.voice else None))


def _print_member(member: "Member", uses: Mapping[str, str]) -> None:
    character, profile = member.character, member.profile
    aliases = f" (also {', '.join(character.aliases)})" if character.aliases else ""
    print_text(f"{character.id}{aliases}: {character.role}")
    for engine, voice in profile.voices.items():
        knobs = ", ".join(f"{name} {value:g}" for name, value in voice.options.items())
        words = [voice.voice, *([voice.model] if voice.model else []), *([knobs] if knobs else [])]
        print_text(f"  {'*' if engine == profile.engine else ' '} {engine}: {', '.join(words)}")
    for name in ("stability", "similarity", "style", "speed", "seed"):
        value = getattr(profile, name)
        unused = f" (not used by {profile.engine})" if uses.get(name) == "not used" else ""
        print_text(f"    {name}: {'none' if value is None else value}{unused}")
