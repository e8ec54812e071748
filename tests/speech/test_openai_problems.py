"""Every way in which a speech server, or the way to it, can fail: on real sockets, and as httpx raises it."""

import inspect
import socket
from contextlib import aclosing
from datetime import UTC, datetime

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.speech.elevenlabs_faults import Drip, Empty, Fault, Flood, Hang, Hangup, Instead, Status, Truncated
from tests.speech.openai_server import OpenAiServer
from viraltracker.errors import (
    NeedsKey,
    NonsenseAnswer,
    OutOfCredit,
    ProviderDown,
    Refused,
    SpeechError,
    TextTooLong,
    TryLater,
)
from viraltracker.speech import SpeechRequest
from viraltracker.speech.openai import OpenAiEngine, SettingNames
from viraltracker.speech.openai.problems import FAILURES, Asked, of_exception, of_status, words_of

LINE = SpeechRequest(text="The harbour is closed.", voice="af_bella")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ASKED = Asked(SettingNames(), keyed=True, voice="af_bella", model="tts-1", secrets=("hush",))

FIELDS = {"detail": [{"loc": ["body", "speed"], "msg": "Input should be less than 4", "type": "less_than"}]}
LONG = {"detail": [{"loc": ["body", "input"], "msg": "too long", "type": "string_too_long"}]}
SPENT = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
MARKUP = {"detail": "<p>Not <b>here</b></p>"}


def openai(message: str, code: str | None = None) -> dict[str, object]:
    """An error body in OpenAI's form."""
    return {"error": {"message": message, "type": "invalid_request_error", "code": code, "param": None}}


async def heard(speaker: OpenAiEngine) -> int:
    """How many samples a stream of the line has."""
    async with aclosing(speaker.stream(LINE)) as pieces:
        return sum([piece.length async for piece in pieces])


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (
            Status(401, body=openai("No key", "x")),
            NeedsKey,
            "wants a key .No key.. Set VIRALTRACKER_SPEECH_KEY",
        ),
        (Status(403, body=MARKUP), NeedsKey, "wants a key. Set"),
        (Status(402), OutOfCredit, "nothing left"),
        (Status(429, body=SPENT), OutOfCredit, "exceeded your current quota"),
        (Status(404, body=openai("The model does not exist")), Refused, 'no model "tts-1".*does not exist'),
        (Status(404, body={"detail": "Not Found"}), Refused, "VIRALTRACKER_SPEECH_URL"),
        (Status(405, body=""), Refused, "Voices page"),
        (Status(400, body=openai("voice is odd")), Refused, "voice is odd"),
        (Status(400, body={"error": "plain words"}), Refused, "plain words"),
        (Status(422, body=FIELDS), Refused, "body.speed: Input should be less than 4"),
        (Status(422, body={"detail": "Speed must be between 0.5 and 2.0"}), Refused, "between 0.5 and 2.0"),
        (Status(422, body=["x", 3, None]), Refused, 'with the voice "af_bella". Change'),
        (Status(400, body=MARKUP), Refused, 'with the voice "af_bella". Change'),
        (Instead(b"<html>no</html>", "text/html", 400), Refused, 'with the voice "af_bella". Change'),
        (Status(413, body=""), TextTooLong, "Split the beat"),
        (Status(422, body=LONG), TextTooLong, "Split the beat"),
        (Status(400, body=openai("long", "string_above_max_length")), TextTooLong, "Split the beat"),
        (Status(429, headers={"retry-after": "7"}), TryLater, "is busy"),
        (Status(408), TryLater, "is busy"),
        (
            Status(500, body={"detail": {"error": "x", "message": "out of memory"}}),
            ProviderDown,
            "out of memory",
        ),
        (Instead.html(502), ProviderDown, "status 502.. The"),
        (Status(503), ProviderDown, "status 503"),
        (Instead(b"", "", 204), NonsenseAnswer, "status 204"),
        (Status(307, headers={"location": "http://127.0.0.1:1/v1"}), NonsenseAnswer, "not followed"),
        (Instead.html(), NonsenseAnswer, "text/html in place of audio"),
        (Instead.json_error(), NonsenseAnswer, "application/json in place of audio"),
        (Instead(b'{"error": "no GPU"}', "application/json"), NonsenseAnswer, "no GPU"),
        (Instead(b"data: {}\n\n", "text/event-stream"), NonsenseAnswer, "text/event-stream in place"),
        (Instead(b'{"error": "no GPU"}', "audio/wav"), NonsenseAnswer, "can't be read"),
        (Instead(b"RIFF\4\0\0\0WAVE", "audio/wav"), NonsenseAnswer, "can't be read"),
        (Instead(b"\1" * 800, "audio/pcm;rate=999999"), NonsenseAnswer, "999999 Hz"),
        (Instead(b"x" * 100_000, "text/plain", 418), Refused, 'with the voice "af_bella". Change'),
        (Empty(), NonsenseAnswer, "empty answer"),
        (Instead(b"not music at all" * 100), NonsenseAnswer, "can't be read"),
        (Truncated(), NonsenseAnswer, "middle of the audio"),
        (Truncated(0.0), ProviderDown, "hung up"),
        (Hangup(), ProviderDown, "hung up"),
        (Flood(), NonsenseAnswer, "more audio than a line"),
    ],
    ids=lambda value: (
        f"{type(value).__name__} {getattr(value, 'status', '')}" if isinstance(value, Fault) else ""
    ),
)
async def test_each_failure_has_its_error_and_the_next_line_works(
    speech_server: OpenAiServer, speaker: OpenAiEngine, fault: Fault, error: type[SpeechError], says: str
) -> None:
    speech_server.faults.append(fault)
    with pytest.raises(error, match=says) as failed:
        await speaker.synthesize(LINE)
    assert type(failed.value) is error
    assert len(speech_server.spoken) == 1, "nobody but the jobs asks again"
    assert (await speaker.synthesize(LINE)).clip.duration_ms > 1_000


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Status(500), ProviderDown),
        (Instead.html(), NonsenseAnswer),
        (Empty(), NonsenseAnswer),
        (Truncated(), NonsenseAnswer),
        (Hangup(), ProviderDown),
    ],
    ids=["status", "page", "empty", "truncated", "hangup"],
)
async def test_a_stream_fails_in_the_same_words(
    speech_server: OpenAiServer, speaker: OpenAiEngine, fault: Fault, error: type[SpeechError]
) -> None:
    speech_server.faults.append(fault)
    with pytest.raises(error):
        await heard(speaker)


async def test_a_stream_of_an_unheard_of_rate_is_refused(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    speech_server.content_type = "audio/pcm;rate=999999"
    with pytest.raises(NonsenseAnswer, match="999999 Hz"):
        await heard(speaker)


async def test_a_server_that_is_busy_says_for_how_long(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    speech_server.faults.append(Status(429, headers={"retry-after": "7"}))
    with pytest.raises(TryLater) as busy:
        await speaker.synthesize(LINE)
    assert busy.value.after_s == 7


@pytest.mark.parametrize("fault", [Hang(), Drip()], ids=["hang", "drip"])
async def test_an_answer_that_does_not_come_or_does_not_end_is_cut_off(
    speech_server: OpenAiServer, fault: Fault
) -> None:
    engine = OpenAiEngine(speech_server.url, timeout_s=0.3)
    speech_server.faults.append(fault)
    with anyio.fail_after(10), pytest.raises(ProviderDown, match="in time"):
        await engine.synthesize(LINE)
    await engine.aclose()


async def test_a_stream_that_falls_silent_is_given_up(speech_server: OpenAiServer) -> None:
    engine = OpenAiEngine(speech_server.url, timeout_s=0.3)
    speech_server.faults.append(Hang())
    with anyio.fail_after(10), pytest.raises(ProviderDown, match="in time"):
        await heard(engine)
    await engine.aclose()


async def test_a_server_that_is_not_there_is_named_by_its_setting() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        engine = OpenAiEngine(f"http://127.0.0.1:{closed.getsockname()[1]}/v1")
        with pytest.raises(ProviderDown, match=r"Start it, or look at VIRALTRACKER_SPEECH_URL"):
            await engine.synthesize(LINE)
        health = await engine.health()
        assert (health.ready, health.needs) == (False, None)
        await engine.aclose()


async def test_a_redirect_does_not_take_the_key_along(speech_server: OpenAiServer) -> None:
    speech_server.key = "sk-test-0123456789abcdef"
    with OpenAiServer() as other:
        speech_server.faults.append(Status(307, headers={"location": f"{other.url}/audio/speech"}))
        engine = OpenAiEngine(speech_server.url, SecretStr(speech_server.key))
        with pytest.raises(NonsenseAnswer, match="not followed"):
            await engine.synthesize(LINE)
        await engine.aclose()
        assert other.received == []


def test_every_exception_of_httpx_is_known() -> None:
    raised = {
        each
        for _, each in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(each, Exception) and not issubclass(each, Warning)
    }
    families = {kind for each in raised for kind in each.__mro__[1:] if kind in raised}
    reading = {each for each in raised if issubclass(each, httpx.StreamError)}
    assert raised - families - reading <= FAILURES.keys()
    for kind in raised - {httpx.HTTPStatusError}:
        problem = kind("boom hush") if kind not in reading else httpx.StreamError("boom hush")
        for begun in (False, True):
            assert "boom" not in of_exception(problem, ASKED, begun=begun).message


@given(status=st.integers(201, 599), body=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_status_with_any_body_is_one_of_our_errors(status: int, body: bytes) -> None:
    error = of_status(status, {}, body, ASKED, NOW)
    assert error.message
    assert error.message.isprintable()
    assert "<" not in error.message


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["error", "detail", "message", "code", "loc", "msg"]), inner)
        ),
    )
)
def test_words_are_found_or_not_but_never_fail(said: object) -> None:
    code, words = words_of(httpx.Request("POST", "http://a", json=said).read())
    assert isinstance(words, str)
    assert len(code) <= 60


def test_brackets_without_end_hold_no_words() -> None:
    assert words_of(b"[" * 100_000) == ("", "")
    assert words_of(b'{"error":' * 50 + b'"deep"' + b"}" * 50) == ("", "")
