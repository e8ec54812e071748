"""Help is the documentation: every command says what it does, every option what it means."""

from collections.abc import Iterator

import click
import pytest

from tests.cli.conftest import Command
from viraltracker.cli.root import COMMANDS, root

SHORT_CHARS = 66
"""What fits beside a command's name in a terminal of 80 columns."""


def walked(
    group: click.Group = root, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*above, name), command
        if isinstance(command, click.Group):
            yield from walked(command, (*above, name))


WALKED = tuple(walked())
NAMES = [" ".join(words) for words, _ in WALKED]


def test_the_commands_that_were_promised_are_there() -> None:
    promised = {
        *("studio", "worker", "migrate", "doctor", "render", "sessions", "takes"),
        *("export", "voices", "check", "gc", "backup", "restore"),
    }
    assert promised | {f"script {verb}" for verb in ("check", "parse", "format", "diff")} <= set(NAMES)
    assert set(COMMANDS) == {name for name in NAMES if " " not in name}


@pytest.mark.parametrize(("words", "each"), WALKED, ids=NAMES)
def test_a_command_says_what_it_is_for(words: tuple[str, ...], each: click.Command, command: Command) -> None:
    assert each.help
    assert each.help[0].isupper()
    assert not each.get_short_help_str(SHORT_CHARS).endswith("...")
    said = command(*words, "--help")
    assert said.code == 0
    assert said.out.startswith("Usage: ")


@pytest.mark.parametrize(("words", "each"), WALKED, ids=NAMES)
def test_every_option_says_what_it_means(words: tuple[str, ...], each: click.Command) -> None:
    dumb = [
        parameter.name
        for parameter in each.params
        if isinstance(parameter, click.Option)
        and not parameter.hidden
        and not (parameter.help or "").endswith(".")
    ]
    assert dumb == []


@pytest.mark.parametrize(("words", "each"), WALKED, ids=NAMES)
def test_every_command_that_answers_does_so_in_json(words: tuple[str, ...], each: click.Command) -> None:
    silent = isinstance(each, click.Group) or words in {("worker",), ("mcp",)}
    assert silent != any("--json" in parameter.opts for parameter in each.params)


def test_the_version_is_the_packages(command: Command) -> None:
    assert command("--version").out.startswith("viraltracker 0.")
