"""Every way in which ElevenLabs, or the way to it, can fail: on real sockets, and as vendors raise it."""

import importlib
import inspect
import pkgutil
import socket
from datetime import UTC, datetime

import anyio
import elevenlabs.core
import elevenlabs.errors
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.speech.elevenlabs_faults import Drip, Empty, Fault, Flood, Hang, Hangup, Instead, Status, Truncated
from tests.speech.elevenlabs_server import SEEDED_VOICE, ElevenLabsServer
from viraltracker.errors import (
    NeedsKey,
    NonsenseAnswer,
    OutcomeUnknown,
    OutOfCredit,
    ProviderDown,
    Refused,
    SpeechError,
    TextTooLong,
    TryLater,
)
from viraltracker.speech import SpeechRequest
from viraltracker.speech.elevenlabs import ElevenLabsEngine
from viraltracker.speech.elevenlabs.problems import FAILURES, Asked, of_exception, of_status

LINE = SpeechRequest(text="The harbour is closed.", voice=SEEDED_VOICE)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PAID, FREE = Asked(paid=True, voice="v1"), Asked(paid=False)

FIELDS = {"detail": [{"loc": ["body", "seed"], "msg": "Input should be less than 4294967296", "type": "x"}]}
NEW_FORM = {"detail": {"type": "rate_limit_error", "code": "concurrent_limit_exceeded", "status": "other"}}


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (Status(401, "invalid_api_key"), NeedsKey, "ELEVENLABS_API_KEY"),
        (Status(401, "missing_permissions"), NeedsKey, "permission"),
        (Status(401, "quota_exceeded", "You have 3 credits left."), OutOfCredit, "You have 3 credits left"),
        (Status(402, "payment_required"), OutOfCredit, "too few characters"),
        (Status(402, body="pay"), OutOfCredit, "too few characters"),
        (Status(402, "paid_plan_required"), Refused, "another ElevenLabs plan"),
        (Status(403, "only_for_creator"), Refused, "may not do this"),
        (Status(404, "voice_not_found"), Refused, SEEDED_VOICE),
        (Status(400, "voice_not_found"), Refused, "no voice"),
        (Status(404, body={"detail": "Not Found"}), Refused, "no voice"),
        (Status(400, "max_character_limit_exceeded"), TextTooLong, "Split the beat"),
        (Status(413, body=""), TextTooLong, "Split the beat"),
        (Status(400, "invalid_parameters", "seed is odd"), Refused, "seed is odd"),
        (Status(422, body=FIELDS), Refused, "body.seed: Input should be less"),
        (Status(422, body=["x", 3, None]), Refused, "refused this line"),
        (Status(422, body={"detail": [{"loc": 7, "msg": "odd"}]}), Refused, "odd"),
        (Status(418), Refused, "refused this line"),
        (Status(429, "concurrent_limit_exceeded"), TryLater, "waits for its turn"),
        (Status(429, "too_many_concurrent_requests"), TryLater, "waits for its turn"),
        (Status(429, body=NEW_FORM), TryLater, "waits for its turn"),
        (Status(429, "rate_limit_exceeded"), TryLater, "is busy"),
        (Status(429, "system_busy"), TryLater, "is busy"),
        (Status(429, body="<html>slow down</html>"), TryLater, "is busy"),
        (Status(408), TryLater, "is busy"),
        (Status(409), TryLater, "is busy"),
        (Status(425), TryLater, "is busy"),
        (Status(500), ProviderDown, "status 500"),
        (Instead.html(502), ProviderDown, "status 502"),
        (Status(503, "maintenance"), ProviderDown, "status 503"),
        (Status(504), OutcomeUnknown, "may have been charged"),
        (Instead.html(524), OutcomeUnknown, "may have been charged"),
        (Instead.html(), NonsenseAnswer, "text/html in place of audio"),
        (Instead.json_error(), NonsenseAnswer, "application/json in place of audio"),
        (Instead(b"x", "text/event-stream\x7f"), NonsenseAnswer, "in place of audio"),
        (Instead(b"", "", 204), NonsenseAnswer, "in place of audio"),
        (Instead(b"<html>", "text/html", 302), NonsenseAnswer, "status 302"),
        (Empty(), OutcomeUnknown, "can't be read"),
        (Instead(b"not music at all" * 100), OutcomeUnknown, "can't be read"),
        (Truncated(honest=False), OutcomeUnknown, "can't be read"),
        (Truncated(), OutcomeUnknown, "may have been charged"),
        (Truncated(0.0), OutcomeUnknown, "may have been charged"),
        (Hangup(), OutcomeUnknown, "may have been charged"),
    ],
    ids=lambda value: (
        f"{type(value).__name__} {getattr(value, 'status', '')} {getattr(value, 'code', '')}"
        if isinstance(value, Fault)
        else ""
    ),
)
async def test_each_failure_has_its_error_and_the_next_line_works(
    server: ElevenLabsServer, engine: ElevenLabsEngine, fault: Fault, error: type[SpeechError], says: str
) -> None:
    server.faults.append(fault)
    with pytest.raises(error, match=says) as failed:
        await engine.synthesize(LINE)
    assert type(failed.value) is error
    assert len(server.spoken) == 1, "a call that speaks is never repeated by the SDK"
    assert (await engine.synthesize(LINE)).clip.duration_ms > 1_000


@pytest.mark.parametrize("fault", [Hang(charged=True), Drip()])
async def test_an_answer_that_does_not_come_or_does_not_end_is_cut_off(
    server: ElevenLabsServer, fault: Fault
) -> None:
    engine = ElevenLabsEngine(server.key, base_url=server.base_url, timeout_s=0.3)
    server.faults.append(fault)
    with anyio.fail_after(10), pytest.raises(OutcomeUnknown) as failed:
        await engine.synthesize(LINE)
    assert failed.value.facts["cause"] in {"no complete answer within 0.3 s", "ReadTimeout"}
    await engine.aclose()


async def test_nobody_at_home_is_no_doubt() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        engine = ElevenLabsEngine("key", base_url=f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(ProviderDown, match="nothing was sent"):
            await engine.synthesize(LINE)
        with pytest.raises(ProviderDown, match="nothing was sent"):
            await engine.voices()
        health = await engine.health()
        await engine.aclose()
    assert (health.ready, health.needs) == (False, None)


async def test_a_connection_that_is_never_made_is_no_doubt() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        with socket.create_connection(address):  # fills the queue, so that the next one gets no answer
            engine = ElevenLabsEngine(
                "key", base_url=f"http://127.0.0.1:{address[1]}", connect_timeout_s=0.2, timeout_s=1
            )
            with anyio.fail_after(10), pytest.raises((ProviderDown, OutcomeUnknown)) as failed:
                await engine.synthesize(LINE)
            await engine.aclose()
    assert failed.value.facts["cause"] in {"ConnectTimeout", "ReadTimeout", "no complete answer within 1 s"}


async def test_the_key_does_not_follow_a_redirect(server: ElevenLabsServer, engine: ElevenLabsEngine) -> None:
    with ElevenLabsServer() as elsewhere:
        there = Status(307, headers={"location": f"{elsewhere.base_url}/v1/text-to-speech/{SEEDED_VOICE}"})
        server.faults.append(there)
        server.account_fault = there
        with pytest.raises(NonsenseAnswer, match="status 307"):
            await engine.synthesize(LINE)
        with pytest.raises(NonsenseAnswer, match="status 307"):
            await engine.voices()
        assert elsewhere.received == []


async def test_an_answer_larger_than_a_line_can_be_is_not_held(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    server.faults.append(Flood())
    with pytest.raises(NonsenseAnswer, match="more audio than a line can be"):
        await engine.synthesize(LINE)


@pytest.mark.parametrize(
    ("header", "after_s"),
    [
        ("7", 7.0),
        ("0", 0.5),
        ("999999", 600.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.5),
        ("Sat, 21 Nov 2026 12:00:30", 5.0),
        ("soon", 5.0),
        ("", 5.0),
        ("١٢", 5.0),
        ("-3", 5.0),
    ],
)
def test_retry_after_is_kept_within_reason(header: str, after_s: float) -> None:
    problem = of_status(429, {"retry-after": header}, {}, PAID, NOW)
    assert isinstance(problem, TryLater)
    assert problem.after_s == after_s
    assert problem.facts["after_s"] == after_s


def _exceptions(module: object) -> set[type[Exception]]:
    found = {
        value for _, value in inspect.getmembers(module, inspect.isclass) if issubclass(value, Exception)
    }
    return {kind for kind in found if kind.__module__.partition(".")[0] in {"httpx", "elevenlabs"}}


def _vendors_exceptions() -> set[type[Exception]]:
    found = _exceptions(httpx)
    for package in (elevenlabs.core, elevenlabs.errors):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            found |= _exceptions(importlib.import_module(info.name))
    return found


LEAVES_TO_FAMILY = {
    # The families: their members are listed one by one, what is new in them counts as doubtful.
    "RequestError",
    "TransportError",
    "TimeoutException",
    "NetworkError",
    "ProtocolError",
    # All of them are about reading a response in the wrong order, which the SDK does for us.
    "StreamClosed",
    "StreamConsumed",
    "RequestNotRead",
    "ResponseNotRead",
    # The SDK's own classes for single statuses: mapped by their status, as their parent is.
    "BadRequestError",
    "ConflictError",
    "ForbiddenError",
    "NotFoundError",
    "TooEarlyError",
    "UnauthorizedError",
    "UnprocessableEntityError",
    # Server-sent events, which no call of ours uses.
    "SSEError",
}
"""Vendors' exceptions that need no row. A new one that is neither here nor mapped fails the test."""


def test_every_exception_of_the_vendors_is_mapped() -> None:
    vendors = _vendors_exceptions()
    assert len(vendors) > 30
    unknown = {kind.__name__ for kind in vendors if kind not in FAILURES} - LEAVES_TO_FAMILY
    assert unknown == set()
    assert set(FAILURES) <= vendors, "a row for an exception that is no more"


@pytest.mark.parametrize("kind", sorted(_vendors_exceptions(), key=str))
def test_no_exception_of_the_vendors_is_without_an_error(kind: type[Exception]) -> None:
    problem = kind.__new__(kind)
    problem.status_code, problem.headers, problem.body = 422, None, None  # type: ignore[attr-defined]
    for asked in (PAID, FREE):
        assert isinstance(of_exception(problem, asked, NOW), SpeechError)
    if FAILURES.get(kind) == "broke off":
        assert isinstance(of_exception(problem, PAID, NOW), OutcomeUnknown)
        assert isinstance(of_exception(problem, FREE, NOW), ProviderDown)


KEYS = st.sampled_from(["detail", "code", "status", "message"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS | st.text(), inner),
    max_leaves=12,
)


@given(
    st.integers(100, 599), st.dictionaries(st.sampled_from(["retry-after", "request-id"]), st.text()), JSON
)
def test_any_error_answer_becomes_one_printable_error(
    status: int, headers: dict[str, str], body: object
) -> None:
    problem = of_status(status, headers, body, Asked(paid=True, voice="v1", secrets=("sesame",)), NOW)
    assert isinstance(problem, SpeechError)
    assert problem.message.isprintable()
    assert len(problem.message) < 500


@given(st.text(), st.text())
def test_what_is_secret_is_never_repeated(before: str, after: str) -> None:
    asked = Asked(paid=True, voice="v1", secrets=("open sesame",))
    body = {"detail": {"message": f"{before}open sesame{after}"}}
    assert "open sesame" not in of_status(400, {}, body, asked, NOW).message
