"""What every engine keeps to: one suite, run over all of them, over their real processes and sockets."""

import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import anyio
import anyio.lowlevel
import numpy as np
import psutil
import pytest

from tests.speech.elevenlabs_server import SEEDED_VOICE, ElevenLabsServer
from tests.speech.openai_server import OpenAiServer
from tests.worker.conftest import over, served
from viraltracker.audio import decode, levels
from viraltracker.errors import Refused, TextTooLong
from viraltracker.speech import Price, Speech, SpeechRequest, Synthesizer
from viraltracker.speech.elevenlabs import ElevenLabsEngine
from viraltracker.speech.espeak import EspeakEngine
from viraltracker.speech.openai import OpenAiEngine
from viraltracker.speech.tone import ToneEngine
from viraltracker.worker.families import EspeakFamily

PAGES = Path(__file__).parents[2] / "docs" / "engines"
LINE = "The harbour is closed, and the fog has opinions about that."
PARTS = {
    "direction",
    "audio_tags",
    "stability",
    "similarity",
    "style",
    "speed",
    "seed",
    "neighbours",
    "continuity",
}


@dataclass(frozen=True)
class Subject:
    """An engine under contract: how to make one, two of its voices, how many calls were made so far."""

    make: Callable[[], Synthesizer]
    engine: Synthesizer
    voices: tuple[str, str]
    calls: Callable[[], int]
    model: str | None = None

    def line(self, text: str = LINE, voice: int = 0) -> SpeechRequest:
        """A request that this engine can fulfil."""
        return SpeechRequest(text=text, voice=self.voices[voice], model=self.model)


@pytest.fixture(
    params=[
        *("espeak", "tone", "tone, paid", "elevenlabs", "elevenlabs, pcm", "openai", "openai, names"),
        "worker",
    ]
)
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """Each engine in turn; closed afterwards."""
    name = request.param.partition(",")[0]
    flavour: Literal["kokoro", "names"] = "names" if "names" in request.param else "kokoro"
    async with AsyncExitStack() as stack:
        server, other = stack.enter_context(ElevenLabsServer()), stack.enter_context(OpenAiServer(flavour))
        worker = (
            await stack.enter_async_context(served(EspeakFamily(), default="espeak/espeak-ng"))
            if name == "worker"
            else None
        )
        made: list[Synthesizer] = []

        def make() -> Synthesizer:
            engine: Synthesizer
            if name == "espeak":
                engine = EspeakEngine()
            elif name == "elevenlabs":
                form = "pcm_24000" if "pcm" in request.param else "mp3_44100_128"
                engine = ElevenLabsEngine(server.key, base_url=server.base_url, output_format=form)
            elif name == "openai":
                engine = OpenAiEngine(other.url)
            elif worker is not None:
                engine = over(worker)
            elif "paid" in request.param:
                engine = ToneEngine(repeatable=False, price=Price(0.1, "2026-06-30"), concurrency=2)
            else:
                engine = ToneEngine()
            made.append(engine)
            return engine

        def calls() -> int:
            spoken = [engine.calls for engine in made if isinstance(engine, ToneEngine)]
            children = [engine.pid for engine in made if isinstance(engine, EspeakEngine)]
            asked = len(server.received) + len(other.received)
            asked += worker.sessions.started if worker is not None else 0
            return sum(spoken) + asked + sum(pid is not None for pid in children)

        voices = {
            "espeak": ("en-us+m3", "en-gb+f2"),
            "elevenlabs": (SEEDED_VOICE, "voiceTwo00000000000A"),
            "openai": ("af_bella", "am_adam"),
            "worker": ("en-us+m3", "en-gb+f2"),
        }.get(name, ("tenor", "alto"))
        model = "espeak/espeak-ng" if name == "worker" else None
        yield Subject(make, make(), voices, calls, model)
        for engine in made:
            await engine.aclose()


def _same(one: Speech, other: Speech) -> bool:
    return bool(np.array_equal(one.clip.samples, other.clip.samples)) and one.payload == other.payload


async def test_the_report_is_complete_and_the_same_for_each_model(subject: Subject) -> None:
    report = subject.engine.capabilities
    for model in (None, *report.models):
        support = subject.engine.support(model)
        assert set(support) == PARTS
        assert set(support.values()) <= {"honoured", "approximated", "not used"}
    assert report.support == subject.engine.support(None)
    assert report.options == subject.engine.options(None)
    assert all(low < high for low, high in report.options.values())
    assert report.rate_hz >= 16_000
    assert report.max_chars >= 500
    assert report.timeout_s > 0


async def test_its_page_says_what_becomes_of_a_script(subject: Subject) -> None:
    page = (PAGES / f"{subject.engine.capabilities.engine}.md").read_text()
    rows = dict(re.findall(r"^\| (\w+) \| (honoured|approximated|not used) \|$", page, re.MULTILINE))
    told = {} if subject.model else dict(subject.engine.capabilities.support)
    assert rows == told, "a worker's depends on the model, and its page says no more than that"


async def test_audio_is_finite_mono_and_heard(subject: Subject) -> None:
    speech = await subject.engine.synthesize(subject.line())
    samples = speech.clip.samples
    assert samples.ndim == 1
    assert samples.dtype == np.float32
    assert bool(np.isfinite(samples).all())
    assert speech.clip.rate_hz == subject.engine.capabilities.rate_hz
    measured = levels(speech.clip)
    assert not measured.silent
    assert measured.clipped_ratio == 0
    assert 1_000 < speech.clip.duration_ms < 10_000
    assert measured.leading_silence_ms < 100
    assert measured.trailing_silence_ms < 100


async def test_the_bytes_that_are_kept_are_the_audio_that_was_given(subject: Subject) -> None:
    speech = await subject.engine.synthesize(subject.line())
    kept = decode(speech.payload, speech.media_type)
    assert kept.rate_hz == speech.clip.rate_hz
    assert bool(np.array_equal(kept.samples, speech.clip.samples))


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
async def test_nothing_to_say_is_refused_without_a_call(subject: Subject, text: str) -> None:
    with pytest.raises(Refused, match="no text"):
        await subject.engine.synthesize(subject.line(text))
    assert subject.calls() == 0


async def test_too_much_text_is_refused_without_a_call(subject: Subject) -> None:
    longest = 10_000 if "elevenlabs" in subject.engine.capabilities.engine else 5_000
    with pytest.raises(TextTooLong, match=str(longest + 1)):
        await subject.engine.synthesize(subject.line("a" * (longest + 1)))
    assert subject.calls() == 0


@pytest.mark.parametrize("voice", ["", "nobody", "../../v1/user", "en-us+nobody", "a b\n"])
async def test_an_unknown_voice_is_refused(subject: Subject, voice: str) -> None:
    with pytest.raises(Refused, match=r"voice|language"):
        await subject.engine.synthesize(replace(subject.line(), voice=voice))


async def test_an_unknown_option_is_refused_without_a_call(subject: Subject) -> None:
    with pytest.raises(Refused, match="option"):
        await subject.engine.synthesize(replace(subject.line(), options={"sparkle": 1.0}))
    assert subject.calls() == 0


async def test_options_are_held_to_their_ranges(subject: Subject) -> None:
    for name, (low, high) in subject.engine.options(subject.model).items():
        for value in (low - 1, high + 1, float("nan")):
            with pytest.raises(Refused, match=name):
                await subject.engine.synthesize(replace(subject.line(), options={name: value}))
        await subject.engine.synthesize(replace(subject.line(), options={name: high}))


async def test_an_estimate_makes_no_call(subject: Subject) -> None:
    estimate = subject.engine.estimate(subject.line())
    assert estimate.characters == len(LINE)
    paid = subject.engine.capabilities.price is not None
    assert (estimate.usd > 0) == paid
    assert (estimate.price_checked is not None) == paid
    assert subject.calls() == 0


async def test_what_was_charged_is_told(subject: Subject) -> None:
    estimate = subject.engine.estimate(subject.line())
    speech = await subject.engine.synthesize(subject.line())
    if subject.engine.capabilities.price is None:
        assert (speech.charged_characters, speech.usd) == (0, 0.0)
    else:
        assert (speech.charged_characters, speech.usd) == (estimate.characters, estimate.usd)
        assert speech.request_id


async def test_lines_at_the_same_time_are_not_mixed_up(subject: Subject) -> None:
    asked = [subject.line("Go. " * (2 + 3 * index), index % 2) for index in range(6)]
    alone = [await subject.engine.synthesize(request) for request in asked]
    together: dict[int, Speech] = {}

    async def speak(index: int) -> None:
        together[index] = await subject.engine.synthesize(asked[index])

    async with anyio.create_task_group() as group:
        for index in reversed(range(len(asked))):
            group.start_soon(speak, index)
    for index, before in enumerate(alone):
        assert abs(together[index].clip.duration_ms - before.clip.duration_ms) <= 60
        if subject.engine.capabilities.repeats(subject.model):
            assert _same(together[index], before)


async def test_speed_is_honoured_as_far_as_it_is_claimed(subject: Subject) -> None:
    slow = await subject.engine.synthesize(replace(subject.line(), speed=0.7))
    fast = await subject.engine.synthesize(replace(subject.line(), speed=1.2))
    ratio = slow.clip.duration_ms / fast.clip.duration_ms
    assert subject.engine.support(None)["speed"] == "honoured"
    assert 1.2 / 0.7 * 0.85 < ratio < 1.2 / 0.7 * 1.15


async def test_equal_requests_give_equal_audio_as_far_as_it_is_claimed(subject: Subject) -> None:
    first = await subject.engine.synthesize(subject.line())
    between = await subject.engine.synthesize(subject.line("Something else.", 1))
    again = await subject.engine.synthesize(subject.line())
    elsewhere = await subject.make().synthesize(subject.line())
    assert not _same(first, between)
    if subject.engine.capabilities.repeats(subject.model):
        assert _same(first, again)
        assert _same(first, elsewhere)
    else:
        assert not _same(first, again)


async def test_a_cancelled_line_leaves_the_engine_usable(subject: Subject) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(subject.engine.synthesize, subject.line(LINE * 20))
        await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    speech = await subject.engine.synthesize(subject.line())
    assert speech.clip.duration_ms > 1_000


async def test_the_voices_on_offer_can_speak(subject: Subject) -> None:
    offered = await subject.engine.voices()
    assert len({(voice.id, voice.model) for voice in offered}) == len(offered)
    some = offered[:: max(1, len(offered) // 6)]
    assert len(some) >= 3
    for voice in some:
        assert voice.name
        line = replace(subject.line("One two three."), voice=voice.id, model=voice.model)
        speech = await subject.engine.synthesize(line)
        assert not levels(speech.clip).silent


async def test_an_engine_that_is_set_up_is_healthy(subject: Subject) -> None:
    health = await subject.engine.health()
    assert health.ready
    assert health.note
    assert health.needs is None


async def test_what_was_never_asked_is_not_in_the_history(subject: Subject) -> None:
    since = datetime(2020, 1, 1, tzinfo=UTC)
    said = await subject.engine.synthesize(subject.line())
    assert await subject.engine.recover(subject.line("Never said."), since) == ()
    found = await subject.engine.recover(subject.line(), since)
    assert len(found) <= 1
    assert bool(found) or subject.engine.capabilities.price is None
    assert all(abs(speech.clip.duration_ms - said.clip.duration_ms) <= 60 for speech in found)


async def test_closing_leaves_no_process_and_no_thread(subject: Subject) -> None:
    children = set(psutil.Process().children(recursive=True))
    engine = subject.make()
    await engine.synthesize(subject.line())
    threads = {thread.name for thread in threading.enumerate() if not thread.daemon}
    await engine.aclose()
    await engine.aclose()
    others = [child for child in psutil.Process().children(recursive=True) if child not in children]
    _, left = psutil.wait_procs(others, timeout=5)
    assert left == []
    now = {thread.name for thread in threading.enumerate() if not thread.daemon}
    assert {name for name in now - threads if "AnyIO" not in name} == set()
