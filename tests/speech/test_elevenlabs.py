"""ElevenLabs through the real SDK against a server on this machine: what is sent and what comes back."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import numpy as np
import pytest

from tests.speech.elevenlabs_faults import Hangup, Instead, Status
from tests.speech.elevenlabs_server import SEEDED_VOICE, ElevenLabsServer
from viraltracker.audio import decode
from viraltracker.errors import (
    Refused,
    SettingsRefused,
    SpeechError,
    TryLater,
)
from viraltracker.speech import AudioTagAt, Speech, SpeechRequest
from viraltracker.speech.elevenlabs import ElevenLabsEngine

LINE = SpeechRequest(
    text="The harbour is closed.",
    voice=SEEDED_VOICE,
    stability=0.35,
    similarity=0.78,
    style=0.45,
    speed=0.7,
    seed=4_000_000_000,
    previous_text="Before.",
    next_text="After.",
)
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


async def test_everything_that_shapes_the_line_is_sent(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    await engine.synthesize(LINE)
    (sent,) = server.spoken
    assert sent.path == f"/v1/text-to-speech/{SEEDED_VOICE}"
    assert sent.query == {"output_format": "mp3_44100_128"}
    assert sent.headers["xi-api-key"] == server.key
    assert sent.body == {
        "text": "The harbour is closed.",
        "model_id": "eleven_multilingual_v2",
        "voice_settings": {
            "stability": 0.35,
            "similarity_boost": 0.78,
            "style": 0.45,
            "speed": 0.7,
            "use_speaker_boost": True,
        },
        "seed": 4_000_000_000,
        "previous_text": "Before.",
        "next_text": "After.",
    }


async def test_what_is_not_set_is_not_sent(server: ElevenLabsServer, engine: ElevenLabsEngine) -> None:
    await engine.synthesize(SpeechRequest(text="Hello.", voice=SEEDED_VOICE))
    assert server.spoken[0].body == {
        "text": "Hello.",
        "model_id": "eleven_multilingual_v2",
        "voice_settings": {"speed": 1.0, "use_speaker_boost": True},
    }


async def test_a_zero_is_a_value(server: ElevenLabsServer, engine: ElevenLabsEngine) -> None:
    await engine.synthesize(replace(LINE, stability=0.0, style=0.0, seed=0))
    body = server.spoken[0].body
    assert body["voice_settings"]["stability"] == 0.0
    assert body["voice_settings"]["style"] == 0.0
    assert body["seed"] == 0


async def test_v3_gets_its_tags_and_only_what_it_takes(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    tags = (AudioTagAt(0, "whispers"), AudioTagAt(12, "laughs"), AudioTagAt(22, "sighs"))
    await engine.synthesize(replace(LINE, model="eleven_v3", audio_tags=tags))
    body = server.spoken[0].body
    assert body["text"] == "[whispers] The harbour [laughs] is closed. [sighs]"
    assert body["model_id"] == "eleven_v3"
    assert body["voice_settings"] == {"stability": 0.5, "similarity_boost": 0.78, "speed": 0.7}
    assert not {"previous_text", "next_text"} & body.keys()
    support = engine.support("eleven_v3")
    assert (support["audio_tags"], support["stability"]) == ("honoured", "approximated")
    assert (support["style"], support["neighbours"]) == ("not used", "not used")


@pytest.mark.parametrize("model", ["eleven_multilingual_v2", "eleven_flash_v2_5", "eleven_of_tomorrow"])
async def test_other_models_get_no_tags(
    server: ElevenLabsServer, engine: ElevenLabsEngine, model: str
) -> None:
    await engine.synthesize(replace(LINE, model=model, audio_tags=(AudioTagAt(0, "laughs"),)))
    body = server.spoken[0].body
    assert body["text"] == LINE.text
    assert body["model_id"] == model
    assert engine.support(model)["audio_tags"] == "not used"
    assert ("style" in body["voice_settings"]) == (engine.support(model)["style"] != "not used")


async def test_the_answer_tells_its_cost_and_its_number(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    speech = await engine.synthesize(LINE)
    (made,) = server.made
    assert speech.payload == made.audio
    assert speech.media_type == "audio/mpeg"
    assert speech.request_id == made.request_id
    assert (speech.charged_characters, speech.exact) == (22, True)
    assert speech.usd == pytest.approx(0.0022)
    assert speech.facts == {
        "model": "eleven_multilingual_v2",
        "current_concurrent_requests": 1,
        "maximum_concurrent_requests": 5,
        "history_item_id": made.id,
        "trace_id": f"trace-{made.id}",
        "region": "test-1",
    }


async def test_cheap_models_cost_half(server: ElevenLabsServer, engine: ElevenLabsEngine) -> None:
    flash = replace(LINE, model="eleven_flash_v2_5")
    estimate = engine.estimate(flash)
    assert (estimate.characters, estimate.exact, estimate.price_checked) == (11, False, "2026-06-30")
    assert estimate.usd == pytest.approx(22 * 0.05 / 1000)
    speech = await engine.synthesize(flash)
    assert (speech.charged_characters, speech.usd) == (11, estimate.usd)


async def test_without_headers_the_estimate_stands(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    whole = await engine.synthesize(LINE)
    server.faults.append(_Bare(whole.payload))
    speech = await engine.synthesize(LINE)
    assert (speech.charged_characters, speech.exact, speech.request_id) == (22, False, None)
    assert speech.facts == {"model": "eleven_multilingual_v2"}


class _Bare(Instead):
    """The right audio without a single header of the vendor's."""

    def play(self, handler: object, audio: bytes, headers: dict[str, str] | None = None) -> None:
        super().play(handler, audio, {"character-cost": "many", "x-trace-id": "a" * 200})


@pytest.mark.parametrize(
    ("form", "rate_hz", "media_type"),
    [
        ("wav_44100", 44_100, "audio/wav"),
        ("pcm_16000", 16_000, "audio/wav"),
        ("mp3_22050_32", 22_050, "audio/mpeg"),
    ],
)
async def test_other_formats_are_read_and_kept_readable(
    server: ElevenLabsServer, form: str, rate_hz: int, media_type: str
) -> None:
    engine = ElevenLabsEngine(server.key, base_url=server.base_url, output_format=form)
    speech = await engine.synthesize(LINE)
    await engine.aclose()
    assert server.spoken[0].query == {"output_format": form}
    assert (speech.clip.rate_hz, speech.media_type) == (rate_hz, media_type)
    assert engine.capabilities.rate_hz == rate_hz
    kept = decode(speech.payload, speech.media_type)
    assert bool(np.array_equal(kept.samples, speech.clip.samples))


@pytest.mark.parametrize("form", ["ulaw_8000", "opus_48000_32", "mp3", "mp3_44100_128; rm", ""])
def test_a_format_that_cannot_be_read_is_refused_at_once(form: str) -> None:
    with pytest.raises(SettingsRefused, match="no format the studio reads"):
        ElevenLabsEngine("key", output_format=form)


async def test_above_the_limit_one_waits_for_a_slot(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    server.concurrency_limit = 2
    server.gate.clear()
    outcomes: list[Speech | SpeechError] = []

    async def speak() -> None:
        try:
            outcomes.append(await engine.synthesize(LINE))
        except SpeechError as refused:
            outcomes.append(refused)
            server.gate.set()

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(speak)
    refused = [outcome for outcome in outcomes if isinstance(outcome, TryLater)]
    assert len(refused) == 1
    assert refused[0].facts["kind"] == "slot"
    assert refused[0].after_s <= 1
    assert len(server.made) == server.most_at_once == 2


async def test_the_key_and_the_text_stay_out_of_logs_and_errors(
    server: ElevenLabsServer, engine: ElevenLabsEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = Status(400, "invalid_parameters", f"key {server.key} may not say {LINE.text} with sk_other12345")
    server.faults.extend([echo, Hangup(), Instead.html()])
    await engine.health()
    for _ in range(3):
        with pytest.raises(SpeechError) as failed:
            await engine.synthesize(LINE)
        error: BaseException | None = failed.value
        while error is not None:
            shown = f"{error!r} {error} {getattr(error, 'facts', '')} {vars(error)}"
            assert server.key not in shown
            assert LINE.text not in shown
            assert "sk_other12345" not in shown
            error = error.__cause__ or error.__context__
    await engine.synthesize(LINE)
    assert "elevenlabs" in caplog.text or "127.0.0.1" in caplog.text
    assert server.key not in caplog.text
    assert LINE.text not in caplog.text
    assert server.key not in f"{engine!r} {vars(engine)}"


@pytest.mark.parametrize(
    "change",
    [
        {"voice": "../user"},
        {"voice": "a/b?c"},
        {"voice": "x" * 65},
        {"model": "eleven v3"},
        {"model": "../../x"},
        {"options": {"pitch": 1.0}},
    ],
)
async def test_what_would_bend_the_address_is_not_sent(
    server: ElevenLabsServer, engine: ElevenLabsEngine, change: dict[str, object]
) -> None:
    with pytest.raises(Refused):
        await engine.synthesize(replace(LINE, **change))  # type: ignore[arg-type]
    assert server.received == []


@pytest.mark.parametrize(
    "address", ["", "nonsense", "ftp://127.0.0.1", "http://", "http://127.0.0.1:99999", "http://[::1"]
)
def test_an_address_that_is_none_is_refused_at_once(address: str) -> None:
    with pytest.raises(SettingsRefused, match="ELEVENLABS_BASE_URL"):
        ElevenLabsEngine("sk_test_123456", base_url=address)


async def test_an_engine_opens_again_after_it_was_closed(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    await engine.synthesize(LINE)
    await engine.aclose()
    await engine.synthesize(LINE)
    assert len(server.made) == 2
