"""Two versions of a script: what changed in which beat, and which takes that costs."""

import pytest

from tests.script.scripts import META, script, wrap
from viraltracker.script import BeatChange, Diff, Script, diff


def beats(*named: tuple[str, str]) -> Script:
    blocks = (f"[BEAT: {name}]\nname: N\n---\n{body}\n[END_BEAT]\n" for name, body in named)
    return script(META + "".join(blocks))


def order(letters: str) -> Script:
    return beats(*((letter, "Hi.") for letter in letters))


def change(old: str, new: str) -> BeatChange:
    (found,) = diff(script(wrap(old)), script(wrap(new))).changes
    return found


def test_nothing_changes_in_the_same_script_written_otherwise() -> None:
    old = wrap("[PACE: fast] Hello there. [PAUSE: short] You.")
    new = "notes\n\n" + wrap("[pace:FAST]\nHello\nthere.\n[PAUSE: 250]\nYou.")
    assert diff(script(old), script(new)) == Diff((), ("01_open",))


def test_added_removed_and_kept() -> None:
    found = diff(order("abc"), order("axc"))
    assert found.changes == (
        BeatChange("x", ("added",), (), None, 2),
        BeatChange("b", ("removed",), (), 2, None),
    )
    assert found.unchanged == ("a", "c")
    assert found.having("added") == ("x",)
    assert found.having("removed") == ("b",)
    assert found.needing_takes == ()
    assert found.keeping_takes == ("a", "c")


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("abcd", "bcda", "a"),
        ("abcd", "dabc", "d"),
        ("abcd", "abdc", "d"),
        ("abcd", "dcba", "bcd"),
        ("abcd", "xabcyd", ""),
        ("abcd", "bd", ""),
        ("abcdef", "adbcef", "d"),
    ],
)
def test_moved_are_the_fewest(old: str, new: str, moved: str) -> None:
    found = diff(order(old), order(new))
    assert len(found.having("moved")) == len(moved)
    if len(moved) == 1:
        assert found.having("moved") == (moved,)
    assert found.needing_takes == ()


@pytest.mark.parametrize(
    ("old", "new", "kinds", "settings"),
    [
        ("One.", "Two.", ("text",), ()),
        ("One.", "**One.**", ("text",), ()),
        ("One.", "*One.*", ("emphasis",), ()),
        ("ONE.", "**ONE.**", ("emphasis",), ()),
        ("One.", "[PACE: fast]One.", ("settings",), ("pace",)),
        ("One.", "[CHARACTER: fed][STYLE: 0]One.", ("settings",), ("character", "style")),
        ("One.", "[DIRECTION: x][STABILITY: 1]One.", ("settings",), ("direction", "stability")),
        ("One.", "[laughs] One.", ("settings",), ("audio_tags",)),
        ("[laughs] One.", "One. [laughs]", ("settings",), ("audio_tags",)),
        ("One. [PACE: fast]Two.", "One. [PACE: slow]Two.", ("settings",), ("pace",)),
        ("One. Two. [PACE: fast]Six.", "One. [PACE: fast]Two. Six.", ("settings", "inner-pause"), ("pace",)),
        ("One. [PACE: fast]Two.", "One. [PACE: fast]Four.", ("text",), ()),
        ("One. [PACE: fast]Two.", "Four. [PACE: slow]Four.", ("text", "settings"), ("pace",)),
        ("One. Two.", "One. [PAUSE: 1s] Two.", ("inner-pause",), ()),
        ("One. [PAUSE: 1s] Two.", "One. [PAUSE: 2s] Two.", ("inner-pause",), ()),
        ("One.", "[PAUSE: 1s] One.", ("inner-pause",), ()),
        ("One.", "One. [PAUSE: 1s]", ("trailing-pause",), ()),
        ("One. [PAUSE: 1s] Two.", "One. [PAUSE: 2s] Two. [PAUSE: 0]", ("inner-pause", "trailing-pause"), ()),
        ("[PAUSE: 1s]", "[PAUSE: 2s]", ("trailing-pause",), ()),
        ("[PAUSE: 1s]", "One. [PAUSE: 1s]", ("text",), ()),
    ],
)
def test_what_changed_in_a_beat(
    old: str, new: str, kinds: tuple[str, ...], settings: tuple[str, ...]
) -> None:
    found = change(old, new)
    assert (found.kinds, set(found.settings)) == (kinds, set(settings))
    assert found.needs_take == bool({"text", "settings", "inner-pause"} & set(kinds))
    assert (found.old_position, found.new_position) == (1, 1)


def test_a_silent_beat_that_begins_to_speak_has_a_new_text_and_no_other_settings() -> None:
    assert change("[PAUSE: 1s]", "[CHARACTER: fed] One.").kinds == ("text", "trailing-pause")


def test_what_a_page_says() -> None:
    old = beats(*((f"{n:02d}", f"Line {n}.") for n in range(1, 41)))
    changed = {1: "New words.", 2: "Newer words.", 3: "Newest words.", 9: "Line 9. [PAUSE: 2s]"}
    kept = [(f"{n:02d}", changed.get(n, f"Line {n}.")) for n in range(1, 41)]
    found = diff(old, beats(*kept, ("41", "One more."), ("42", "And one.")))
    assert len(found.having("text")) == len(found.needing_takes) == 3
    assert len(found.having("added")) == 2
    assert len(found.keeping_takes) == 37
    assert found.only_trailing_pause == ("09",)


def test_name_title_and_project() -> None:
    old = script(wrap("One."))
    new = script(
        wrap("One.").replace("Fog Rolls In", "Fog").replace("Ep 3", "Ep 4").replace("-tales", "-tails")
    )
    found = diff(old, new)
    assert found.changes == (BeatChange("01_open", ("name",), (), 1, 1),)
    assert (found.title_changed, found.project_changed) == (True, True)
    assert found.keeping_takes == ("01_open",)


def test_between_nothing_and_everything() -> None:
    empty = Script("T", "p", ())
    assert diff(empty, empty) == Diff((), ())
    assert diff(empty, order("ab")).having("added") == ("a", "b")
    assert diff(order("ab"), Script("T", "p", ())).having("removed") == ("a", "b")
