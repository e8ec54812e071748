"""When lines end, which attempt is heard, and that nothing of a line is given out that is cut off later."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from viraltracker.worker.csm.attempts import MOST_ATTEMPTS, best, judged, needs_another, seed_of
from viraltracker.worker.csm.endings import Ended, Ending, expected_frames, most_frames

SILENT = frozenset({7, 8})
Frame = tuple[int, ...]


def fed(frames: list[Frame], most: int = 1_000) -> tuple[Ended | None, int, int]:
    """Why it ended, after how many frames, and how many of them are kept."""
    ending = Ending(most, SILENT)
    for at, frame in enumerate(frames, 1):
        why = ending.feed(frame)
        if why is not None:
            return why, at, ending.kept
    return None, len(frames), ending.kept


def speech(count: int, first: int = 10) -> list[Frame]:
    return [(first + at % 50, at % 9 + 1, at % 7, at % 5) for at in range(count)]


def test_the_end_is_told_by_all_codebooks_but_the_last() -> None:
    assert fed([*speech(5), (0, 0, 0, 63)]) == ("eos", 6, 5)
    assert fed([*speech(5), (0, 0, 1, 0)])[0] is None


def test_an_end_before_the_first_frame_is_an_empty_line() -> None:
    assert fed([(0, 0, 0, 5)]) == ("empty", 1, 0)


def test_a_line_is_cut_off_at_its_cap() -> None:
    assert fed(speech(40), most=30) == ("cap", 30, 30)


@pytest.mark.parametrize("cycle", [1, 2, 3, 4])
def test_a_stuck_line_ends_and_what_is_stuck_is_not_kept(cycle: int) -> None:
    stuck = [(90 + at % cycle, 1, 2, 3) for at in range(40)]
    why, at, kept = fed([*speech(12), *stuck])
    assert why == "repeats"
    assert at <= 12 + 10 + cycle
    assert 12 <= kept <= 12 + cycle


def test_a_line_that_falls_silent_ends_with_a_short_tail() -> None:
    quiet = [(7 + at % 2, at, at + 1, 3) for at in range(40)]
    assert fed([*speech(12), *quiet]) == ("silence", 27, 14)


def test_a_breath_before_the_first_word_is_not_the_end() -> None:
    quiet = [(7, at, at + 1, 3) for at in range(20)]
    assert fed([*quiet, *speech(12), (0, 0, 0, 0)]) == ("eos", 33, 32)
    endless: list[Frame] = [(7, at, at + 1, 3) for at in range(40)]
    assert fed(endless) == ("silence", 25, 0)


def test_a_pause_amid_a_line_is_kept_whole() -> None:
    quiet = [(7, at, at + 1, 3) for at in range(10)]
    assert fed([*speech(5), *quiet, *speech(5), (0, 0, 0, 0)]) == ("eos", 21, 20)


frames = some.lists(some.tuples(*[some.integers(0, 9)] * 4), max_size=80)


@given(frames, some.integers(1, 60))
@example([(7, 1, 2, 3)] * 3 + [(7, at % 9, 2, 3) for at in range(40)], 60)
@example([(1, 1, 1, 1), *[(7, at % 9, 2, 3) for at in range(40)]], 60)
@example([(at % 2 + 1, 1, 1, 1) for at in range(40)], 60)
def test_what_may_be_given_out_is_never_taken_back(made: list[Frame], most: int) -> None:
    ending, before = Ending(most, SILENT), 0
    for count, frame in enumerate(made, 1):
        why = ending.feed(frame)
        assert before <= ending.kept <= count
        assert ending.kept <= most
        before = ending.kept
        if why is not None:
            break


@settings(max_examples=40)
@given(some.text(max_size=400))
def test_a_longer_text_never_gets_less_room(text: str) -> None:
    assert most_frames(text) >= 25
    assert most_frames(text + " and so on") >= most_frames(text)
    assert most_frames(text) >= expected_frames(text)


def test_a_text_takes_about_as_long_as_people_take() -> None:
    text = "The harbour is closed, and it has always been closed, whatever the gulls may say about that."
    assert 6.0 < expected_frames(text) / 12.5 < 8.5


def test_a_line_that_ended_itself_at_a_likely_length_is_the_best() -> None:
    good = judged(1, 50, "eos", 48)
    worse = [
        judged(2, 50, "silence", 48),
        judged(3, 86, "cap", 48),
        judged(4, 12, "eos", 48),
        judged(5, 40, "repeats", 48),
        judged(6, 0, "empty", 48),
    ]
    assert good.score > 0.95
    assert all(attempt.score < good.score for attempt in worse)
    assert best([*worse, good]) == 5
    assert best([good, good]) == 0


def test_three_more_tries_are_made_unless_one_is_good() -> None:
    bad, good = judged(1, 86, "cap", 48), judged(1, 50, "eos", 48)
    assert needs_another([bad])
    assert not needs_another([bad, good])
    assert not needs_another([bad] * MOST_ATTEMPTS)


@given(some.integers(-(2**70), 2**70))
def test_each_try_has_a_seed_of_its_own_that_is_always_the_same(seed: int) -> None:
    seeds = [seed_of(seed, attempt) for attempt in range(MOST_ATTEMPTS)]
    assert seeds == [seed_of(seed, attempt) for attempt in range(MOST_ATTEMPTS)]
    assert len(set(seeds)) == MOST_ATTEMPTS
    assert all(0 <= each < 2**63 for each in seeds)
