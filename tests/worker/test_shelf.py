"""Which models may go, when, and in which order: all of it decided without a clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.errors import InUse
from viraltracker.worker.shelf import ASK_AGAIN_S, Here, Load, Moving, NoRoom, Place, Rules, Shelf

RULES = Rules(cap=2, ttl_s=600.0, min_residency_s=120.0)


def shelf(rules: Rules = RULES, **loaded_s: float) -> Shelf:
    """Models a to d; those named were loaded at these times."""
    made = Shelf("abcd", rules)
    for id_, at_s in loaded_s.items():
        made.loading(id_)
        made.loaded(id_, at_s, 100)
    return made


def states(made: Shelf) -> str:
    return " ".join(made.place(id_).state for id_ in "abcd")


def test_at_first_nothing_is_there_and_everything_can_be_loaded() -> None:
    made = shelf()
    assert states(made) == "absent absent absent absent"
    assert made.wants("a", 0) == Load()
    assert (made.resident, made.in_memory) == (0, 0)


def test_a_load_is_joined_and_then_used() -> None:
    made = shelf()
    made.loading("a")
    assert made.wants("a", 1) == Moving()
    assert (made.resident, made.in_memory) == (0, 1)
    made.loaded("a", 5, 100)
    assert made.wants("a", 5) == Here()
    assert made.place("a") == Place("resident", used_s=5, since_s=5, turn=1, memory_bytes=100)


def test_who_was_used_longest_ago_makes_room() -> None:
    made = shelf(a=0, b=1)
    assert made.wants("c", 200) == Load(("a",))
    made.taken("a", 200)
    made.released("a", 200)
    assert made.wants("c", 200) == Load(("b",))


def test_who_is_used_at_the_same_moment_keeps_its_turn() -> None:
    made = shelf(a=0, b=0)
    assert made.wants("c", 200) == Load(("a",))


def test_who_is_in_use_never_makes_room() -> None:
    made = shelf(a=0, b=0)
    made.taken("a", 1)
    assert made.wants("c", 200) == Load(("b",))
    made.taken("b", 1)
    assert made.wants("c", 10_000) == NoRoom(ASK_AGAIN_S)


def test_who_is_young_never_makes_room_and_it_is_told_when_it_will() -> None:
    made = shelf(a=0, b=50)
    assert made.wants("c", 100) == NoRoom(20)
    made.taken("a", 100)
    assert made.wants("c", 100) == NoRoom(70)
    assert made.wants("c", 170) == Load(("b",))


def test_an_older_one_goes_though_it_was_used_later_than_a_young_one() -> None:
    made = shelf(a=0, b=100)
    made.taken("a", 110)
    made.released("a", 110)
    assert made.wants("c", 150) == Load(("a",))


def test_the_pinned_make_room_last() -> None:
    made = shelf(Rules(2, 600, 120, frozenset("a")), a=0, b=1)
    made.taken("b", 2)
    made.released("b", 2)
    assert made.wants("c", 200) == Load(("b",))
    made.taken("b", 200)
    assert made.wants("c", 200) == Load(("a",))


def test_a_load_under_way_takes_a_place_and_so_does_a_close() -> None:
    made = shelf(a=0)
    made.loading("b")
    assert made.wants("c", 10) == NoRoom(110)
    made.unloading("a")
    assert made.wants("c", 10) == NoRoom(ASK_AGAIN_S)
    made.gone("a")
    assert made.wants("c", 10) == Load()


def test_what_nobody_used_for_long_is_due_in_order() -> None:
    made = shelf(Rules(3, 600, 120), a=0, b=10, c=20)
    made.taken("a", 100)
    made.released("a", 300)
    assert made.due(609) == ()
    assert made.due(620) == ("b", "c")
    assert made.due(900) == ("b", "c", "a")


def test_neither_the_pinned_nor_the_used_nor_the_young_are_due() -> None:
    made = shelf(Rules(3, 10, 120, frozenset("a")), a=0, b=0, c=0)
    made.taken("b", 0)
    assert made.due(119) == ()
    assert made.due(120) == ("c",)
    assert made.due(10_000) == ("c",)


def test_by_hand_what_is_idle_goes_however_young_or_pinned() -> None:
    made = shelf(Rules(2, 600, 120, frozenset("a")), a=0)
    assert made.asked_away("a", when_idle=False)
    assert not made.asked_away("b", when_idle=False)


def test_by_hand_what_is_in_use_is_refused_or_goes_with_its_last_user() -> None:
    made = shelf(a=0)
    made.taken("a", 1)
    made.taken("a", 1)
    with pytest.raises(InUse, match="a is in use by 2 sessions"):
        made.asked_away("a", when_idle=False)
    assert not made.asked_away("a", when_idle=True)
    assert not made.released("a", 2)
    assert made.released("a", 2)


def test_who_is_asked_for_again_stays() -> None:
    made = shelf(a=0)
    made.taken("a", 1)
    made.asked_away("a", when_idle=True)
    made.asked_for("a")
    assert not made.released("a", 2)


def test_who_was_to_go_when_its_waiters_left_goes_when_it_comes() -> None:
    made = shelf()
    made.taken("a", 0)
    made.loading("a")
    assert not made.asked_away("a", when_idle=True)
    assert not made.released("a", 1)
    assert made.loaded("a", 2, 100)


def test_a_failed_load_says_why_takes_no_place_and_may_be_tried_again() -> None:
    made = shelf(b=0)
    made.loading("a")
    made.failed("a", "It is broken.")
    assert made.place("a").problem == "It is broken."
    assert (made.in_memory, made.wants("a", 1)) == (1, Load())
    made.loading("a")
    assert made.place("a").problem == ""


def test_who_is_read_anew_keeps_its_users_and_what_was_asked_of_it() -> None:
    made = shelf(a=0)
    made.taken("a", 1)
    made.asked_away("a", when_idle=True)
    made.unloading("a", despite_users=True)
    made.gone("a")
    made.loading("a")
    assert not made.loaded("a", 5, 200)
    assert (made.place("a").users, made.place("a").memory_bytes) == (1, 200)
    assert made.released("a", 6)


def test_steps_that_cannot_be_are_mistakes() -> None:
    made = shelf(a=0, b=0)
    made.taken("a", 0)
    for step in (
        lambda: made.loading("a"),
        lambda: made.loading("c"),
        lambda: made.loaded("d", 0, 0),
        lambda: made.failed("a", ""),
        lambda: made.unloading("a"),
        lambda: made.gone("a"),
        lambda: made.released("b", 0),
    ):
        with pytest.raises(ValueError, match=r"^[a-d] "):
            step()


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans(), st.floats(0, 300)), max_size=60),
    st.integers(1, 4),
)
def test_whatever_is_wanted_and_used_there_is_never_one_too_many(
    asked: list[tuple[str, bool, float]], cap: int
) -> None:
    made = Shelf("abcdef", Rules(cap, 600, 120, frozenset("a")))
    now_s = 0.0
    for id_, lets_go, later_s in asked:
        now_s += later_s
        decision = made.wants(id_, now_s)
        if isinstance(decision, Load):
            for each in decision.evict:
                assert not made.place(each).users
                assert now_s - made.place(each).since_s >= 120
                made.unloading(each)
                made.gone(each)
            made.loading(id_)
            made.loaded(id_, now_s, 1)
        if isinstance(decision, NoRoom):
            assert decision.after_s > 0
            assert made.in_memory == cap
        elif lets_go:
            made.taken(id_, now_s)
            made.released(id_, now_s)
        else:
            made.taken(id_, now_s)
        assert made.in_memory <= cap
