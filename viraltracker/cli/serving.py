"""`viraltracker worker serve`: a voice worker, which keeps voices in memory and speaks lines for studios."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from viraltracker.cli.anew import start_anew
from viraltracker.cli.inside import begin
from viraltracker.cli.options import json_option
from viraltracker.cli.screen import print_json, say, warn
from viraltracker.cli.stopping import until_told
from viraltracker.errors import SettingsRefused

if TYPE_CHECKING:
    from viraltracker.settings import Settings
    from viraltracker.worker.config import Config

__all__ = ["serve"]

_HAND_OVER_S = 0.0005
ENGINES = ("espeak", "piper", "openai", "csm", "tone")


@click.command()
@click.option(
    "--config",
    "config_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file; config/worker.yaml explains every key. The options below change what it says.",
)
@click.option(
    "--packs",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of voice packs; without it `voicepacks` in the data folder.",
)
@click.option("--engine", "engines", multiple=True, type=click.Choice(ENGINES), help="Only these engines.")
@click.option("--default", "default", metavar="MODEL", help="The model of who names none, like tone/tone.")
@click.option("--address", metavar="HOST:PORT", help="Where it listens.")
@click.option("--metrics", metavar="HOST:PORT", help='Where Prometheus reads its figures; "" for nowhere.')
@click.option("--name", metavar="NAME", help="What lists call it.")
@json_option
def serve(config_file: Path | None, as_json: bool, **options: Any) -> None:
    """Be a voice worker: speak lines for studios, until Ctrl-C.

    No cloud and no price per character. Studios find it by VIRALTRACKER_WORKERS, or through a Redis that
    REDIS_URL names to both.
    """
    settings = begin(lasting=True)
    try:
        config = _config(config_file, options, settings.data / "voicepacks")
    except SettingsRefused as refused:
        raise click.UsageError(refused.message) from None
    environ = {**os.environ}
    if settings.redis_url is not None:
        environ["REDIS_URL"] = settings.redis_url.get_secret_value()
    _log_as_told(config, settings, environ)
    anyio.run(_serve, config, environ, as_json)


def _log_as_told(config: "Config", settings: "Settings", environ: Mapping[str, str]) -> None:
    """The file's word counts where it says something; what it calls secret is one from here on."""
    from viraltracker.log import configure

    level = config.log_level if "log_level" in config.model_fields_set else settings.log_level
    style = config.log if "log" in config.model_fields_set else settings.log
    configure(level, style, (*settings.secrets(), *config.secrets(environ)))


def _config(file: Path | None, options: Mapping[str, Any], packs: Path) -> "Config":
    """What the file says, changed by the options that were given. Raises `SettingsRefused`."""
    from viraltracker.worker.config import Config, changed, read_config

    config = read_config(file) if file is not None else Config()
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if "engines" in given and "default" not in given:
        kept = config.default.partition("/")[0] in given["engines"]
        given["default"] = config.default if kept else ""
    if config.packs is None:
        given.setdefault("packs", packs)
    return changed(config, given)


async def _serve(config: "Config", environ: Mapping[str, str], as_json: bool) -> None:
    from viraltracker.worker.families import families_named
    from viraltracker.worker.serve import serving

    # Frames are due every 20 ms, and a thread that calculates would keep the loop waiting for up to 5.
    sys.setswitchinterval(_HAND_OVER_S)
    began_s = time.monotonic()

    def broken(why: str) -> None:
        start_anew(why, worked_s=time.monotonic() - began_s)

    families = families_named(config.engines, environ, config.csm, broken)
    async with (
        until_told(finishes="What is being spoken is finished first") as stop,
        serving(config, families, environ) as worker,
    ):
        told = worker.residency.facts()
        models = [facts.pack.id for facts in told if facts.state != "failed"]
        listed = ", ".join(models) or "no models"
        say(f"The voice worker {config.name} listens at {worker.address} and has {listed}.")
        for facts in told:
            if facts.state == "failed":
                warn(f"Left out: {facts.pack.id}. {facts.problem}")
        if as_json:
            print_json({"worker": config.name, "address": worker.address, "models": models})
        await stop.wait()
