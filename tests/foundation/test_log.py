"""What a log line holds, and what can't get into one."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.errors import BadAudio
from viraltracker.log import Redactor, configure

CANARY = "canary-5f1c"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root, factory, loud = logging.root, logging.getLogRecordFactory(), logging.raiseExceptions
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], logging.raiseExceptions = handlers, loud
    root.setLevel(level)
    logging.getLogger("viraltracker").setLevel(logging.NOTSET)
    logging.setLogRecordFactory(factory)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def studio_log(stream: io.StringIO, level: str = "info") -> logging.Logger:
    configure(level, "json", [CANARY], stream)
    return logging.getLogger("viraltracker.takes")


def test_an_event_is_one_json_line_with_its_facts_in_order() -> None:
    out = io.StringIO()
    studio_log(out).info(
        "take.made", extra={"engine": "tone", "ms": 12.34567, "beat": "04_turn", "session": "s1"}
    )
    (line,) = lines(out)
    assert list(line) == ["time", "level", "event", "session", "beat", "ms", "engine"]
    assert (line["level"], line["event"], line["ms"]) == ("info", "take.made", 12.346)
    assert datetime.fromisoformat(str(line["time"])).tzinfo == UTC


def test_a_terminal_gets_a_short_line_to_read() -> None:
    out = Terminal()
    configure("info", "auto", stream=out)
    logging.getLogger("viraltracker").warning("job.lost", extra={"job": 7, "worker": "left shelf"})
    assert out.getvalue()[8:] == ' warning job.lost job=7 worker="left shelf"\n'


def test_a_pipe_gets_json() -> None:
    out = io.StringIO()
    configure("info", "auto", stream=out)
    logging.getLogger("viraltracker").info("studio.ready")
    assert lines(out)[0]["event"] == "studio.ready"


def test_the_level_is_ours_and_libraries_are_heard_from_warnings_on() -> None:
    out = io.StringIO()
    log = studio_log(out, "debug")
    log.debug("pool.opened")
    logging.getLogger("somelib.pool").info("connecting")
    logging.getLogger("somelib.pool").warning("lost a connection")
    assert [(line["event"], line.get("says")) for line in lines(out)] == [
        ("pool.opened", None),
        ("somelib.pool", "lost a connection"),
    ]


def test_starting_over_leaves_one_handler() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure("info", "json", stream=first)
    configure("error", "json", stream=second)
    logging.getLogger("viraltracker").warning("unheard")
    logging.getLogger("viraltracker").error("heard")
    assert (first.getvalue(), [line["event"] for line in lines(second)]) == ("", ["heard"])


def test_a_library_that_prints_by_itself_is_led_through_the_wall() -> None:
    own, out = io.StringIO(), io.StringIO()
    loner = logging.getLogger("loner")
    loner.addHandler(logging.StreamHandler(own))
    loner.propagate = False
    studio_log(out)
    loner.error("failed with %s", CANARY)
    assert own.getvalue() == ""
    assert lines(out)[0]["says"] == "failed with ***"


def test_a_library_that_starts_printing_later_has_passed_the_wall_too() -> None:
    late, out = io.StringIO(), io.StringIO()
    studio_log(out)
    latecomer = logging.getLogger("latecomer")
    latecomer.addHandler(logging.StreamHandler(late))
    latecomer.propagate = False
    try:
        raise ValueError(f"row ({CANARY}, 'She said no.')")
    except ValueError:
        latecomer.exception("could not save %s", CANARY)
    assert "could not save ***" in late.getvalue()
    assert "ValueError" in late.getvalue()
    assert CANARY not in late.getvalue()
    assert "She said" not in late.getvalue()


def test_an_exception_tells_its_class_and_place_but_not_its_words() -> None:
    out = io.StringIO()
    log = studio_log(out)
    try:
        try:
            raise KeyError("She said no.")
        except KeyError as error:
            raise RuntimeError("She said no.") from error
    except RuntimeError:
        log.exception("job.failed", extra={"job": 3})
    (line,) = lines(out)
    assert (line["error"], line["cause"], line["job"]) == ("RuntimeError", "KeyError", 3)
    where = line["where"]
    assert isinstance(where, list)
    assert where[-1].startswith("tests/foundation/test_log.py:")
    assert "She said" not in out.getvalue()


def test_our_own_errors_keep_their_message() -> None:
    out = io.StringIO()
    log = studio_log(out)
    try:
        raise BadAudio(f"take 3 is empty ({CANARY})")
    except BadAudio:
        log.exception("take.refused")
    assert lines(out)[0]["message"] == "take 3 is empty (***)"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("text", "She said no.", "-"),
        ("previous_text", "She said no.", "-"),
        ("api_key", "whatever", "-"),
        ("signed_link", "whatever", "-"),
        ("line", 12, 12),
        ("ready", True, True),
        ("cost", None, None),
        ("peak_dbtp", float("-inf"), "-inf"),
        ("beats", ["She said no."], "list of 1"),
        ("facts", {"a": "She said no."}, "dict of 1"),
        ("audio", b"RIFF", "bytes of 4"),
        ("export", UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ("path", Path("/srv/vt"), "/srv/vt"),
        ("reason", "x" * 500, "x" * 199 + "…"),
    ],
)
def test_a_fact_shows_what_is_safe(name: str, value: object, shown: object) -> None:
    out = io.StringIO()
    studio_log(out).info("event.seen", extra={name: value})
    assert lines(out)[0][name] == shown


def test_a_hostile_value_stays_on_its_line_and_can_not_steer_a_terminal() -> None:
    out = Terminal()
    configure("info", "text", stream=out)
    logging.getLogger("viraltracker").info("beat.seen", extra={"beat": "a\n12:00:00 error \x1b[2Jfake"})
    assert out.getvalue().count("\n") == 1
    assert "\x1b" not in out.getvalue()


def test_a_quoted_link_in_a_fact_leaves_the_line_whole() -> None:
    out = io.StringIO()
    studio_log(out).info("link.made", extra={"reason": f'got "/audio/ab?sig={CANARY}" twice'})
    assert lines(out)[0]["reason"] == 'got "/audio/ab?***" twice'


def test_a_log_that_can_not_be_written_ends_nothing() -> None:
    out = io.StringIO()
    log = studio_log(out)
    out.close()
    log.error("disk.full")


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        configure("loud", "json", stream=io.StringIO())


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("key sk_0123456789abcdef0123 refused", "key *** refused"),
        ("Authorization: Bearer abcdefgh.12345678", "Authorization: Bearer ***"),
        ("xi-api-key: 0123456789abcdef", "xi-api-key: ***"),
        ("{'password': 'hunter22'}", "{'password': '***'}"),
        ("postgresql://studio:hunter22@localhost/vt", "postgresql://***@localhost/vt"),
        ("GET /audio/ab12?sig=0a0b0c&until=99 HTTP", "GET /audio/ab12?*** HTTP"),
        ("https://host.example/a/b?token=x", "https://host.example/a/b?***"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxIn0.c2ln", "***"),
        ("Did you mean beat 04_turn? It is locked.", "Did you mean beat 04_turn? It is locked."),
    ],
)
def test_what_looks_like_a_key_or_a_signed_link_is_starred(said: str, shown: str) -> None:
    assert Redactor()(said) == shown


@given(before=st.text(), after=st.text(), secret=st.text("abcdef0123456789", min_size=4))
def test_a_known_secret_never_comes_through(before: str, after: str, secret: str) -> None:
    kept = Redactor([secret])(f"{before}{secret}{after}")
    assert secret not in kept
    assert "***" in kept


def test_a_message_without_end_is_cut_before_it_is_searched() -> None:
    out = io.StringIO()
    studio_log(out).error("/" * 1_000_000)
    assert len(out.getvalue()) < 1000
