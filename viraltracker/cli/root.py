"""The commands by name, each loaded when it is wanted: `script check` must not wait for a database driver."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click

from viraltracker.cli.edge import BROKEN_PIPE, exit_code

__all__ = ["COMMANDS", "main", "root"]

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "studio": "studio:studio",
        "render": "render:render",
        "script": "script:script",
        "sessions": "sessions:sessions",
        "takes": "takes:takes",
        "export": "export:export",
        "voices": "voices:voices",
        "agent": "agent:agent",
        "mcp": "mcp:mcp",
        "worker": "worker:worker",
        "doctor": "doctor:doctor",
        "migrate": "upkeep:migrate",
        "check": "upkeep:check",
        "gc": "upkeep:gc",
        "blobs": "blobs:blobs",
        "project": "project:project",
        "backup": "upkeep:backup",
        "restore": "upkeep:restore",
    }
)
"""Command -> module of this package and the command's name in it, in the order in which help lists them."""

_UNLISTED = MappingProxyType({"pages": "pages:pages"})
"""What the studio calls for itself."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name) or _UNLISTED.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command = getattr(import_module(f"viraltracker.cli.{module}"), name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above is ours
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Who read us has gone. click would call it 1, which is for findings.
            raise click.exceptions.Exit(BROKEN_PIPE) from None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        run = super().main
        if not standalone_mode:
            return run(given, prog_name, complete_var, standalone_mode=False, **extra)
        as_json = "--json" in given
        sys.exit(exit_code(lambda: run(given, prog_name, complete_var, False, **extra), as_json))


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="viraltracker", message="viraltracker %(version)s")
def root() -> None:
    """Turn a tagged script into a mastered episode: beats, takes, picks, export.

    `viraltracker studio` opens the studio in the browser; every other command does one thing of it here.
    A session is named by its id, by the beginning of it, or by its whole title.

    \b
    Answers go to stdout, progress and warnings to stderr. With --json the answer is one line of JSON, and
    an error is {"error": {"code", "message"}} on stdout as well.
    Exit codes:
      0    done
      1    there are findings: errors in a script, damage in the store, something that doctor would mend
      2    bad input or usage; nothing was changed
      3    something failed that is not your fault, such as a full disk or a provider that is down
      130  stopped by Ctrl-C (143 by SIGTERM); what was finished is kept
    """


def main() -> None:
    """The entry point."""
    root(prog_name="viraltracker")
