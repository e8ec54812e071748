"""`viraltracker voices add-checkpoint` and `add-adapter`: packs of CSM from folders on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viraltracker.cli.inside import begin
from viraltracker.cli.options import json_option
from viraltracker.cli.packs import pack_json, packs_folder, packs_option
from viraltracker.cli.screen import print_json, print_text

if TYPE_CHECKING:
    from viraltracker.worker import Pack
    from viraltracker.worker.csm.making import Said

__all__ = ["add_adapter", "add_checkpoint"]

CONSENTS = ("own voice", "given", "synthetic", "dataset licence")
_directory = click.Path(exists=True, file_okay=False, path_type=Path)
_clip = click.Path(exists=True, dir_okay=False, path_type=Path)
_licence = click.option("--licence", required=True, metavar="TEXT", help="Under which it may be used.")
_title = click.option("--title", default="", metavar="TEXT", help="What lists call it; without it, its name.")
_language = click.option(
    "--language", default="en", show_default=True, metavar="TAG", help="The language that it speaks."
)
_force = click.option("--force", is_flag=True, help="Replace a pack of that name.")


@click.command()
@click.argument("directory", type=_directory)
@click.option(
    "--name", default="csm-1b", show_default=True, metavar="NAME", help="What it is called: csm/NAME."
)
@_licence
@_title
@_language
@packs_option
@_force
@json_option
def add_checkpoint(directory: Path, folder: Path | None, force: bool, as_json: bool, **told: str) -> None:
    """Make a voice pack of a CSM checkpoint that lies in DIRECTORY.

    DIRECTORY is what transformers saves: config.json, tokenizer.json and the weights as safetensors. Nothing
    is fetched, and nothing is loaded.
    """
    settings = begin()
    from viraltracker.worker.csm import making

    said = _said(consent="synthetic", **told)
    pack = making.add_checkpoint(packs_folder(folder, settings), directory, said, replacing=force)
    _tell(pack, as_json)


@click.command()
@click.argument("directory", type=_directory)
@click.option("--name", required=True, metavar="NAME", help="What the voice is called: csm/NAME.")
@click.option("--base", default="", metavar="NAME", help="The checkpoint; without it, the only one there is.")
@click.option("--anchor", type=_clip, required=True, help="A clip of the voice, 1 to 15 seconds.")
@click.option("--transcript", required=True, metavar="TEXT", help="What is said in it, to the letter.")
@click.option(
    "--mood",
    "moods",
    multiple=True,
    type=(str, _clip, str),
    metavar="NAME CLIP TEXT",
    help="A further clip: how the voice sounds in that mood. Can be given often.",
)
@click.option("--consent", type=click.Choice(CONSENTS), required=True, help="Why the voice may be used.")
@_licence
@_title
@_language
@packs_option
@_force
@json_option
def add_adapter(
    directory: Path,
    base: str,
    anchor: Path,
    transcript: str,
    moods: tuple[tuple[str, Path, str], ...],
    folder: Path | None,
    force: bool,
    as_json: bool,
    **told: str,
) -> None:
    """Make a voice of the LoRA adapter in DIRECTORY and a clip.

    DIRECTORY is what peft saves: adapter_config.json and adapter_model.safetensors. The clip is of the one
    that it was trained on.
    """
    settings = begin()
    from viraltracker.worker.csm import making

    clips = [making.Mood("default", anchor, transcript), *(making.Mood(*mood) for mood in moods)]
    pack = making.add_adapter(
        packs_folder(folder, settings), directory, base, clips, _said(**told), replacing=force
    )
    _tell(pack, as_json)


def _said(**told: Any) -> "Said":
    from viraltracker.worker.csm.making import Said

    return Said(**{**told, "title": told["title"] or told["name"]})


def _tell(pack: "Pack", as_json: bool) -> None:
    if as_json:
        print_json(pack_json(pack))
    else:
        print_text(f"{pack.id}: {pack.folder}")
