"""Section 2 of the format: tags, pauses, segments."""

import pytest

from tests.script.scripts import BODY_LINE, beat, body_codes, in_body, read, script, texts, two_beats, wrap
from viraltracker.script import PACES, PAUSES_MS, AudioTag

# Tags


def test_everything_starts_from_meta_at_each_beat() -> None:
    changed = "[CHARACTER: wojak][PACE: chaos][DIRECTION: Panic][STABILITY: 0.1][STYLE: 1] Help!"
    source = two_beats(changed, "Hello.").replace(
        "project:", "default_character: fed\ndefault_pace: slow\nproject:"
    )
    first, second = (beat.segments[0] for beat in script(source).beats)
    assert (first.character, first.pace, first.direction, first.stability, first.style) == (
        *("wojak", "chaos", "Panic"),
        *(0.1, 1.0),
    )
    assert (second.character, second.pace, second.direction, second.stability, second.style) == (
        *("fed", "slow", None),
        *(None, None),
    )


def test_tags_hold_until_they_are_changed_and_act_where_they_stand() -> None:
    segments = beat(
        "[PACE: slow]\n[CHARACTER: boomer] One.\nTwo. [DIRECTION: louder]Three.\n"
        "Four. [CHARACTER: chad][PACE: fast] Five.\n[DIRECTION:]Six.\n"
    ).segments
    assert [(s.text, s.character, s.pace, s.direction) for s in segments] == [
        ("One. Two.", "boomer", "slow", None),
        ("Three. Four.", "boomer", "slow", "louder"),
        ("Five.", "chad", "fast", "louder"),
        ("Six.", "chad", "fast", None),
    ]
    assert [s.pause_after_ms for s in segments] == [150, 150, 150, 0]


@pytest.mark.parametrize("pace", PACES)
def test_every_pace(pace: str) -> None:
    assert beat(f"[Pace:{pace.upper()}] Go.").segments[0].pace == pace


@pytest.mark.parametrize("value", ["", "brisk", "1.1", "fast!"])
def test_a_pace_that_does_not_exist(value: str) -> None:
    found = in_body(f"Go. [PACE: {value}]")
    assert (found.code, found.severity) == ("unknown-pace", "error")
    assert "slow, deliberate, normal, quick, fast, chaos" in found.message


def test_an_unknown_character_lists_the_cast_and_guesses() -> None:
    found = in_body("[CHARACTER: wojack] Help!")
    assert (found.code, found.severity, found.line, found.column) == ("unknown-character", "error", 8, 13)
    assert "every-coon, boomer, fed, whale, wojak, chad" in found.message
    assert (found.hint, found.replacement) == ("did you mean `[CHARACTER: wojak]`?", "wojak")
    assert in_body("[CHARACTER:] Help!").code == "unknown-character"
    assert in_body("[CHARACTER: somebody else] Help!").hint is None


@pytest.mark.parametrize(("name", "ms"), [*PAUSES_MS.items(), ("Dramatic", 900)])
def test_named_pauses(name: str, ms: int) -> None:
    assert beat(f"Wait.[PAUSE: {name}]").trailing_pause_ms == ms


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        *(("0", 0), ("300", 300), ("300ms", 300), ("300 ms", 300), ("00300", 300), ("10000", 10000)),
        *(("1s", 1000), ("1.5 s", 1500), ("10s", 10000), ("10.0000 s", 10000), ("0.0s", 0), ("1.25s", 1250)),
        *(("0.5ms", 1), ("0.49ms", 0), ("1.4999s", 1500), ("1.0005s", 1001), ("1.0004999s", 1000)),
        *(("0.0004s", 0), ("0.0005s", 1), ("12.5ms", 13), ("9999.5ms", 10000), ("300MS", 300)),
        ("0" * 5000 + "7", 7),
        ("0." + "0" * 5000 + "1s", 0),
    ],
)
def test_pauses_that_can_be_read(value: str, ms: int) -> None:
    assert beat(f"Wait.[PAUSE: {value}]").trailing_pause_ms == ms


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "-1", "+1", "1e3", "1.5", "300.0", ".5s", "1.s", "1,5s", "1 m", "1ms2", "s", "0x10"),
        *("10001", "10.001s", "10000.5ms", "9" * 5000, "٣٠٠", "３００", "1_000", "nan", "inf", "1ſ"),
    ],
)
def test_pauses_that_can_not(value: str) -> None:
    found = in_body(f"Wait.[PAUSE: {value}]")
    assert (found.code, found.severity) == ("bad-pause", "error")


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        *(("1,5s", "1.5s"), ("1.5", "1.5s"), ("250.0", "250.0ms"), (".5s", "0.5s"), ("2 seconds", "2s")),
        *(("300 msec", "300ms"), ("medum", "medium"), ("lnog", "long"), ("20 sec", None), ("-5", None)),
    ],
)
def test_a_pause_that_was_meant(value: str, mend: str | None) -> None:
    assert in_body(f"Wait.[PAUSE: {value}]").replacement == mend


@pytest.mark.parametrize("tag", ["STABILITY", "STYLE"])
@pytest.mark.parametrize(
    ("value", "number"),
    [("0", 0.0), ("1", 1.0), ("0.0", 0.0), ("0.70", 0.7), ("1.000", 1.0), ("000.5", 0.5), ("", None)],
)
def test_numbers_from_0_to_1(tag: str, value: str, number: float | None) -> None:
    segment = beat(f"[{tag}: 0.3][{tag}: {value}] Go.").segments[0]
    assert getattr(segment, tag.lower()) == number


@pytest.mark.parametrize("tag", ["STABILITY", "STYLE"])
@pytest.mark.parametrize(
    "value", ["1.0000000000000000001", "2", "-0.1", "+0.5", ".5", "1.", "5e-1", "70%", "0,7", "high", "nan"]
)
def test_numbers_that_are_not(tag: str, value: str) -> None:
    found = in_body(f"[{tag}: {value}] Go.")
    assert (found.code, found.severity) == (f"bad-{tag.lower()}", "error")


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        ("70%", "0.7"),
        ("0,7", "0.7"),
        (".7", "0.7"),
        ("70", "0.7"),
        ("x", None),
        ("0." + "1" * 99 + "x", None),
    ],
)
def test_a_number_that_was_meant(value: str, mend: str | None) -> None:
    assert in_body(f"[STYLE: {value}] Go.").replacement == mend


def test_an_unknown_tag_is_a_warning_and_not_spoken() -> None:
    found = in_body("Go.\n[SFX: gull]")
    assert (found.code, found.severity, found.line, found.column) == ("unknown-tag", "warning", 9, 1)
    assert found.length == len("[SFX: gull]")
    assert texts("Go. [SFX: gull] On.") == ["Go. On."]


@pytest.mark.parametrize(
    ("tag", "mend"),
    [
        ("[PASUE: 300]", "[PAUSE: 300]"),
        ("[PACES: fast]", "[PACE: fast]"),
        ("[CHARCTER: fed]", "[CHARACTER: fed]"),
        ("[Speed: fast]", "[PACE: fast]"),
        ("[VOICE: fed]", "[CHARACTER: fed]"),
        ("[wait: 1s]", "[PAUSE: 1s]"),
        ("[Emotion: sad]", "[DIRECTION: sad]"),
        ("[STABILTY:0.5]", "[STABILITY: 0.5]"),
    ],
)
def test_the_nearest_tag_is_the_hint(tag: str, mend: str) -> None:
    found = in_body(f"Go. {tag}")
    assert (found.hint, found.replacement) == (f"did you mean `{mend}`?", mend)


@pytest.mark.parametrize(
    "tag", ["[PAUSE]", "[pace]", "[ Character ]", "[DIRECTION]", "[stability]", "[Style]"]
)
def test_a_known_name_without_a_value_is_a_warning_and_not_spoken(tag: str) -> None:
    found = in_body(f"Go. {tag} On.")
    assert (found.code, found.severity, found.length) == ("tag-without-value", "warning", len(tag))
    assert texts(f"Go. {tag} On.") == ["Go. On."]


def test_a_tag_that_only_lacks_its_colon_is_mended() -> None:
    found = in_body("Go. [PAUSE 100ms]")
    assert (found.code, found.replacement) == ("tag-without-value", "[PAUSE: 100ms]")
    assert in_body("Go. [beat]").replacement == "[PAUSE: beat]"


@pytest.mark.parametrize(
    "bracket",
    [
        "[1]",
        "[]",
        "[ ]",
        "[3:16]",
        "[http://x]",
        "[https://a.b/c]",
        "[note to self: x]",
        "[…]",
        "[½]",
        "[: x]",
    ],
)
def test_other_brackets_are_spoken(bracket: str) -> None:
    assert body_codes(f"See {bracket} there.") == []
    assert texts(f"See {bracket} there.") == [f"See {bracket} there."]


def test_a_tag_ends_at_the_first_closing_bracket() -> None:
    segment = beat("[DIRECTION: like [this] or [PACE: fast]not] Go.").segments[0]
    assert (segment.direction, segment.text) == ("like [this", "or")
    assert body_codes("[DIRECTION: like [this] or [PACE: that]") == ["unknown-pace"]


@pytest.mark.parametrize(
    ("text", "columns", "spoken"),
    [
        ("Go [on", [4], ["Go [on"]),
        ("[[[", [1], ["[[["]),
        ("a [ b [ c", [3, 7], ["a [ b [ c"]),
        ("a [b [PAUSE: 0] c", [3], ["a [b", "c"]),
        ("[[laughs]]", [1], ["[]"]),
        ("[[[laughs] [b [1]", [1, 12], ["[[ [b [1]"]),
        ("x ] y", [], ["x ] y"]),
    ],
)
def test_an_unclosed_bracket_is_text_with_a_warning(text: str, columns: list[int], spoken: list[str]) -> None:
    found = read(wrap(text)).diagnostics
    assert [(d.code, d.severity, d.line, d.column) for d in found] == [
        ("unclosed-bracket", "warning", BODY_LINE, column) for column in columns
    ]
    assert texts(text) == spoken


def test_a_block_word_is_the_hint_where_it_was_meant() -> None:
    assert in_body("Go. [END_BEATS: 1]").hint == "did you mean `[END_BEAT]`?"


def test_a_tag_without_its_end_is_mended() -> None:
    found = in_body("Go. [pause:300 ")
    assert (found.column, found.length, found.replacement) == (5, 10, "[PAUSE: 300]")


def test_a_name_in_combining_marks_is_one_of_letters() -> None:
    assert in_body("[TO\u0308N: x] Go.").code == "unknown-tag"


# Audio tags


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[laughs] Hello.", [("Hello.", [(0, "laughs")])]),
        ("Hello. [laughs]", [("Hello.", [(6, "laughs")])]),
        ("Hello [laughs] world.", [("Hello world.", [(6, "laughs")])]),
        ("Hello[laughs] world.", [("Hello world.", [(5, "laughs")])]),
        ("Hello [laughs]world.", [("Hello world.", [(6, "laughs")])]),
        ("Hello[laughs]world.", [("Helloworld.", [(5, "laughs")])]),
        ("Hello [laughs], world.", [("Hello, world.", [(5, "laughs")])]),
        ("Hello.\n[laughs] World.", [("Hello. World.", [(7, "laughs")])]),
        ("Hello. [a] [b] World.", [("Hello. World.", [(7, "a"), (7, "b")])]),
        ("*One* [a] **ß** [b] two", [("One SS two", [(4, "a"), (7, "b")])]),
        ("One. [a] [PAUSE: 1s] [b] Two.", [("One.", [(4, "a")]), ("Two.", [(0, "b")])]),
        ("One. [CHARACTER: fed] [a] Two.", [("One.", []), ("Two.", [(0, "a")])]),
        ("One. [a] [CHARACTER: fed] Two.", [("One.", [(4, "a")]), ("Two.", [])]),
        ("One. [PACE: slow] [a] [PACE: normal] Two.", [("One. Two.", [(5, "a")])]),
        ("One. [PAUSE: 1s] [a]", [("One.", [(4, "a")])]),
        ("[ Deep Breath ] One.", [("One.", [(0, "Deep Breath")])]),
        ("[笑] One.", [("One.", [(0, "笑")])]),
        ("[laughs]", []),
    ],
)
def test_audio_tags_stand_where_they_stood(
    text: str, expected: list[tuple[str, list[tuple[int, str]]]]
) -> None:
    assert [
        (s.text, [(audio.offset, audio.tag) for audio in s.audio_tags]) for s in beat(text).segments
    ] == expected


def test_audio_tags_are_not_counted() -> None:
    stats = read(wrap("[laughs] Hello. [sighs]")).stats
    assert stats is not None
    assert stats.characters == len("Hello.")
    assert beat("[laughs] Hello.").segments[0].audio_tags == (AudioTag(0, "laughs"),)


# Joining


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  One.  \n\n\t Two.\t", ["One. Two."]),
        ("One. [SFX: x] Two.", ["One. Two."]),
        ("One[SFX: x], two.", ["One, two."]),
        ("One [SFX: x], two [PAUSE] !", ["One, two !"]),
        ("wor[PACE: normal]ld", ["world"]),
        ("One.   [SFX: x]\t Two.", ["One. Two."]),
        ("One.  Two.\tThree.", ["One.  Two.\tThree."]),
        ("One. [SFX: x]\nTwo.", ["One. Two."]),
        ("One.\n[SFX: x]\nTwo.", ["One. Two."]),
        ("(One [SFX: x]) two", ["(One) two"]),
    ],
)
def test_texts_are_joined_with_the_blanks_they_had(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_equal_values_share_a_segment_whatever_tags_stand_between() -> None:
    first = "[CHARACTER: fed][PACE: normal][STYLE: 0.70]One."
    assert texts(first + "\n[CHARACTER: chad]\n[CHARACTER: Fed]\n[STYLE: 0.7]Two.") == ["One. Two."]
    assert texts("One. [DIRECTION: x][DIRECTION:] Two.") == ["One. Two."]


def test_unset_differs_from_any_number() -> None:
    segments = beat("One.\n[STYLE: 0]\nTwo.\n[STYLE:]\nThree.").segments
    assert [(s.text, s.style) for s in segments] == [("One.", None), ("Two.", 0.0), ("Three.", None)]


def test_directions_are_compared_as_written() -> None:
    assert texts("[DIRECTION: Sad]One.\n[DIRECTION: sad]Two.") == ["One.", "Two."]


# Pauses


@pytest.mark.parametrize(
    ("text", "leading", "between", "trailing"),
    [
        ("One.", 0, [], 300),
        ("One.\nTwo.", 0, [], 300),
        ("One. [PAUSE: 0] Two.", 0, [0], 300),
        ("One.\n[PAUSE: beat]\nTwo.", 0, [150], 300),
        ("One. [PACE: fast] Two.", 0, [150], 300),
        ("One. [PACE: fast][PAUSE: 0] Two.", 0, [0], 300),
        ("One. [PAUSE: 100]\n[PAUSE: 200] [PACE: fast] [PAUSE: 1s] Two.", 0, [1300], 300),
        ("One. [PAUSE: 10s][PAUSE: 10s] Two.", 0, [20000], 300),
        ("[PAUSE: 250] One.", 250, [], 300),
        ("[PAUSE: 250]\n[PAUSE: 250]\nOne.", 500, [], 300),
        ("One. [PAUSE: 1200]", 0, [], 1200),
        ("One. [PAUSE: 10s]\n[PAUSE: 1s]", 0, [], 11000),
        ("One. [PAUSE: 0]", 0, [], 0),
        ("[PAUSE: 1] One. [PAUSE: 2] Two. [PAUSE: 3]", 1, [2], 3),
    ],
)
def test_pauses_stand_where_they_stood(text: str, leading: int, between: list[int], trailing: int) -> None:
    found = beat(text)
    assert found.leading_pause_ms == leading
    assert [segment.pause_after_ms for segment in found.segments] == [*between, 0]
    assert found.trailing_pause_ms == trailing


@pytest.mark.parametrize(
    ("text", "trailing"),
    [
        ("", 300),
        ("[PACE: fast]", 300),
        ("[PAUSE: 1s]\n[PAUSE: 0.5s]", 1500),
        ("[PAUSE: 0]", 0),
        ("[sighs]", 300),
    ],
)
def test_a_beat_with_nothing_to_say_is_silence(text: str, trailing: int) -> None:
    found = in_body(text)
    assert (found.code, found.severity, found.line) == ("silent-beat", "warning", 5)
    silent = beat(text)
    assert (silent.segments, silent.leading_pause_ms, silent.trailing_pause_ms) == ((), 0, trailing)


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\u00ad\u2060", "\u2028"])
def test_marks_that_nobody_sees_are_nothing_to_say(mark: str) -> None:
    assert in_body(mark).code == "silent-beat"
    assert texts(f"One.\n[PACE: fast]\n{mark}\n[PACE: normal]\nTwo{mark}.") == [f"One. Two{mark}."]


def test_a_line_over_500_spoken_characters_is_a_warning() -> None:
    assert body_codes("x" * 500) == []
    assert body_codes("*" + "x" * 500 + "* [PACE: normal] [laughs]") == []
    assert body_codes("x" * 250 + "\n" + "x" * 251) == []
    found = in_body("x" * 300 + " [SFX2] " + "y" * 200)
    assert (found.code, found.severity, found.line, found.column, found.length) == (
        "long-line",
        "warning",
        8,
        1,
        508,
    )


# What the older format did otherwise


def test_each_line_has_its_own_speaker() -> None:
    segments = beat("[CHARACTER: fed]\nNo.\n[CHARACTER: chad]\nYes.").segments
    assert [(s.character, s.text) for s in segments] == [("fed", "No."), ("chad", "Yes.")]


def test_text_behind_a_leading_tag_counts_and_so_do_two_tags_on_a_line() -> None:
    segment = beat("[PACE: fast] [STYLE: 0] Go.").segments[0]
    assert (segment.pace, segment.style, segment.text) == ("fast", 0.0, "Go.")
