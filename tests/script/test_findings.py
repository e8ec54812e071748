"""Findings: every code can happen, is documented, points at its place, and is mended by its replacement."""

import json

import pytest

from tests.script.scripts import CAST, META, codes, in_body, lines_of, mended, only, read, underlined, wrap
from viraltracker.errors import ScriptRefused
from viraltracker.script import CODES, accepted, parse, to_json

BEAT = "[BEAT: 01_open]\nname: Fog Rolls In\n---\nHello.\n[END_BEAT]\n"

ONE_OF_EACH: dict[str, str | bytes] = {
    "not-utf8": b"[META]\xff",
    "too-large": "x" * (2 * 1024 * 1024 + 1),
    "control-character": wrap("a\x00b"),
    "no-meta": BEAT,
    "second-meta": META + META + BEAT,
    "no-beat": META,
    "missing-name": META + BEAT.replace("name: Fog Rolls In\n", ""),
    "missing-dashes": META + BEAT.replace("---\n", ""),
    "missing-end-beat": META + BEAT.replace("[END_BEAT]\n", ""),
    "beat-inside-beat": META + BEAT.replace("[END_BEAT]\n", "") + BEAT.replace("01", "02"),
    "beat-line-text": META + BEAT.replace("open]", "open] Hook"),
    "header-line": META + BEAT.replace("---", "mood: odd\n---"),
    "end-without-beat": META + BEAT + "[END_BEAT]",
    "bad-id": wrap("Hi.").replace("01_open", "01 open"),
    "repeated-id": META + BEAT + BEAT,
    "unknown-character": wrap("[CHARACTER: captain] Hi."),
    "unknown-pace": wrap("[PACE: brisk] Hi."),
    "bad-pause": wrap("Hi. [PAUSE: soon]"),
    "bad-stability": wrap("[STABILITY: 2] Hi."),
    "bad-style": wrap("[STYLE: bold] Hi."),
    "bidi-control": wrap("a\u202eb"),
    "repeated-key": wrap("Hi.", "project: again\n"),
    "unknown-key": wrap("Hi.", "author: me\n"),
    "key-without-colon": wrap("Hi.", "just words\n"),
    "meta-after-beat": BEAT + META,
    "outside-text": wrap("Hi.") + "notes",
    "unclosed-bracket": wrap("Hi [there."),
    "tag-without-value": wrap("Hi. [PAUSE]"),
    "unknown-tag": wrap("Hi. [SFX: gull]"),
    "no-title": wrap("Hi.").replace("video_title: Lighthouse Diaries, Ep 3\n", ""),
    "no-project": wrap("Hi.").replace("project: harbour-tales\n", ""),
    "silent-beat": wrap("[PACE: fast]"),
    "long-line": wrap("x" * 501),
    "many-beats": META + "".join(BEAT.replace("01_", f"{n}_") for n in range(51)),
}


def test_there_is_an_example_of_every_code() -> None:
    assert ONE_OF_EACH.keys() == CODES.keys()


@pytest.mark.parametrize("code", ONE_OF_EACH)
def test_every_code_comes_alone_with_its_severity_and_place(code: str) -> None:
    source = ONE_OF_EACH[code]
    parsed = read(source)
    found = only(source)
    assert (found.code, found.severity) == (code, CODES[code].severity)
    assert (parsed.script is None) == (found.severity == "error")
    text = source if isinstance(source, str) else source.decode(errors="replace")
    line = lines_of(text)[found.line - 1]
    assert 1 <= found.column <= len(line) + 1
    assert found.column - 1 + found.length <= max(1, len(line))
    assert found.message
    assert found.message[0].isupper() or found.message[0] in '["'
    json.dumps(to_json(parsed)).encode()


@pytest.mark.parametrize(
    "source",
    [
        wrap("[CHARACTER: wojack] Help!"),
        wrap("[PACE: fastt] Help!"),
        wrap("Wait. [PAUSE: 1,5s]"),
        wrap("[STABILITY: 35%] Hm."),
        wrap("Hm. [PAUSE 100ms]"),
        wrap("Hm. [PASUE: 100ms]"),
        wrap("Hm. [PAUSE: 100ms"),
        wrap("Hm.\x07"),
        wrap("Hm.\u202e"),
        wrap("Hm.", "default_pase: fast\n"),
        wrap("Hm.", "default_character: the fedd\n").replace("the fedd", "fedd"),
        wrap("Hm.", "default_pace: rapid\n"),
        wrap("Hm.").replace("---", "—"),
        wrap("Hm.").replace("01_open", "01 open!"),
    ],
)
def test_a_replacement_mends_what_it_is_put_over(source: str) -> None:
    found = only(source)
    assert codes(mended(source, found)) == []


def test_a_finding_underlines_what_is_wrong() -> None:
    source = wrap("\t \U0001f43ffe\u0301 [CHARACTER:  wojack ] Help! [PACE:][SFX: gull]")
    assert [(d.code, d.column, underlined(source, d)) for d in read(source).diagnostics] == [
        ("unknown-character", 21, "wojack"),
        ("unknown-pace", 36, "[PACE:]"),
        ("unknown-tag", 43, "[SFX: gull]"),
    ]


def test_all_findings_come_in_one_go_in_the_order_of_the_text() -> None:
    source = wrap("[PACE: x] [oops\n[SFX: y]\n[PAUSE: z]\x00\n[STYLE: 9] Hi.", "author: me\n")
    found = read(source).diagnostics
    assert [d.code for d in found] == [
        *("unknown-key", "unknown-pace", "unclosed-bracket", "unknown-tag", "bad-pause", "control-character"),
        "bad-style",
    ]
    assert [(d.line, d.column) for d in found] == sorted((d.line, d.column) for d in found)
    assert read(source).errors + read(source).warnings != ()
    assert len(read(source).errors) + len(read(source).warnings) == len(found)


def test_none_is_left_out_however_many() -> None:
    source = wrap("[PACE: x]\n" * 20_000)
    assert len(read(source).errors) == 20_000


def test_a_message_shows_hostile_text_harmlessly_and_short() -> None:
    found = read(wrap("[PACE: \x1b[31m\u202ered] " + "[PACE: " + "x" * 900 + "]")).errors
    messages = [d.message for d in found if d.code == "unknown-pace"]
    assert all(
        len(message) < 200 and "\x1b" not in message and "\u202e" not in message for message in messages
    )
    assert len(messages) == 2


def test_accepted_is_the_script_or_a_refusal_that_lists_everything() -> None:
    assert accepted(read(wrap("Hi."))).beats[0].text == "Hi."
    with pytest.raises(ScriptRefused) as refused:
        accepted(read(wrap("[PACE: x] [SFX: y] [STYLE: z]")))
    assert str(refused.value).startswith(
        "The script has 2 errors; the first, line 8, column 8: There is no pace"
    )
    assert [d.code for d in refused.value.facts["diagnostics"]] == [
        *("silent-beat", "unknown-pace", "unknown-tag", "bad-style")
    ]


def test_a_cast_without_the_default_speaker_asks_for_one() -> None:
    small = type(CAST)(ids=("ada", "bo"), names={"ada": "ada", "bo": "bo", "Bobby": "bo"})
    (found,) = parse(wrap("Hi."), small).diagnostics
    assert (found.code, found.line) == ("unknown-character", 1)
    assert "ada, bo" in found.message
    assert parse(wrap("Hi.", "default_character: bobby\n"), small).diagnostics == ()


def test_the_empty_script() -> None:
    for empty in ("", b"", "\ufeff", b"\xef\xbb\xbf", "\n", " "):
        assert codes(empty) == ["no-meta", "no-beat"]


def test_a_long_cast_is_found_by_any_of_its_names() -> None:
    assert in_body("[CHARACTER: every con] Hi.").replacement == "every-coon"


def test_where_suggestions_end_it_is_said_once() -> None:
    body = (
        "\n".join(f"[paus{n}:]" for n in range(3_000))
        + "\n"
        + "\n".join(f"[chara{n}:]" for n in range(9_999))
    )
    hints = [found.hint or "" for found in read(wrap(f"Hi.\n{body}")).diagnostics]
    said = [at for at, hint in enumerate(hints) if "from here on no spelling is suggested" in hint]
    assert len(said) == 1
    assert any("did you mean" in hint for hint in hints[: said[0]])
    assert not any("did you mean" in hint for hint in hints[said[0] :])
