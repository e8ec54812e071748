"""Section 1 of the format: the file, META, and the beats' headers."""

import pytest

from tests.script.scripts import META, codes, only, read, script, two_beats, underlined, wrap

BEAT = "[BEAT: 01_open]\nname: Fog Rolls In\n---\nHello.\n[END_BEAT]\n"


def test_the_format_pages_example() -> None:
    source = META + (
        "default_character: fed\ndefault_pace: deliberate\n\n"
        "[BEAT: 01_open]\nname: Fog Rolls In\n---\nThe harbour is closed. [PAUSE: beat]\n"
        "It has **always** been closed.\n[END_BEAT]\n"
    )
    parsed = read(source)
    assert parsed.diagnostics == ()
    (beat,) = script(source).beats
    assert (script(source).title, script(source).project) == ("Lighthouse Diaries, Ep 3", "harbour-tales")
    assert (beat.id, beat.number, beat.name, beat.line) == ("01_open", 1, "Fog Rolls In", 7)
    assert [s.text for s in beat.segments] == ["The harbour is closed.", "It has ALWAYS been closed."]
    assert [(s.character, s.pace, s.pause_after_ms) for s in beat.segments] == [
        ("fed", "deliberate", 150),
        ("fed", "deliberate", 0),
    ]
    assert beat.trailing_pause_ms == 300


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_every_line_end_reads_alike(end: str) -> None:
    source = two_beats("One.\n[PAUSE: 1s]\nTwo.", "Three.")
    assert read(source.replace("\n", end)) == read(source)


@pytest.mark.parametrize("no_end", ["\u2028", "\u2029"])
def test_other_separators_end_no_line(no_end: str) -> None:
    assert script(wrap(f"One{no_end}two.")).beats[0].text == f"One{no_end}two."


def test_form_feed_ends_no_line_and_is_a_control_character() -> None:
    source = wrap("One\ftwo.")
    found = only(source)
    assert (found.code, found.line, found.column, underlined(source, found)) == (
        "control-character",
        8,
        4,
        "\f",
    )


@pytest.mark.parametrize("bom", ["", "\ufeff", "\ufeff\ufeff"])
def test_a_bom_is_no_column(bom: str) -> None:
    parsed = read((bom + "[META] oops\n" + BEAT).encode())
    assert [(d.code, d.line, d.column) for d in parsed.diagnostics] == [
        ("no-title", 1, 1),
        ("no-project", 1, 1),
        ("key-without-colon", 1, 8),
    ]


def test_indentation_and_any_case_are_fine() -> None:
    source = (
        "  [meta]\n\tVIDEO TITLE: A\n project:b\n\n  [Beat:x]\n\n  NAME: N\n\n   ---  \n\n  Hi.  [end beat]\n"
        "[BEAT: y]\nName : M\n---\nHo.\n  [End-Beat]  \n"
    )
    assert codes(source) == []
    assert [(b.id, b.name, b.text) for b in script(source).beats] == [("x", "N", "Hi."), ("y", "M", "Ho.")]


@pytest.mark.parametrize(
    ("data", "offset", "line", "column"),
    [
        (b"[META]\nvideo_title: caf\xe9\n", 23, 2, 17),
        (b"\xef\xbb\xbf[META]\n\xff", 10, 2, 1),
        (b"\xff\xfe[\x00M\x00", 0, 1, 1),
        ("é\r\né".encode() + b"\xed\xa0\x80", 6, 2, 2),
        (b"ok\n\xe2\x82", 3, 2, 1),
    ],
)
def test_bytes_that_are_not_utf8_are_one_error_with_the_offset(
    data: bytes, offset: int, line: int, column: int
) -> None:
    found = only(data)
    assert (found.code, found.severity, found.line, found.column) == ("not-utf8", "error", line, column)
    assert f"offset {offset} " in found.message
    assert read(data).stats is None


def test_half_a_surrogate_pair_is_not_utf8() -> None:
    found = only(wrap("Gull \ud83e says hi."))
    assert (found.code, found.line, found.column) == ("not-utf8", 8, 6)
    found.message.encode()


def test_two_mebibytes_and_no_byte_more() -> None:
    most = 2 * 1024 * 1024
    room = most - len(wrap("").encode())
    assert script(wrap("é" * (room // 2))).beats
    for source in (wrap("é" * (room // 2 + 1)), wrap("é" * (room // 2 + 1)).encode()):
        found = only(source)
        assert (found.code, found.severity, found.line, found.column) == ("too-large", "error", 1, 1)


def test_control_characters_are_errors_and_bidi_controls_are_kept() -> None:
    source = wrap("a\x00\x01b\x7f\x85 c\u202ed\te")
    found = read(source).diagnostics
    assert [(d.code, d.column, d.length) for d in found] == [
        ("control-character", 2, 2),
        ("control-character", 5, 2),
        ("bidi-control", 9, 1),
    ]
    assert script(wrap("c\u202ed\te")).beats[0].text == "c\u202ed\te"
    assert codes("\x02" + wrap("x") + "\x02")[0] == "control-character"


# META


def test_meta_values_are_trimmed_and_may_hold_colons_and_markers() -> None:
    source = "[META]\n video_title :  A: B [BEAT: c] [END_BEAT]  \nproject: p\n" + BEAT
    assert codes(source) == []
    assert script(source).title == "A: B [BEAT: c] [END_BEAT]"


def test_meta_defaults() -> None:
    found = read("[META]\n" + BEAT)
    assert [(d.code, d.severity, d.line) for d in found.diagnostics] == [
        ("no-title", "warning", 1),
        ("no-project", "warning", 1),
    ]
    parsed = script("[META]\n" + BEAT)
    assert (parsed.title, parsed.project) == ("Untitled", "")
    assert (parsed.beats[0].segments[0].character, parsed.beats[0].segments[0].pace) == (
        "every-coon",
        "normal",
    )


def test_an_empty_value_is_an_absent_one() -> None:
    source = "[META]\nvideo_title:\nproject: p\nproject:\ndefault_pace:\ndefault_character:  \n" + BEAT
    assert codes(source) == ["no-title"]
    assert (script(source).title, script(source).project) == ("Untitled", "p")


def test_of_a_repeated_key_the_last_counts() -> None:
    source = "[META]\nvideo_title: A\nVideo-Title: B\nproject: p\n" + BEAT
    found = only(source)
    assert (found.code, found.severity, found.line, underlined(source, found)) == (
        "repeated-key",
        "warning",
        3,
        "Video-Title",
    )
    assert script(source).title == "B"


def test_meta_lines_that_mean_nothing_are_warnings() -> None:
    source = META + "just words\nauthor: me\nvideo_titel: C\n" + BEAT
    found = read(source).diagnostics
    assert [(d.code, d.severity, d.line) for d in found] == [
        ("key-without-colon", "warning", 4),
        ("unknown-key", "warning", 5),
        ("unknown-key", "warning", 6),
    ]
    assert [d.hint for d in found][2] == "did you mean `video_title:`?"
    assert script(source).title == "Lighthouse Diaries, Ep 3"


def test_no_meta_two_metas_and_a_late_one() -> None:
    assert codes(BEAT) == ["no-meta"]
    assert codes("") == ["no-meta", "no-beat"]
    assert codes(META + "[META]\n" + BEAT) == ["second-meta"]
    assert codes(META + BEAT + META) == ["second-meta"]
    late = BEAT.replace("Hello", "[PACE: fast]Hello") + META + "default_character: fed\ndefault_pace: slow\n"
    assert codes(late) == ["meta-after-beat"]
    assert script(late).beats[0].segments[0].character == "fed"
    assert script(late).title == "Lighthouse Diaries, Ep 3"


def test_meta_inside_a_beat_is_a_second_one_or_nothing() -> None:
    assert codes(wrap("Hello.\n[META]\nvideo_title: X")) == ["second-meta"]
    assert codes(BEAT.replace("Hello.", "[META]\nHello.") + META) == ["second-meta", "meta-after-beat"]
    assert codes(BEAT.replace("Hello.", "[META]\nHello.")) == ["no-meta", "tag-without-value"]


@pytest.mark.parametrize("name", ["Every Coon", "every_coon", "EVERY-COON", "everycoon", "every\u00a0coon"])
def test_names_are_compared_folded(name: str) -> None:
    source = wrap(f"[character: {name}] Hi.", meta=f"default_character: {name}\n")
    assert codes(source) == []
    assert script(source).beats[0].segments[0].character == "every-coon"


def test_an_unknown_default_is_an_error_that_lists_what_there_is() -> None:
    source = META + "default_character: captain\ndefault_pace: brisk\n" + BEAT
    character, pace = read(source).diagnostics
    assert (character.code, character.severity, character.line, character.column) == (
        "unknown-character",
        "error",
        4,
        20,
    )
    assert "every-coon, boomer, fed, whale, wojak, chad" in character.message
    assert (pace.code, pace.severity, pace.line, pace.column) == ("unknown-pace", "error", 5, 15)
    assert pace.hint == "did you mean `default_pace: quick`?"


# Beats


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("[BEAT: a]\n---\nHi.\n[END_BEAT]", ["missing-name"]),
        ("[BEAT: a]\nname:\n---\nHi.\n[END_BEAT]", ["missing-name"]),
        ("[BEAT: a]\nname: N\nHi.\n[END_BEAT]", ["missing-dashes"]),
        ("[BEAT: a]\nname: N\n----\nHi.\n[END_BEAT]", ["missing-dashes"]),
        ("[BEAT: a]\nname: N\n—\nHi.\n[END_BEAT]", ["missing-dashes"]),
        ("[BEAT: a]\n[END_BEAT]", ["missing-name", "missing-dashes", "silent-beat"]),
        ("[BEAT: a]\nname: N\n---\nHi.", ["missing-end-beat"]),
        ("[BEAT: a]\nname: N\nmood: odd\n---\nHi.\n[END_BEAT]", ["header-line"]),
        ("[BEAT: a]\nname: N\nname: M\n---\nHi.\n[END_BEAT]", ["header-line"]),
        ("[BEAT: a]\n[PACE: fast]\nname: N\n---\nHi.\n[END_BEAT]", ["header-line"]),
        ("[BEAT: a] Hook\nname: N\n---\nHi.\n[END_BEAT]", ["beat-line-text"]),
        ("Hook [BEAT: a]\nname: N\n---\nHi.\n[END_BEAT]", ["beat-line-text"]),
        ("[END_BEAT]", ["no-beat", "end-without-beat"]),
        ("[BEAT: a]\nname: N\n---\nHi.\n[END_BEAT]\n[END_BEAT]", ["end-without-beat"]),
        ("[BEAT: a]\nname: N\n---\nHi.\n[END_BEAT] [END_BEAT]", ["end-without-beat"]),
        ("[BEAT: a]\nname: N\n---\nHi.\n[BEAT: b]\nname: M\n---\nHo.\n[END_BEAT]", ["beat-inside-beat"]),
        ("[BEAT: a]\nname: N\n---\nHi. [BEAT: b] Ho.\n[END_BEAT]", ["beat-inside-beat"]),
        (
            "[BEAT: a]\nname: N\n---\nHi.\n[END_BEAT] [BEAT: b]\nname: M\n---\nHo.\n[END_BEAT]",
            ["beat-line-text"],
        ),
        ("[BEAT: a\nname: N\n---\nHi.\n[END_BEAT]", ["bad-id"]),
    ],
)
def test_a_broken_block_is_an_error(header: str, expected: list[str]) -> None:
    assert codes(META + header) == expected


@pytest.mark.parametrize("dashes", ["----", "--", "—", "–––", "___"])
def test_dashes_that_were_meant_are_mended(dashes: str) -> None:
    found = only(META + f"[BEAT: a]\nname: N\n{dashes}\nHi.\n[END_BEAT]")
    assert (found.line, found.hint, found.replacement) == (6, "did you mean `---`?", "---")


def test_later_name_and_dashes_are_spoken() -> None:
    assert script(wrap("name: Gull\n---\n# not a comment\n// nor this")).beats[0].text == (
        "name: Gull --- # not a comment // nor this"
    )


def test_a_broken_header_does_not_hide_what_is_wrong_below_it() -> None:
    source = (
        META + "[BEAT: a]\nname: N\n[PACE: brisk]\nHi.\n[END_BEAT]\n[BEAT: a]\n---\n[STYLE: 2]\n[END_BEAT]"
    )
    assert codes(source) == [
        *("missing-dashes", "unknown-pace"),
        *("missing-name", "silent-beat", "repeated-id", "bad-style"),
    ]


def test_text_behind_end_beat_is_outside() -> None:
    source = META + BEAT.strip() + " tail [PACE: fast]\nmore\n"
    found = only(source)
    assert (found.code, found.severity, found.line, found.column) == ("outside-text", "warning", 8, 12)
    assert underlined(source, found) == "tail [PACE: fast]"
    assert script(source).beats[0].text == "Hello."


def test_text_outside_is_one_warning_for_each_place() -> None:
    source = (
        "# notes\n\nmore notes\n" + META + BEAT + "between\n" + BEAT.replace("01", "02") + "\n\n  after\n"
    )
    found = read(source).diagnostics
    assert [(d.code, d.line, d.column) for d in found] == [
        ("outside-text", 1, 1),
        ("outside-text", 12, 1),
        ("outside-text", 20, 3),
    ]


def test_a_marker_that_was_meant_is_the_hint() -> None:
    outside = only(META + BEAT + "[BEET: 02]\n")
    assert (outside.code, outside.hint) == ("outside-text", "did you mean `[BEAT: id]`?")
    worded = only(META + BEAT + "[BEAT the second]\n")
    assert (worded.code, worded.hint) == ("outside-text", "did you mean `[BEAT: id]`?")
    in_meta = read(META + "[BEAT 01_open]\n" + BEAT).diagnostics[0]
    assert (in_meta.code, in_meta.hint) == ("key-without-colon", "did you mean `[BEAT: id]`?")
    (missing,) = read(META + "[BEAT: a]\nname: N\n---\nHi.\n[ENDBEAT]\n").diagnostics
    assert (missing.code, missing.hint) == ("missing-end-beat", "did you mean `[END_BEAT]`?")


@pytest.mark.parametrize("name", ["a", "0", "01_open", "A.b-c_d", "9" * 100])
def test_ids_that_may_be(name: str) -> None:
    assert codes(wrap("Hi.").replace("01_open", name)) == []


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("01 open", "01_open"),
        ("../etc", "etc"),
        ("_a", "a"),
        ("a/b", "a_b"),
        ("café", "cafe"),
        ("x" * 101, "x" * 100),
        ("…", None),
    ],
)
def test_ids_that_may_not_be(name: str, mend: str | None) -> None:
    source = wrap("Hi.").replace("01_open", name)
    found = only(source)
    assert (found.code, found.severity, found.column, found.replacement) == ("bad-id", "error", 8, mend)
    assert underlined(source, found) == name


def test_an_empty_id() -> None:
    assert codes(wrap("Hi.").replace(" 01_open", "")) == ["bad-id"]


def test_a_repeated_id_names_the_first() -> None:
    found = only(two_beats("Hi.", "Ho.").replace("02_reply", "01_open"))
    assert (found.code, found.severity, found.line) == ("repeated-id", "error", 11)
    assert "line 5" in found.message
    assert codes(two_beats("Hi.", "Ho.").replace("02_reply", "01_OPEN")) == []


@pytest.mark.parametrize(
    ("first", "second", "numbers"),
    [
        ("01_a", "02_b", [1, 2]),
        ("07a", "07b", [7, 7]),
        ("hook", "outro", [1, 2]),
        ("a1", "0", [1, 0]),
        ("1234567890", "x", [123456789, 2]),
    ],
)
def test_numbers_are_the_leading_digits_or_the_place(first: str, second: str, numbers: list[int]) -> None:
    source = two_beats("Hi.", "Ho.").replace("01_open", first).replace("02_reply", second)
    assert [beat.number for beat in script(source).beats] == numbers


def test_more_than_fifty_beats() -> None:
    def beats(count: int) -> str:
        return META + "".join(BEAT.replace("01_open", f"{n:02d}") for n in range(1, count + 1))

    assert codes(beats(50)) == []
    found = only(beats(51))
    assert (found.code, found.severity, found.line) == ("many-beats", "warning", 4 + 50 * 5)


def test_the_originals_broken_example() -> None:
    source = (
        "[META]\nproject: harbour-tales\n\n[BEAT: 01_open]\nname: Broken One\n---\n[CHARACTER: captain]\n"
        "[PACE: brisk]\nAhoy.\n[END_BEAT]\n\n[BEAT: 02_lost]\nname: No Terminator\n---\nAnyone there?\n"
    )
    assert codes(source) == ["no-title", "unknown-character", "unknown-pace", "missing-end-beat"]
    assert read(source).script is None
