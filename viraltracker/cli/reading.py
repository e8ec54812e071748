"""A script file on its way into the studio: read, parsed, refused with its file's name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from viraltracker.cli.edge import finding_line
from viraltracker.cli.files import read_script
from viraltracker.cli.screen import say
from viraltracker.errors import ScriptRefused

if TYPE_CHECKING:
    from viraltracker.script import Cast, Script

__all__ = ["ReadScript", "readable_script"]


@dataclass(frozen=True, slots=True)
class ReadScript:
    """A script without errors: its text as it will be stored, what it says, and for about how long."""

    els: str
    script: "Script"
    duration_ms: int


def readable_script(file: str, cast: "Cast") -> ReadScript:
    """The script in `file` (- for stdin); its warnings go to stderr.

    Raises `ScriptRefused` with all findings, and `BadInput` for what can't be read.
    """
    from viraltracker.script import accepted, parse

    source = read_script(file)
    parsed = parse(source, cast)
    try:
        script = accepted(parsed)
    except ScriptRefused as refused:
        raise ScriptRefused(f"{file}: {refused.message}", **{**refused.facts, "file": file}) from None
    for found in parsed.warnings:
        say(finding_line(file, found))
    return ReadScript(source.decode("utf-8-sig"), script, parsed.stats.duration_ms if parsed.stats else 0)
