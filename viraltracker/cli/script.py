"""`viraltracker script`: check, parse, format and compare scripts. Starts no database unless asked to."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from viraltracker.cli.edge import BAD_INPUT, FINDINGS, finding_line
from viraltracker.cli.files import read_script, write_out
from viraltracker.cli.options import json_option
from viraltracker.cli.screen import plain, print_json, print_text, say
from viraltracker.errors import BadInput, ScriptRefused

if TYPE_CHECKING:
    from viraltracker.script import BeatChange, Cast, Diff, Parsed

__all__ = ["Voices", "script"]


class Voices(NamedTuple):
    """Who may speak, and how fast each does."""

    cast: "Cast"
    speeds: Mapping[str, float]


_files = click.argument("files", nargs=-1, required=True, metavar="FILE...")
_session = click.option(
    "--session",
    metavar="SESSION",
    help="Use the stored cast of the studio that has this session, instead of the six seeded characters.",
)


@click.group()
def script() -> None:
    """Check, parse, format and compare scripts in the ELS format.

    FILE may be - for stdin. The seeded cast is used and no database is started, unless --session is given.
    Exit code 1 says that a script has errors.
    """


@script.command()
@_files
@_session
@json_option
def check(files: tuple[str, ...], session: str | None, as_json: bool) -> int:
    """Say all that is wrong with scripts, as a compiler does.

    One line for each finding: `file:line:column: severity[code] message`, below it a hint where there is one.
    With --json: one object a file, `{file, errors, warnings, diagnostics}`.
    """
    from viraltracker.script import diagnostic_to_json

    def tell(file: str, parsed: "Parsed") -> None:
        if as_json:
            found = [diagnostic_to_json(each) for each in parsed.diagnostics]
            counts = {"errors": len(parsed.errors), "warnings": len(parsed.warnings)}
            print_json({"file": file, **counts, "diagnostics": found})
            return
        for each in parsed.diagnostics:
            print_text(finding_line(file, each))
        say(f"{file}: {_count(len(parsed.errors), 'error')}, {_count(len(parsed.warnings), 'warning')}")

    return _each(files, _voices(session), as_json, tell)


@script.command()
@_files
@_session
@json_option
def parse(files: tuple[str, ...], session: str | None, as_json: bool) -> int:
    """Say what a script becomes.

    \b
    With --json, for each file one line with one object:
      {title, project, beats: [{id, number, name, leading_pause_ms, trailing_pause_ms,
       segments: [{character, direction, pace, stability, style, text, audio_tags: [{offset, tag}],
       emphasis: [], strong_emphasis: [], pause_after_ms}]}],
       diagnostics: [{code, severity, line, column, message, hint}], stats}
    With several files each object has its `file` too.
    """
    from viraltracker.script import to_json

    named = len(files) > 1

    def tell(file: str, parsed: "Parsed") -> None:
        if as_json:
            print_json(to_json(parsed, file if named else None))
        else:
            _print_reading(file, parsed)

    return _each(files, _voices(session), as_json, tell)


@script.command("format")
@_files
@_session
@click.option("--write", is_flag=True, help="Write each file in place instead of printing it.")
@click.option(
    "--json", "as_json", is_flag=True, help="Answer with one line of JSON: {file, changed} for each."
)
def format_(files: tuple[str, ...], session: str | None, write: bool, as_json: bool) -> int:
    """Print a script in its tidy spelling, or put it there with --write.

    The meaning of every beat stays as it is. A script with errors is refused; with --write then no file is
    changed at all.
    """
    if len(files) > 1 and not write:
        raise click.UsageError("Several files need --write: printed, they would run into each other.")
    if write and "-" in files:
        raise click.UsageError("What comes from stdin (-) can't be written in place.")
    from viraltracker.script import format_script

    voices = _voices(session)
    sources = {file: read_script(file) for file in files}
    try:
        tidy = {file: _named(file, format_script, source, voices.cast) for file, source in sources.items()}
    except ScriptRefused as refused:
        return _refused(refused, as_json)
    for file, text in tidy.items():
        changed = text.encode() != sources[file]
        if write and changed:
            write_out(Path(file), text.encode())
        if as_json:
            print_json({"file": file, "changed": changed, **({} if write else {"text": text})})
        elif write:
            say(f"{file}: {'formatted' if changed else 'was tidy already'}")
        else:
            click.echo(text, nl=False)
    return 0


@script.command()
@click.argument("old")
@click.argument("new")
@_session
@json_option
def diff(old: str, new: str, session: str | None, as_json: bool) -> int:
    """Compare two versions of a script beat by beat.

    Says what differs from OLD to NEW, and which takes would become stale by it.
    """
    from viraltracker.script import accepted
    from viraltracker.script import diff as compare
    from viraltracker.script import parse as read

    voices = _voices(session)
    sources = [(name, read_script(name)) for name in (old, new)]
    try:
        before, after = (
            _named(name, lambda text, cast: accepted(read(text, cast)), source, voices.cast)
            for name, source in sources
        )
    except ScriptRefused as refused:
        return _refused(refused, as_json)
    found = compare(before, after)
    if as_json:
        print_json(_diff_json(found))
    else:
        _print_diff(found)
    return 0


def _each(files: Sequence[str], voices: Voices, as_json: bool, tell: Callable[[str, "Parsed"], None]) -> int:
    """Read every file, also after one that can't be read; the worst exit code."""
    from viraltracker.script import parse as read

    code = 0
    for file in files:
        try:
            source = read_script(file)
        except BadInput as refused:
            if len(files) == 1:
                raise
            _tell_unread(file, refused, as_json)
            code = BAD_INPUT
            continue
        parsed = read(source, voices.cast, voices.speeds)
        tell(file, parsed)
        code = max(code, FINDINGS if parsed.errors else 0)
    return code


def _tell_unread(file: str, refused: BadInput, as_json: bool) -> None:
    if as_json:
        print_json({"file": file, "error": {"code": refused.code, "message": refused.message}})
    else:
        say(refused.message)


def _named(file: str, work: Callable[[bytes, "Cast"], Any], source: bytes, cast: "Cast") -> Any:
    """What `work` makes of a file; its refusal says which file it is about."""
    try:
        return work(source, cast)
    except ScriptRefused as refused:
        raise ScriptRefused(f"{file}: {refused.message}", **{**refused.facts, "file": file}) from None


def _refused(refused: ScriptRefused, as_json: bool) -> int:
    """Errors in a script are findings here, not bad input."""
    from viraltracker.cli.edge import tell

    tell(refused, as_json)
    return FINDINGS


def _voices(session: str | None) -> Voices:
    from viraltracker.script import Cast
    from viraltracker.voices import cast_names, seeded_cast, seeded_profiles

    if session is not None:
        from viraltracker.cli.stored import stored_voices

        return Voices(*stored_voices(session))
    ids, names = cast_names(seeded_cast())
    return Voices(Cast(ids, names), {profile.character: profile.speed for profile in seeded_profiles()})


def _print_reading(file: str, parsed: "Parsed") -> None:
    for found in parsed.diagnostics:
        say(finding_line(file, found))
    if parsed.script is None or parsed.stats is None:
        say(f"{file}: {_count(len(parsed.errors), 'error')}, so there are no beats")
        return
    from viraltracker.units import clock

    stats = parsed.stats
    print_text(f"{parsed.script.title} ({parsed.script.project or 'no project'})")
    print_text(
        f"{_count(stats.beats, 'beat')}, {_count(stats.lines, 'line')}, "
        f"{_count(stats.characters, 'character')}, about {clock(stats.duration_ms)}"
    )
    for beat in parsed.script.beats:
        print_text(f"\n{beat.id}  {beat.name}")
        for segment in beat.segments:
            print_text(f"  {segment.character}: {segment.text}")


def _diff_json(found: "Diff") -> dict[str, Any]:
    return {
        "title_changed": found.title_changed,
        "project_changed": found.project_changed,
        "changes": [
            {
                "beat": change.beat_id,
                "kinds": list(change.kinds),
                "settings": list(change.settings),
                "old_position": change.old_position,
                "new_position": change.new_position,
                "needs_take": change.needs_take,
            }
            for change in found.changes
        ],
        "unchanged": list(found.unchanged),
    }


def _print_diff(found: "Diff") -> None:
    for changed, what in ((found.title_changed, "title"), (found.project_changed, "project")):
        if changed:
            print_text(f"the {what} changed")
    for change in found.changes:
        print_text(f"{change.beat_id}: {_words(change)}")
    print_text(f"{_count(len(found.unchanged), 'beat')} unchanged")


def _words(change: "BeatChange") -> str:
    words = [
        f"settings ({', '.join(change.settings)})" if kind == "settings" else kind for kind in change.kinds
    ]
    if "moved" in change.kinds:
        words[change.kinds.index("moved")] = f"moved {change.old_position} to {change.new_position}"
    return plain(", ".join(words)) + (" (takes become stale)" if change.needs_take else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
