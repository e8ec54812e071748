"""Acting notes become tags: the manner changes, and nothing else does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.script.scripts import CAST, beat, lines_of, script, wrap
from tests.script.strategies import scripts
from viraltracker.errors import ScriptRefused
from viraltracker.script import ActingNote, Beat, Segment, with_notes

DIRECTIONS = ("Flat, bored", "whispered", "", "  two\n words ", "a] b", "[BEAT: x", "x" * 300, "\u202e")
PACES = ("slow", "NORMAL", "chaos", "warp")


def note(segment: int, direction: str | None = None, pace: str | None = None) -> ActingNote:
    return ActingNote("01_open", segment, direction, pace)


def noted(body: str, *notes: ActingNote) -> str:
    """The body after the notes; all of them are in it."""
    els, left_out = with_notes(wrap(body), CAST, notes)
    assert left_out == ()
    return els.partition("---\n")[2].partition("\n[END_BEAT]")[0]


def manners(body: str) -> list[tuple[str, str | None, str]]:
    return [(each.text, each.direction, each.pace) for each in beat(body).segments]


def test_a_note_stands_before_its_text() -> None:
    assert noted("The harbour is closed.", note(0, "Flat", "slow")) == (
        "[DIRECTION: Flat] [PACE: slow] The harbour is closed."
    )


def test_a_note_takes_the_place_of_the_tag_in_force() -> None:
    body = "[DIRECTION: calm]\n[PACE: fast]\nThe harbour is closed."
    assert noted(body, note(0, "Flat")) == "[DIRECTION: Flat]\n[PACE: fast]\nThe harbour is closed."


def test_what_comes_after_is_spoken_as_before() -> None:
    body = "One.\n[CHARACTER: wojak]\nTwo.\nThree. [PAUSE: beat] Four."
    after = noted(body, note(1, "Rising panic", "chaos"))
    assert manners(after) == [
        ("One.", None, "normal"),
        ("Two. Three.", "Rising panic", "chaos"),
        ("Four.", None, "normal"),
    ]
    assert "[DIRECTION:] [PACE: normal] Four." in after


def test_a_tag_inside_a_segment_that_changed_nothing_follows() -> None:
    body = "[PACE: fast]\nOne.\n[PACE: fast]\nTwo."
    assert noted(body, note(0, pace="slow")) == "[PACE: slow]\nOne.\n[PACE: slow]\nTwo."


def test_two_that_become_alike_stay_two() -> None:
    body = "[DIRECTION: calm]\nOne.\n[DIRECTION: angry]\nTwo."
    after = noted(body, note(0, "flat"), note(1, "flat"))
    assert after == "[DIRECTION: flat]\nOne.\n[PAUSE: beat] [DIRECTION: flat]\nTwo."
    assert [each.pause_after_ms for each in beat(after).segments] == [150, 0]


def test_a_swap_needs_no_pause() -> None:
    body = "[DIRECTION: calm]\nOne.\n[DIRECTION: angry]\nTwo."
    assert noted(body, note(0, "angry"), note(1, "calm")) == (
        "[DIRECTION: angry]\nOne.\n[DIRECTION: calm]\nTwo."
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (ActingNote("02_reply", 0, "Flat"), "no beat"),
        (note(1, "Flat"), "no segment 1"),
        (note(-1, "Flat"), "no segment -1"),
        (note(0, pace="warp"), "no pace"),
        (note(0, "[END_BEAT]"), "brackets"),
        (note(0, "\x00"), "control"),
        (note(0, "x" * 201), "201 characters"),
        (note(0, pace="normal"), "already"),
        (note(0), "already"),
    ],
)
def test_what_is_left_out_says_why(wrong: ActingNote, why: str) -> None:
    source = wrap("The harbour is closed.")
    els, left_out = with_notes(source, CAST, [wrong])
    assert els == source
    ((left, said),) = left_out
    assert left == wrong
    assert why in said


def test_a_note_that_would_move_an_audio_tag_is_left_out_and_the_others_are_in() -> None:
    body = "One. [DIRECTION: calm] [laughs] [PAUSE: beat] Two."
    els, left_out = with_notes(wrap(body), CAST, [note(0, "calm"), note(1, pace="slow")])
    assert "One. [DIRECTION: calm] [laughs] [PAUSE: beat] [PACE: slow] Two." in els
    ((left, why),) = left_out
    assert left.segment == 0
    assert "something else" in why


def test_of_two_notes_for_a_segment_the_first_is_taken() -> None:
    els, left_out = with_notes(wrap("One."), CAST, [note(0, "Flat"), note(0, pace="slow")])
    assert "[DIRECTION: Flat] One." in els
    assert [left.pace for left, _ in left_out] == ["slow"]


def test_a_script_with_errors_is_refused() -> None:
    with pytest.raises(ScriptRefused):
        with_notes(wrap("[PACE: warp] One."), CAST, [])


def wanted(beats: tuple[Beat, ...], notes: list[ActingNote]) -> tuple[Beat, ...]:
    """The beats as the notes want them."""

    def spoken(beat: Beat, place: int, segment: Segment) -> Segment:
        for each in notes:
            if (each.beat_id, each.segment) == (beat.id, place):
                direction = segment.direction if each.direction is None else " ".join(each.direction.split())
                pace = segment.pace if each.pace is None else each.pace.lower()
                segment = replace(segment, direction=direction or None, pace=pace)
        return segment

    return tuple(
        replace(each, segments=tuple(spoken(each, place, s) for place, s in enumerate(each.segments)))
        for each in beats
    )


@given(scripts(), st.data())
def test_manner_changes_and_nothing_else(source: str, data: st.DataObject) -> None:
    before = script(source)
    notes = data.draw(
        st.lists(
            st.builds(
                ActingNote,
                st.sampled_from([each.id for each in before.beats]),
                st.integers(-1, 4),
                st.none() | st.sampled_from(DIRECTIONS),
                st.none() | st.sampled_from(PACES),
            ),
            max_size=8,
        )
    )
    els, left_out = with_notes(source, CAST, notes)
    taken = list(notes)
    for left, why in left_out:
        assert why
        taken.remove(left)
    after = script(els)
    assert after.beats == wanted(before.beats, taken)
    assert (after.title, after.project) == (before.title, before.project)
    assert els.count("\n") == len(lines_of(source)) - 1
