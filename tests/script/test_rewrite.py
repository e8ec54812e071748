"""One beat taken out of a script and another put in its place: that beat alone is another afterwards."""

import pytest
from hypothesis import given

from tests.script.scripts import META, script, two_beats
from tests.script.strategies import scripts
from viraltracker.errors import BadInput, NotFound
from viraltracker.script import beat_block, changed_lines, diff, with_block

TWO = two_beats("The harbour is closed.", "No no no!")
FIRST, SECOND = (beat.id for beat in script(TWO).beats)


def block(beat_id: str, body: str) -> str:
    return f"[BEAT: {beat_id}]\nname: Another\n---\n{body}\n[END_BEAT]"


@given(scripts())
def test_a_beat_put_back_changes_nothing(source: str) -> None:
    before = script(source)
    for beat in before.beats:
        assert script(with_block(source, beat.id, beat_block(source, beat.id))) == before


@given(scripts())
def test_another_text_changes_that_beat_alone(source: str) -> None:
    before = script(source)
    for beat in before.beats:
        after = script(with_block(source, beat.id, block(beat.id, "All the lights went out.")))
        assert {change.beat_id for change in diff(before, after).changes} <= {beat.id}
        assert next(each for each in after.beats if each.id == beat.id).text == "All the lights went out."


def test_what_stands_behind_a_beat_stays() -> None:
    source = f"{META}[BEAT: a]\nname: A\n---\nFog.\n[END_BEAT] a remark\n\nnotes\n"
    assert beat_block(source, "a").endswith("Fog.\n[END_BEAT]")
    changed = with_block(source, "a", block("a", "Rain."))
    assert changed.endswith("Rain.\n[END_BEAT] a remark\n\nnotes\n")


@pytest.mark.parametrize(
    "new",
    [
        "",
        "Rain.",
        block("other", "Rain."),
        block(FIRST, "Rain.").removesuffix("[END_BEAT]"),
        block(FIRST, "Rain.") + "\n" + block("more", "Rain."),
    ],
)
def test_what_is_not_that_beat_is_refused(new: str) -> None:
    with pytest.raises(BadInput, match=FIRST):
        with_block(TWO, FIRST, new)


def test_a_beat_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFound, match="09_none"):
        beat_block(TWO, "09_none")


def test_changed_lines_are_marked() -> None:
    lines = changed_lines(TWO, with_block(TWO, SECOND, block(SECOND, "Yes yes yes!")))
    assert "-No no no!" in lines
    assert "+Yes yes yes!" in lines
    assert all(line[:1] in "+- " for line in lines)
    assert changed_lines(TWO, TWO) == ()
