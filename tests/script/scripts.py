"""The cast and the small scripts that these tests read."""

import re

from viraltracker.script import Beat, Cast, Diagnostic, Parsed, Script, accepted, parse

IDS = ("every-coon", "boomer", "fed", "whale", "wojak", "chad")
CAST = Cast(
    ids=IDS,
    names={
        **{character: character for character in IDS},
        "everycoon": "every-coon",
        "every_coon": "every-coon",
    },
)
META = "[META]\nvideo_title: Lighthouse Diaries, Ep 3\nproject: harbour-tales\n"
BODY_LINE = 8
"""Where the first line of `wrap`'s body stands."""


def wrap(body: str, meta: str = "") -> str:
    """A script with one beat; `meta` is one more META line."""
    return f"{META}{meta}\n[BEAT: 01_open]\nname: Fog Rolls In\n---\n{body}\n[END_BEAT]\n"


def two_beats(first: str, second: str) -> str:
    """A script with two beats."""
    return wrap(first) + f"\n[BEAT: 02_reply]\nname: The Gull Objects\n---\n{second}\n[END_BEAT]\n"


def read(source: str | bytes) -> Parsed:
    """What the parser makes of a script."""
    return parse(source, CAST)


def script(source: str | bytes) -> Script:
    """A script that has no errors."""
    return accepted(read(source))


def beat(body: str, meta: str = "") -> Beat:
    """The one beat of a script with this body."""
    return script(wrap(body, meta)).beats[0]


def texts(body: str, meta: str = "") -> list[str]:
    """What the segments of a body say."""
    return [segment.text for segment in beat(body, meta).segments]


def codes(source: str | bytes) -> list[str]:
    """The findings' codes, in order."""
    return [found.code for found in read(source).diagnostics]


def body_codes(body: str, meta: str = "") -> list[str]:
    """The findings' codes over a script with this body."""
    return codes(wrap(body, meta))


def only(source: str | bytes) -> Diagnostic:
    """The only finding over a script."""
    (found,) = read(source).diagnostics
    return found


def in_body(body: str) -> Diagnostic:
    """The only finding over a body."""
    return only(wrap(body))


def lines_of(source: str) -> list[str]:
    """The lines as columns are counted in them."""
    return re.split("\r\n|\r|\n", source.lstrip("\ufeff"))


def underlined(source: str, found: Diagnostic) -> str:
    """What an editor would underline."""
    return lines_of(source)[found.line - 1][found.column - 1 : found.column - 1 + found.length]


def mended(source: str, found: Diagnostic) -> str:
    """The script after the finding's replacement was put in its place."""
    assert found.replacement is not None
    lines = lines_of(source)
    line, start = lines[found.line - 1], found.column - 1
    lines[found.line - 1] = line[:start] + found.replacement + line[start + found.length :]
    return "\n".join(lines)
