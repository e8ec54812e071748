"""What holds for every text: no unhandled error, no finding outside it, formatting that keeps meaning."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.script.scripts import CAST, lines_of, mended, read, script
from tests.script.strategies import damaged_scripts, fragments, scripts
from viraltracker.errors import ScriptRefused
from viraltracker.script import (
    CODES,
    Diagnostic,
    Script,
    beat_from_json,
    beat_to_json,
    diff,
    format_script,
    to_json,
)

any_text = st.text() | st.text(st.characters()) | fragments | scripts() | damaged_scripts()


def outside_text(source: str) -> list[str]:
    """The words outside the blocks, as the findings know them."""
    return [found.message for found in read(source).diagnostics if found.code == "outside-text"]


def check_places(source: str, found: Sequence[Diagnostic]) -> None:
    lines = lines_of(source)
    for each in found:
        assert 1 <= each.line <= len(lines)
        assert 1 <= each.column <= len(lines[each.line - 1]) + 1
        assert each.length >= 0
        assert each.column - 1 + each.length <= max(len(lines[each.line - 1]), each.column)
        assert CODES[each.code].severity == each.severity


@given(any_text)
def test_any_text_is_read_and_every_finding_lies_in_it(source: str) -> None:
    parsed = read(source)
    check_places(source, parsed.diagnostics)
    assert (parsed.script is None) == bool(parsed.errors)
    json.dumps(to_json(parsed), ensure_ascii=False).encode()


@given(st.binary() | any_text.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read(data: bytes) -> None:
    parsed = read(data)
    check_places(data.decode("utf-8", "replace"), [d for d in parsed.diagnostics if d.code != "not-utf8"])
    json.dumps(to_json(parsed)).encode()


@given(any_text)
def test_bytes_and_text_read_alike(source: str) -> None:
    assume(all(not 0xD800 <= ord(character) <= 0xDFFF for character in source))
    assert read(source.encode()) == read(source)


@given(scripts())
def test_generated_scripts_have_no_errors(source: str) -> None:
    assert read(source).errors == ()


def check_format(source: str) -> None:
    before = script(source)
    tidy = format_script(source, CAST)
    after = read(tidy)
    assert after.script == before
    assert format_script(tidy, CAST) == tidy
    assert outside_text(tidy) == outside_text(source)
    assert len(after.diagnostics) <= len(read(source).diagnostics)


@given(scripts())
def test_formatting_keeps_the_meaning_and_is_done_once(source: str) -> None:
    check_format(source)


@given(damaged_scripts() | fragments)
def test_formatting_a_damaged_script_keeps_its_meaning_or_refuses(source: str) -> None:
    if read(source).script is None:
        with pytest.raises(ScriptRefused) as refused:
            format_script(source, CAST)
        assert refused.value.facts["diagnostics"] == read(source).diagnostics
    else:
        check_format(source)


@given(scripts())
def test_stored_beats_come_back_and_nothing_has_changed(source: str) -> None:
    before = script(source)
    beats = tuple(beat_from_json(json.loads(json.dumps(beat_to_json(beat)))) for beat in before.beats)
    assert beats == before.beats
    found = diff(before, Script(before.title, before.project, beats))
    assert found.changes == ()
    assert found.unchanged == tuple(beat.id for beat in beats)


@given(scripts(), scripts())
def test_a_comparison_knows_every_beat_once(old: str, new: str) -> None:
    found = diff(script(old), script(new))
    named = [change.beat_id for change in found.changes] + list(found.unchanged)
    assert sorted(named) == sorted({beat.id for beat in (*script(old).beats, *script(new).beats)})
    assert set(found.keeping_takes).isdisjoint(found.needing_takes)


@given(scripts())
def test_segments_are_what_the_format_promises(source: str) -> None:
    for beat in script(source).beats:
        assert all(segment.text == segment.text.strip() != "" for segment in beat.segments)
        assert all(0 <= audio.offset <= len(s.text) for s in beat.segments for audio in s.audio_tags)
        assert beat.segments == () or beat.segments[-1].pause_after_ms == 0
        assert beat.segments != () or beat.leading_pause_ms == 0


@given(damaged_scripts())
def test_a_replacement_never_makes_more_errors(source: str) -> None:
    parsed = read(source)
    for found in parsed.diagnostics:
        if found.replacement is not None and found.severity == "error":
            assert len(read(mended(source, found)).errors) <= len(parsed.errors)
