"""The tidy spelling: what it does to a script, and what it leaves alone."""

import pytest

from tests.script.scripts import CAST, META, script, wrap
from viraltracker.errors import ScriptRefused
from viraltracker.script import format_script

UNTIDY = """\ufeff# Notes first

  keep me  as I am
[meta]  video title:The Fog
PROJECT :harbour-tales
Default_Character: EVERYCOON
default pace:Slow
author: nobody
some words


   [beat:01_open]
NAME:Fog Rolls In

  ---


 [character:Fed] [pace:FAST]  The  harbour is closed.[pause: 300 MS]
[Direction:  Flat, bored ][style: 0.70 ][STABILITY:][ laughs ]

	It has **always** been. [SFX:gull] [pause] [1] [oops  [END_BEAT]  behind it
 between
[BEAT: 02_reply]
name:  A
---
[PAUSE:Dramatic][PAUSE:1.5 s][direction:]
No. [end beat]


after


all
"""

TIDY = """# Notes first

  keep me  as I am

[META]
video_title: The Fog
project: harbour-tales
default_character: every-coon
default_pace: slow
author: nobody
some words

[BEAT: 01_open]
name: Fog Rolls In
---
[CHARACTER: fed] [PACE: fast]  The  harbour is closed.[PAUSE: 300ms]
[DIRECTION: Flat, bored][STYLE: 0.70][STABILITY:][laughs]

It has **always** been. [SFX:gull] [pause] [1] [oops
[END_BEAT] behind it

 between

[BEAT: 02_reply]
name: A
---
[PAUSE: dramatic][PAUSE: 1.5s][DIRECTION:]
No.
[END_BEAT]

after

all
"""


def test_an_untidy_script_becomes_tidy() -> None:
    assert format_script(UNTIDY, CAST) == TIDY
    assert format_script(UNTIDY.encode(), CAST) == TIDY
    assert format_script(TIDY, CAST) == TIDY
    assert script(TIDY) == script(UNTIDY)


def test_a_late_meta_moves_up_and_takes_no_text_with_it() -> None:
    beats = wrap("One.").removeprefix(META).lstrip()
    source = f"above\n\n{beats}between\n\n{META}# in meta\n"
    tidy = format_script(source, CAST)
    assert tidy == f"above\n\n{META}# in meta\n\n{beats}\nbetween\n"
    assert script(tidy) == script(source)
    assert format_script(tidy, CAST) == tidy


def test_a_marker_behind_end_beat_stays_there() -> None:
    source = wrap("One. [END_BEAT] [META]").removesuffix("\n[END_BEAT]\n")
    assert (
        format_script(source, CAST) == wrap("One.\n[END_BEAT] [META]").removesuffix("\n[END_BEAT]\n") + "\n"
    )


def test_text_that_begins_like_a_bom_is_kept() -> None:
    source = "\n\ufeff[META]\n" + wrap("One.")
    tidy = format_script(source, CAST)
    assert tidy.startswith("\n\ufeff[META]\n\n[META]\n")
    assert format_script(tidy, CAST) == tidy
    assert script(tidy) == script(source)


def test_a_script_with_errors_is_refused_with_all_findings() -> None:
    with pytest.raises(ScriptRefused) as refused:
        format_script(wrap("[PACE: brisk] [SFX: x] Hi."), CAST)
    assert [found.code for found in refused.value.facts["diagnostics"]] == ["unknown-pace", "unknown-tag"]
    with pytest.raises(ScriptRefused, match="not UTF-8"):
        format_script(b"\xff", CAST)
