"""Any OpenAI-compatible speech server, over real sockets: what is sent, what comes back, what is listed."""

import logging
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import anyio
import anyio.to_thread
import numpy as np
import pytest
from pydantic import SecretStr

from tests.speech.elevenlabs_faults import Hangup, Instead, Status
from tests.speech.openai_audio import RATE_HZ
from tests.speech.openai_server import OpenAiServer
from viraltracker.audio import Clip, decode
from viraltracker.errors import NonsenseAnswer, Refused, SettingsRefused, SpeechError, TextTooLong
from viraltracker.speech import SpeechRequest
from viraltracker.speech.openai import OpenAiEngine, SettingNames

LINE = SpeechRequest(text="The harbour is closed.", voice="af_bella")
LENGTH = 65 * len(LINE.text) * RATE_HZ // 1000
KEY = SecretStr("sk-test-0123456789abcdef")


async def pieces_of(speaker: OpenAiEngine, request: SpeechRequest = LINE) -> list[Clip]:
    async with aclosing(speaker.stream(request)) as pieces:
        return [piece async for piece in pieces]


async def test_what_is_documented_is_sent_and_nothing_else(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    await speaker.synthesize(LINE)
    await speaker.synthesize(replace(LINE, model="kokoro", speed=0.8))
    await pieces_of(speaker)
    first, second, streamed = speech_server.spoken
    asked = {"model": "tts-1", "input": LINE.text, "voice": "af_bella"}
    assert first.body == {**asked, "response_format": "wav"}
    assert second.body == {**asked, "model": "kokoro", "speed": 0.8, "response_format": "wav"}
    assert streamed.body == {**asked, "response_format": "pcm", "stream_format": "audio"}
    assert "authorization" not in first.headers


async def test_a_key_is_sent_as_a_bearer(speech_server: OpenAiServer) -> None:
    speech_server.key = KEY.get_secret_value()
    engine = OpenAiEngine(speech_server.url, SecretStr(f" {speech_server.key}\n"))
    await engine.synthesize(LINE)
    await engine.aclose()
    assert speech_server.spoken[0].headers["authorization"] == f"Bearer {speech_server.key}"


@pytest.mark.parametrize("ending", ["/v1", "/v1/", "", "/"])
async def test_the_version_may_be_left_out_of_the_address(speech_server: OpenAiServer, ending: str) -> None:
    engine = OpenAiEngine(speech_server.url.removesuffix("/v1") + ending)
    await engine.synthesize(LINE)
    await engine.aclose()
    assert [one.path for one in speech_server.received] == ["/v1/audio/speech"]


async def test_a_line_costs_nothing_and_says_its_model(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    speech = await speaker.synthesize(LINE)
    assert (speech.charged_characters, speech.usd, speech.exact) == (0, 0.0, True)
    assert speech.facts == {"model": "tts-1"}
    assert speaker.capabilities.price is None


@pytest.mark.parametrize("form", ["wav", "mp3", "flac", "ogg", "pcm"])
@pytest.mark.parametrize("said", [None, "application/octet-stream", "audio/wav", ""])
async def test_whatever_form_comes_is_read_and_kept_readable(
    speech_server: OpenAiServer, speaker: OpenAiEngine, form: str, said: str | None
) -> None:
    speech_server.answer_format, speech_server.content_type = form, said
    if form == "pcm" and said is not None:  # samples that nobody calls samples could be anything
        with pytest.raises(NonsenseAnswer, match="can't be read"):
            await speaker.synthesize(LINE)
        return
    speech = await speaker.synthesize(LINE)
    assert speech.clip.rate_hz == RATE_HZ
    assert abs(speech.clip.length - LENGTH) <= (2_400 if form == "mp3" else 0)
    kept = decode(speech.payload, speech.media_type)
    assert bool(np.array_equal(kept.samples, speech.clip.samples))


async def test_raw_samples_have_the_rate_that_they_are_said_to_have(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    speech_server.answer_format, speech_server.content_type = "pcm", "audio/pcm; rate=16000"
    assert (await speaker.synthesize(LINE)).clip.rate_hz == 16_000
    assert {piece.rate_hz for piece in await pieces_of(speaker)} == {16_000}
    speech_server.content_type = "audio/pcm"
    other = OpenAiEngine(speech_server.url, pcm_rate_hz=44_100)
    assert {piece.rate_hz for piece in await pieces_of(other)} == {44_100}
    await other.aclose()


@pytest.mark.parametrize("length", [0, 0x7FFF_FFFF, 0xFFFF_FFFF - 36, 0xFFFF_FFFF])
async def test_a_wav_that_could_not_know_its_length_gets_it(
    speech_server: OpenAiServer, speaker: OpenAiEngine, length: int
) -> None:
    speech_server.wav_length = length
    speech = await speaker.synthesize(LINE)
    assert speech.clip.length == LENGTH
    assert int.from_bytes(speech.payload[4:8], "little") == len(speech.payload) - 8
    assert speech.payload[-2 * LENGTH - 4 : -2 * LENGTH] == (2 * LENGTH).to_bytes(4, "little")


async def test_a_stream_comes_in_pieces_and_is_the_whole_line(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    pieces = await pieces_of(speaker)
    assert len(pieces) > 5
    assert {piece.samples.dtype for piece in pieces} == {np.dtype(np.float32)}
    assert sum(piece.length for piece in pieces) == LENGTH
    joined = Clip(np.concatenate([piece.samples for piece in pieces]), RATE_HZ)
    assert np.count_nonzero(np.abs(np.diff(joined.samples)) > 0.05) == 0, "a click at a seam"


@pytest.mark.parametrize("form", ["wav", "mp3"])
async def test_a_server_that_sends_a_file_all_the_same_gives_one_piece(
    speech_server: OpenAiServer, speaker: OpenAiEngine, form: str
) -> None:
    speech_server.answer_format = form
    (piece,) = await pieces_of(speaker)
    assert abs(piece.length - LENGTH) <= 2_400


async def test_a_stream_that_nobody_wants_any_more_is_hung_up(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    speech_server.endless = True
    with anyio.fail_after(20):
        async with aclosing(speaker.stream(LINE)) as pieces:
            assert (await anext(pieces)).length > 0
        assert await anyio.to_thread.run_sync(speech_server.hung_up.wait, 10)
    speech_server.endless = False
    assert sum(piece.length for piece in await pieces_of(speaker)) == LENGTH


async def test_a_stream_that_ends_inside_a_sample_says_so(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    speech_server.faults += [Instead(b"\1" * 4_001, "audio/pcm"), Instead(b"", "audio/pcm")]
    with pytest.raises(NonsenseAnswer, match="ends inside a sample"):
        await pieces_of(speaker)
    with pytest.raises(NonsenseAnswer, match="empty answer"):
        await pieces_of(speaker)


@pytest.mark.parametrize("what", [{"text": " \n"}, {"voice": ""}, {"voice": "a\nb"}, {"voice": "x" * 201}])
@pytest.mark.parametrize("more", [{}, {"model": "kokoro"}])
async def test_what_can_not_be_asked_is_not_sent(
    speech_server: OpenAiServer, speaker: OpenAiEngine, what: dict[str, Any], more: dict[str, Any]
) -> None:
    request = replace(LINE, **what, **more)
    with pytest.raises(Refused):
        await speaker.synthesize(request)
    with pytest.raises(Refused):
        await pieces_of(speaker, request)
    assert speech_server.received == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"speed": 0.2}, "0.25 to 4"),
        ({"speed": float("nan")}, "0.25 to 4"),
        ({"model": ""}, "name of a model"),
        ({"text": "half \ud800 letter"}, "Character 6 of the line"),
        ({"voice": "\udc00"}, "name of a voice"),
        ({"options": {"warp\n": 1.0}}, "no option warp"),
    ],
)
async def test_a_refusal_says_what_to_change(
    speech_server: OpenAiServer, speaker: OpenAiEngine, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        await speaker.synthesize(replace(LINE, **change))
    assert speech_server.received == []


async def test_the_longest_text_is_what_openai_takes(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    await speaker.synthesize(replace(LINE, text="a" * 4_096))
    with pytest.raises(TextTooLong, match="4097"):
        await speaker.synthesize(replace(LINE, text="a" * 4_097))


async def test_openai_itself_is_said_to_charge() -> None:
    engine = OpenAiEngine("https://api.openai.com", KEY)
    assert not engine.estimate(LINE).exact
    assert engine.capabilities.price is None


@pytest.mark.parametrize("url", ["", "kokoro:8880", "ftp://127.0.0.1", "http://", "http://[", "http://a?b=c"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(SettingsRefused, match="base_url is no web address"):
        OpenAiEngine(url, named=SettingNames(url="base_url"))


@pytest.mark.parametrize("key", ["two words", "caf\u00e9", "a\x00b"])
def test_a_key_that_is_none_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(SettingsRefused, match="holds a character") as refused:
        OpenAiEngine("http://127.0.0.1:1", SecretStr(key))
    assert key not in str(refused.value)


async def test_the_key_and_the_text_stay_out_of_logs_and_errors(
    speech_server: OpenAiServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    speech_server.key = key = KEY.get_secret_value()
    engine = OpenAiEngine(speech_server.url, KEY)
    echo = Status(400, body={"error": {"message": f"{key} may not say {LINE.text} with sk-other12345"}})
    speech_server.faults += [
        echo,
        Hangup(),
        Instead.html(),
        Instead(f'{{"error": "{key}"}}'.encode(), "text/json"),
    ]
    for _ in range(4):
        with pytest.raises(SpeechError) as failed:
            await engine.synthesize(LINE)
        error: BaseException | None = failed.value
        while error is not None:
            shown = f"{error!r} {error} {getattr(error, 'facts', '')} {vars(error)}"
            assert key not in shown
            assert LINE.text not in shown
            assert "sk-other12345" not in shown
            error = error.__cause__ or error.__context__
    await engine.synthesize(LINE)
    await engine.aclose()
    assert "127.0.0.1" in caplog.text
    assert key not in caplog.text
    assert LINE.text not in caplog.text
    assert key not in f"{engine!r} {vars(engine)}"
