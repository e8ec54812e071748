"""`viraltracker voices install` and `voices packs`: the voice worker's own voices, on this machine's disk."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import click

from viraltracker.cli.inside import begin, interruptible
from viraltracker.cli.options import json_option
from viraltracker.cli.progress import progress
from viraltracker.cli.screen import print_json, print_table, print_text, say, warn
from viraltracker.errors import BadInput

if TYPE_CHECKING:
    from viraltracker.settings import Settings
    from viraltracker.worker import Pack
    from viraltracker.worker.install import Offer

__all__ = ["install", "pack_json", "packs", "packs_folder", "packs_option"]

packs_option = click.option(
    "--packs",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder of voice packs; without it voicepacks in the data folder.",
)


@click.command()
@click.argument("family", type=click.Choice(["piper"]))
@click.argument("name")
@packs_option
@click.option("--yes", is_flag=True, help="The voice's licence is all right; don't ask.")
@json_option
def install(family: str, name: str, folder: Path | None, yes: bool, as_json: bool) -> None:
    """Install a voice for the voice worker, after showing its licence.

    NAME is like en_US-lessac-medium. It comes from the catalogue that VIRALTRACKER_PIPER_VOICES_URL names.
    The licence wants a yes. Broken off, the same command goes on where it stopped.
    """
    settings = begin()

    async def work() -> None:
        from viraltracker.worker.install import PiperInstaller

        installer = PiperInstaller(settings.piper_voices_url, packs_folder(folder, settings))
        offer = await installer.offer(name)
        if offer.installed:
            say(f"{offer.voice.name} is there already.")
        else:
            await _agreed(offer, yes)
        with progress(f"Installing {offer.voice.name}") as show:
            pack = await installer.install(
                offer, lambda done, of: show(done, of, f"{_megabytes(done)} of {_megabytes(of)} MB")
            )
        if as_json:
            print_json({**pack_json(pack), "installed": not offer.installed, "bytes": offer.voice.size_bytes})
        else:
            print_text(f"{pack.id}: {pack.folder}")

    anyio.run(interruptible, work)


@click.command()
@packs_option
@json_option
def packs(folder: Path | None, as_json: bool) -> None:
    """List the voice worker's installed voices, with their licences."""
    from viraltracker.worker.packs import read_packs

    found = read_packs(packs_folder(folder, begin()))
    if as_json:
        broken = [{"id": each.id, "problem": each.problem} for each in found.broken]
        print_json({"packs": [pack_json(pack) for pack in found.packs], "broken": broken})
        return
    for each in found.broken:
        warn(f"{each.id}: {each.problem}")
    if found.packs:
        rows = [(pack.id, pack.title, ", ".join(pack.languages), pack.licence) for pack in found.packs]
        print_table(("pack", "title", "languages", "licence"), rows)
    else:
        say("No voice is installed. `viraltracker voices install piper NAME` installs one.")


async def _agreed(offer: "Offer", yes: bool) -> None:
    """Show what it is and under which licence. Raises `BadInput` without a yes."""
    voice = offer.voice
    speakers = f", {voice.speakers} speakers" if voice.speakers > 1 else ""
    say(f"{voice.name}: {voice.title}{speakers}, {_megabytes(voice.size_bytes)} MB")
    say(f"Licence: {offer.licence}")
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInput("Nothing was installed. If the licence above is all right for you, add --yes.")
    if not await anyio.to_thread.run_sync(_confirm, abandon_on_cancel=True):
        raise BadInput("Nothing was installed.")


def _confirm() -> bool:
    return click.confirm("Is that all right for you?", default=False, err=True)


def packs_folder(given: Path | None, settings: "Settings") -> Path:
    """Where voice packs are: as given, else in the data folder."""
    return (given or settings.data / "voicepacks").expanduser().absolute()


def pack_json(pack: "Pack") -> dict[str, object]:
    """A pack as programs are told of it."""
    return {
        "id": pack.id,
        "title": pack.title,
        "version": pack.version,
        "languages": list(pack.languages),
        "rate_hz": pack.rate_hz,
        "licence": pack.licence,
        "consent": pack.consent,
        "folder": str(pack.folder),
        "sha256": pack.settings.get("sha256", {}),
    }


def _megabytes(count: int) -> int:
    return -(-count // 1_000_000)
