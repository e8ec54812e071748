"""`viraltracker takes path` and `export-audio`: a take's audio, where it lies or as a file to take away."""

from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread
import click

from viraltracker.cli.files import check_target, copy_out, write_out
from viraltracker.cli.inside import in_studio
from viraltracker.cli.options import json_option, out_option, session_argument
from viraltracker.cli.screen import print_json, print_text
from viraltracker.errors import BadInput, NotFound
from viraltracker.takes.naming import one_beat, session_named, take_of

if TYPE_CHECKING:
    from viraltracker.studio import Studio

__all__ = ["audio_to", "check_audio_target", "export_audio", "path", "take_option"]

take_option = click.option(
    "--take",
    "number",
    type=click.IntRange(1),
    help="The take's number; without it the picked one, else the newest.",
)
_SUFFIXES = (".flac", ".wav")


@click.command()
@session_argument
@click.argument("beat")
@take_option
@json_option
def path(session: str, beat: str, number: int | None, as_json: bool) -> None:
    """Say where the audio of a take lies.

    It is a FLAC file, named by its hash, that any player can play. It must not be changed.
    """

    async def work(studio: "Studio") -> None:
        take, sha256 = await _audio_of(studio, session, beat, number)
        where = await studio.files.file(sha256)
        if as_json:
            print_json({"beat": beat, "take": take, "path": str(where), "audio_sha256": sha256})
        else:
            print_text(str(where))

    in_studio(work)


@click.command("export-audio")
@session_argument
@click.argument("beat")
@take_option
@out_option
@json_option
def export_audio(session: str, beat: str, number: int | None, out: Path, as_json: bool) -> None:
    """Write the audio of a take to a file: .flac as it is kept, or .wav."""
    check_audio_target(out)

    async def work(studio: "Studio") -> None:
        take, sha256 = await _audio_of(studio, session, beat, number)
        await audio_to(studio, sha256, out)
        if as_json:
            print_json({"beat": beat, "take": take, "out": str(out), "audio_sha256": sha256})
        else:
            print_text(str(out))

    in_studio(work)


async def audio_to(studio: "Studio", sha256: str, out: Path) -> None:
    """Write a take's audio to `out`, as FLAC or WAV by its ending. Raises `BadInput`, `Damaged`."""
    from viraltracker.audio import decode, encode_wav

    check_audio_target(out)
    if out.suffix.lower() == ".flac":
        await anyio.to_thread.run_sync(copy_out, await studio.files.file(sha256), out)
        return
    kept = await studio.files.get(sha256)
    await anyio.to_thread.run_sync(lambda: write_out(out, encode_wav(decode(kept, "audio/flac"))))


def check_audio_target(out: Path) -> None:
    """Raise `BadInput` when a take can't be written there, or not in that format."""
    if out.suffix.lower() not in _SUFFIXES:
        raise BadInput(f"{out}: a take is written as {' or '.join(_SUFFIXES)}. Name the file so.")
    check_target(out)


async def _audio_of(studio: "Studio", session: str, beat: str, number: int | None) -> tuple[int, str]:
    take = take_of(one_beat(await session_named(studio.sessions, session), beat), number)
    if take.audio_sha256 is None:
        raise NotFound(f"Beat {beat}: take {take.number} has no audio; it is {take.status}.")
    return take.number, take.audio_sha256
