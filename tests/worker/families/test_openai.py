"""A speech server behind a voice worker: loading, speaking piece by piece, whole lines, refusals."""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from tests.speech.elevenlabs_faults import Hang, Status
from tests.speech.openai_audio import RATE_HZ
from tests.speech.openai_server import OpenAiServer
from viraltracker.errors import NeedsKey, ProviderDown, Refused, SettingsRefused, SpeechError, TextTooLong
from viraltracker.worker import Line, Pack, Rendered
from viraltracker.worker.families.openai import OpenAiFamily, OpenAiModel

TEXT = "The harbour is closed."
LENGTH = 65 * len(TEXT) * RATE_HZ // 1000
KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    """Kokoro-FastAPI, as far as its answers go."""
    with OpenAiServer() as running:
        yield running


Packed = Callable[..., Pack]


@pytest.fixture
def packed(server: OpenAiServer) -> Packed:
    """A pack for that server, with other settings where they are given."""

    def pack(capabilities: tuple[str, ...] = ("streaming", "speed"), **settings: Any) -> Pack:
        return Pack(
            id="openai/kokoro",
            family="openai",
            title="Kokoro",
            version="1",
            languages=("en",),
            capabilities=frozenset(capabilities),
            rate_hz=RATE_HZ,
            licence="Apache-2.0",
            consent="synthetic",
            folder=Path(),
            settings={"base_url": server.url, "model": "kokoro", **settings},
        )

    return pack


@pytest.fixture
async def model(packed: Packed) -> AsyncIterator[OpenAiModel]:
    """The server as a model; closed afterwards."""
    loaded = await OpenAiFamily({}).load(packed())
    yield loaded
    await loaded.close()


async def lengths(model: OpenAiModel, line: Line) -> list[int]:
    async with aclosing(model.speak(line)) as pieces:
        return [len(piece) async for piece in pieces]


async def rendered(model: OpenAiModel, lines: list[Line]) -> dict[int, Rendered]:
    async with aclosing(model.render(lines)) as results:
        return {result.index: result async for result in results}


async def test_it_has_the_servers_voices_and_no_pack_of_its_own(
    server: OpenAiServer, model: OpenAiModel
) -> None:
    assert OpenAiFamily({}).built_in == ()
    assert [voice.id for voice in model.voices] == server.voices
    assert (model.rate_hz, model.batch, dict(model.options)) == (RATE_HZ, 4, {})


async def test_a_line_comes_piece_by_piece(server: OpenAiServer, model: OpenAiModel) -> None:
    found = await lengths(model, Line(TEXT, "am_adam", speed=0.5))
    assert len(found) > 10
    assert sum(found) == 2 * LENGTH
    await lengths(model, Line(TEXT))
    first, second = (one.body for one in server.spoken)
    assert first["response_format"] == "pcm"
    assert (first["model"], first["voice"], first["speed"]) == ("kokoro", "am_adam", 0.5)
    assert second["voice"] == "af_bella"


async def test_a_pack_that_does_not_stream_gives_the_whole_line(server: OpenAiServer, packed: Packed) -> None:
    model = await OpenAiFamily({}).load(packed(capabilities=("speed",)))
    assert await lengths(model, Line(TEXT)) == [LENGTH]
    assert server.spoken[0].body["response_format"] == "wav"
    await model.close()


@pytest.mark.parametrize("capabilities", [("streaming",), ()])
async def test_another_rate_than_the_packs_is_brought_to_it(packed: Packed, capabilities: tuple[str]) -> None:
    model = await OpenAiFamily({}).load(replace(packed(capabilities), rate_hz=48_000))
    (length,) = [sum(await lengths(model, Line(TEXT)))]
    # Raw samples that say no rate are taken for the pack's own.
    assert length == (LENGTH if capabilities else 2 * LENGTH)
    await model.close()


async def test_raw_samples_that_say_another_rate_come_without_seams(
    server: OpenAiServer, model: OpenAiModel
) -> None:
    server.content_type = "audio/pcm;rate=48000"
    assert await lengths(model, Line(TEXT)) == [LENGTH // 2]


async def test_whoever_stops_listening_is_seen_to_hang_up(server: OpenAiServer, model: OpenAiModel) -> None:
    server.endless = True
    with anyio.fail_after(20):
        line = model.speak(Line(TEXT))
        assert len(await anext(line)) > 0
        await line.aclose()
        assert await anyio.to_thread.run_sync(server.hung_up.wait, 10)


async def test_two_lines_of_one_model_do_not_touch_each_other(
    server: OpenAiServer, model: OpenAiModel
) -> None:
    server.endless = True
    with anyio.fail_after(20):
        one, other = model.speak(Line(TEXT)), model.speak(Line(TEXT, "am_adam"))
        await anext(one)
        await anext(other)
        await one.aclose()
        assert await anyio.to_thread.run_sync(server.hung_up.wait, 10)
        for _ in range(30):
            assert len(await anext(other)) > 0
        await other.aclose()


async def test_whole_lines_are_asked_for_together_up_to_the_packs_number(
    server: OpenAiServer, packed: Packed
) -> None:
    model = await OpenAiFamily({}).load(packed(at_once=3))
    server.gate.clear()
    server.crowd = 3
    done: dict[int, Rendered] = {}

    async def render() -> None:
        done.update(await rendered(model, [Line(TEXT)] * 7))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(render)
            assert await anyio.to_thread.run_sync(server.crowded.wait, 10)
            server.gate.set()
    assert server.most_at_once == 3
    assert sorted(done) == list(range(7))
    assert all(result.samples is not None for result in done.values())
    await model.close()


async def test_a_line_that_fails_does_not_keep_the_others(server: OpenAiServer, model: OpenAiModel) -> None:
    server.faults += [Status(500)]
    results = await rendered(model, [Line(TEXT), Line(" "), Line(TEXT), Line(TEXT, "nobody")])
    problems = {type(result.problem) for result in results.values() if result.samples is None}
    assert problems == {ProviderDown, Refused}
    assert sum(result.samples is not None for result in results.values()) == 1


async def test_rendering_that_nobody_wants_any_more_ends(server: OpenAiServer, model: OpenAiModel) -> None:
    server.faults += [Hang()] * 2
    with anyio.fail_after(20):
        results = model.render([Line(TEXT)] * 3)
        assert (await anext(results)).samples is not None
        await results.aclose()
    assert len(await lengths(model, Line(TEXT))) > 5


@pytest.mark.parametrize(
    ("line", "error", "field"),
    [
        (Line(" \n"), Refused, "text"),
        (Line("a" * 4_097), TextTooLong, "text"),
        (Line(TEXT, "nobody"), Refused, "voice.id"),
        (Line(TEXT, speed=5), Refused, "voice.speed"),
        (Line(TEXT, options={"warp": 1.0}), Refused, "voice.options.warp"),
    ],
    ids=["nothing", "too long", "voice", "speed", "option"],
)
async def test_what_can_not_be_spoken_is_refused_without_a_call(
    server: OpenAiServer, model: OpenAiModel, line: Line, error: type[SpeechError], field: str
) -> None:
    with pytest.raises(error) as refused:
        model.check(line)
    assert refused.value.facts["field"] == field
    with pytest.raises(error):
        await lengths(model, line)
    assert server.spoken == []


async def test_a_pack_may_name_voices_that_the_server_does_not_list(
    server: OpenAiServer, packed: Packed
) -> None:
    model = await OpenAiFamily({}).load(packed(voices=["am_adam", "af_bella+am_adam"]))
    assert [voice.id for voice in model.voices] == ["am_adam", "af_bella+am_adam"]
    await model.close()
    server.flavour = "openai"
    with pytest.raises(SettingsRefused, match=r"lists no voices of kokoro.*under voices"):
        await OpenAiFamily({}).load(packed())


async def test_voices_are_those_of_the_packs_model(server: OpenAiServer, packed: Packed) -> None:
    server.flavour, server.models = "speaches", ["a/kokoro", "b/piper"]
    model = await OpenAiFamily({}).load(packed(model="b/piper"))
    assert [voice.id for voice in model.voices] == server.voices
    await model.close()
    with pytest.raises(SettingsRefused, match="lists no voices of kokoro"):
        await OpenAiFamily({}).load(packed(model="kokoro"))


async def test_the_key_comes_from_the_environment_by_its_name(server: OpenAiServer, packed: Packed) -> None:
    server.key = KEY
    model = await OpenAiFamily({"KOKORO_KEY": f"{KEY}\n"}).load(packed(key_env="KOKORO_KEY"))
    assert sum(await lengths(model, Line(TEXT))) == LENGTH
    await model.close()
    with pytest.raises(NeedsKey, match=r"refused the key.*Look at KOKORO_KEY"):
        await OpenAiFamily({"KOKORO_KEY": "wrong"}).load(packed(key_env="KOKORO_KEY"))
    with pytest.raises(NeedsKey, match=r"wants a key.*key_env in openai/kokoro"):
        await OpenAiFamily({}).load(packed())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"base_url": "http://example.org/v1"}, "unprotected"),
        ({"base_url": "nonsense"}, "openai/kokoro can't be used"),
        ({"base_url": 7}, "base_url: Input should be a valid string"),
        ({"key_env": "KOKORO_KEY"}, "KOKORO_KEY, which isn't set"),
        ({"key_env": KEY}, "no variable's name"),
        ({"colour": "red"}, "colour: Extra inputs"),
        ({"at_once": 0}, "at_once: Input should be greater"),
        ({"voices": [""]}, "voices.0"),
        ({"model": None}, "model: Input should be a valid string"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_a_pack_that_can_not_be_used_says_what_to_mend(
    server: OpenAiServer, packed: Packed, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsRefused, match=words) as refused:
        await OpenAiFamily({}).load(packed(**settings))
    assert "openai/kokoro" in refused.value.message
    assert KEY not in refused.value.message
    assert server.received == []


async def test_a_key_does_not_travel_unprotected(packed: Packed) -> None:
    far = packed(base_url="http://192.168.7.7:8880/v1", key_env="KOKORO_KEY")
    with pytest.raises(SettingsRefused, match="unprotected"):
        await OpenAiFamily({"KOKORO_KEY": KEY}).load(far)


async def test_a_server_that_does_not_answer_is_named_by_the_pack(packed: Packed) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        absent = packed(base_url=f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(ProviderDown, match="Start it, or look at base_url in the pack openai/kokoro"):
            await OpenAiFamily({}).load(absent)
