"""What the documents say is so: settings, commands, make targets, files, and the rooms of the house."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from viraltracker.cli.root import root
from viraltracker.settings import settings_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
GUIDES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in (ROOT / "docs").rglob("*.md")}
DOCUMENTS = {"README.md": README, "ARCHITECTURE.md": ARCHITECTURE, "CHANGELOG.md": CHANGELOG, **GUIDES}


def code(document: str) -> list[str]:
    """Lines of fenced blocks, and inline code."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```[^\n]*\n.*?^```", "", document, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", rest)


def named_commands(document: str) -> Iterator[list[str]]:
    """The words after each `viraltracker` that stands in code as a command."""
    for line in code(document):
        match = re.search(r"(?:^|[\s/$])viraltracker\s+([a-z-].*)", line.partition(" #")[0])
        if match:
            yield match[1].split()


def all_commands(group: click.Group = root, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that does something, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield (*above, name)
            yield from all_commands(command, (*above, name))
        else:
            yield (*above, name)


def complaint(words: list[str]) -> str | None:
    """Why this command line would not be understood."""
    command: click.Command = root
    rest = list(words)
    while isinstance(command, click.Group) and rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]):
        below = command.get_command(click.Context(command), rest[0])
        if below is None:
            return f"viraltracker {' '.join(words)}: there is no {rest[0]!r}"
        command, rest = below, rest[1:]
    known = {"--help", "-h", "--version"} | {option for each in command.params for option in each.opts}
    known |= {option for each in command.params for option in each.secondary_opts}
    unknown = [word for word in rest if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known]
    return f"viraltracker {' '.join(words)}: there is no option {unknown[0]}" if unknown else None


def test_every_command_in_the_documents_exists() -> None:
    found = [complaint(words) for text in DOCUMENTS.values() for words in named_commands(text)]
    assert found
    assert [each for each in found if each] == []


def test_every_command_is_in_the_readme() -> None:
    shown = {" ".join(words) for words in named_commands(README)}
    missing = [
        " ".join(words)
        for words in all_commands()
        if not any(f"{line} ".startswith(f"{' '.join(words)} ") for line in shown)
    ]
    assert missing == []


def test_the_readme_has_the_table_of_settings_as_they_are() -> None:
    assert settings_table() in README, "README: put in what `python -m viraltracker.settings` prints"


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        word
        for text in DOCUMENTS.values()
        for line in code(text)
        for match in re.findall(r"(?:^|\s)make((?: [a-z-]+)+)", line)
        for word in match.split()
    }
    assert {"studio", "test"} <= named
    assert named <= targets


def test_every_file_in_the_documents_exists() -> None:
    links = [
        (name, link)
        for name, text in DOCUMENTS.items()
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
        if "://" not in link
    ]
    assert [f"{name}: {link}" for name, link in links if not ((ROOT / name).parent / link).exists()] == []


def test_every_room_of_the_house_is_in_the_architecture_page() -> None:
    rooms = {path.parent.name for path in (ROOT / "viraltracker").glob("*/__init__.py")}
    assert {room for room in rooms if f"`{room}`" not in ARCHITECTURE} == set()


def test_every_part_named_in_the_architecture_page_exists() -> None:
    named = set(
        re.findall(r"`((?:viraltracker|pages|sql|tests|benchmarks|evals|examples)/[\w./-]*)`", ARCHITECTURE)
    )
    assert named
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_the_changelog_begins_with_what_is_not_released() -> None:
    headings = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert headings[0] == "Unreleased"


def test_a_misspelt_command_in_a_document_is_found() -> None:
    block = "```sh\n.venv/bin/viraltracker doctor --nope  # look\nls viraltracker\n```\n"
    page = f"Run `viraltracker doctr`, or:\n\n{block}"
    assert list(named_commands(page)) == [["doctor", "--nope"], ["doctr"]]
    assert [complaint(words) is not None for words in named_commands(page)] == [True, True]
    assert complaint(["doctor", "--json"]) is None
