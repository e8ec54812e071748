"""The voice workers as a producer looks after them: how they stand, models loaded, unloaded and tried."""

import asyncio
import math
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import grpc
import pytest

from tests.worker.conftest import engine_over, served
from viraltracker.errors import BadInput, NotFound, Refused
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.rpc import tts_pb2_grpc
from viraltracker.speech.worker import Access, Fleet, StaticWorkers, WorkerEngine
from viraltracker.speech.worker.finding import Links
from viraltracker.speech.worker.offers import offered
from viraltracker.worker.families import EspeakFamily, ToneFamily
from viraltracker.worker.serve import Serving


@pytest.fixture
async def worker() -> AsyncIterator[Serving]:
    async with served(ToneFamily(), EspeakFamily(), name="gpu-box") as running:
        yield running


@pytest.fixture
async def fleet(worker: Serving) -> AsyncIterator[Fleet]:
    async with engine_over(worker) as engine:
        yield Fleet(engine)


def at(addresses: Sequence[str]) -> WorkerEngine:
    links = Links(Access())
    return WorkerEngine(StaticWorkers(addresses, links), links)


async def test_a_worker_tells_how_it_and_its_models_stand(fleet: Fleet, worker: Serving) -> None:
    (told,) = await fleet.standings()
    assert (told.name, told.address, told.state) == ("gpu-box", worker.address, "ready")
    assert (told.waiting, told.free_slots, told.rtf) == (0, told.max_sessions, 0.0)
    models = {model.id: model for model in told.models}
    assert list(models) == ["espeak/espeak-ng", "tone/tone"]
    tone = models["tone/tone"]
    assert (tone.title, tone.state, tone.licence, tone.consent) == ("Tone", "absent", "MIT", "synthetic")
    assert (tone.languages, tone.voices, tone.sessions) == (("en",), 0, 0)


async def test_a_model_is_loaded_tried_and_unloaded(fleet: Fleet, worker: Serving) -> None:
    loaded = await fleet.load("tone/tone")
    assert (loaded.worker, loaded.model.state) == ("gpu-box", "resident")
    assert loaded.model.memory_bytes > 0
    assert (await fleet.load("tone/tone", "gpu-box")).took_s == 0.0
    said = await fleet.say("tone/tone", " The fog\n has opinions. ", worker.address)
    assert said.speech.clip.duration_ms > 500
    assert said.speech.facts["worker"] == said.worker == "gpu-box"
    assert said.took_s > 0
    assert said.rtf >= 0
    assert await fleet.unload("tone/tone") == ("gpu-box",)
    assert worker.residency.about("tone/tone").state == "absent"


async def test_one_in_use_is_let_go_when_its_last_session_ends(fleet: Fleet, worker: Serving) -> None:
    async with worker.residency.hold("tone/tone", load=True):
        with pytest.raises(Refused, match="in use by 1 session"):
            await fleet.unload("tone/tone", "gpu-box")
        await fleet.unload("tone/tone", when_idle=True)
        (told,) = await fleet.standings()
        assert {model.id: model.sessions for model in told.models}["tone/tone"] == 1
    assert await worker.residency.load("espeak/espeak-ng") >= 0  # moves go one after the other
    assert worker.residency.about("tone/tone").state == "absent"


async def test_a_worker_that_ends_says_so(fleet: Fleet, worker: Serving) -> None:
    await worker.drain()
    (told,) = await fleet.standings()
    assert told.state == "draining"


async def test_one_that_hangs_is_silent_and_holds_up_nobody(worker: Serving) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # it takes connections, and never says a word
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        engine = at([address, worker.address])
        async with asyncio.timeout(20):
            told = await Fleet(engine).standings()
        assert [(each.name, each.state) for each in told] == [("gpu-box", "ready"), (address, "hanging")]
        assert "in time" in told[1].problem
        assert {voice.model for voice in await engine.voices()} == {"espeak/espeak-ng", "tone/tone"}
        await engine.aclose()


class Liar(tts_pb2_grpc.TTSServiceServicer):
    """A worker of somebody who means no good."""

    name = "a\x1b[31m" + "b" * 5_000

    async def GetCapabilities(self, _: object, __: object) -> object:  # noqa: N802
        return wire.GetCapabilitiesResponse(name=self.name, max_sessions=1)

    async def ListModels(self, _: object, __: object) -> object:  # noqa: N802
        odd = wire.ModelInfo(id="x/y", title="\u202e\n" * 50, licence="l" * 9_000, rtf=math.nan, state=99)  # type: ignore[arg-type]
        unusable = [wire.ModelInfo(id=id_) for id_ in ("", "x/\x00", "x" * 5_000)]
        return wire.ListModelsResponse(models=[odd, *unusable])


async def test_what_a_stranger_says_is_short_and_plain() -> None:
    server, liar = grpc.aio.server(), Liar()
    tts_pb2_grpc.add_TTSServiceServicer_to_server(liar, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    engine = at([f"127.0.0.1:{port}"])
    (told,) = await Fleet(engine).standings()
    assert (told.name, told.state) == (f"127.0.0.1:{port}", "refused")
    await engine.aclose()
    liar.name = "attic"
    engine = at([f"127.0.0.1:{port}"])
    (told,) = await Fleet(engine).standings()
    (model,) = told.models  # what nobody could ask for by name is left out
    assert (model.id, model.title, model.state, model.rtf) == ("x/y", "x/y", "failed", 0.0)
    assert len(model.licence) < 150
    assert all(len(voice.name) < 150 for voice in await engine.voices())
    await engine.aclose()
    await server.stop(None)


async def test_names_that_mean_none_or_two_are_refused(worker: Serving) -> None:
    async with served(name="gpu-box") as twin, engine_over(worker, twin) as engine:
        fleet = Fleet(engine)
        with pytest.raises(BadInput, match=f"2 voice workers are called.*{twin.address}"):
            await fleet.load("tone/tone", "gpu-box")
        assert (await fleet.load("tone/tone", twin.address)).worker == "gpu-box"
        with pytest.raises(NotFound, match="There are gpu-box"):
            await fleet.load("tone/tone", "attic")
        with pytest.raises(NotFound, match="They have espeak/espeak-ng, tone/tone"):
            await fleet.unload("piper/nobody")
        with pytest.raises(BadInput, match="no line to speak"):
            await fleet.say("tone/tone", "  ")
    nobody = at([twin.address])
    with pytest.raises(NotFound, match="worker serve"):
        await Fleet(nobody).load("tone/tone")
    await nobody.aclose()


async def test_lines_for_a_model_go_where_it_is_in_memory(worker: Serving) -> None:
    async with served(name="attic") as other, engine_over(worker, other) as engine:
        fleet = Fleet(engine)
        await worker.residency.load("tone/tone")
        assert (await fleet.say("tone/tone", "Hello there.")).worker == "gpu-box"
        assert await fleet.unload("tone/tone") == ("attic", "gpu-box")


def test_a_model_that_was_never_loaded_says_that_it_has_more_voices() -> None:
    unknown = wire.ModelInfo(id="piper/lessac", family="piper", title="Lessac")
    (first,) = offered(unknown)
    assert (first.id, first.name) == ("default", "Lessac: its first voice")
    assert "once it is loaded" in first.description
    known = wire.ModelInfo(id="piper/lessac", voices=[wire.VoiceInfo(id="a", name="A\x1b[31m\u202e")])
    assert [(each.id, each.name) for each in offered(known)] == [
        ("default", "piper/lessac: its first voice"),
        ("a", "piper/lessac: A[31m"),
    ]
    assert "more" not in offered(known)[0].labels


async def test_a_broken_pack_has_its_reason(tmp_path: Path) -> None:
    (tmp_path / "tone" / "torn").mkdir(parents=True)
    (tmp_path / "tone" / "torn" / "metadata.yaml").write_text("title: [", encoding="utf-8")
    async with served(packs=str(tmp_path)) as worker, engine_over(worker) as engine:
        (told,) = await Fleet(engine).standings()
        torn = next(model for model in told.models if model.id == "tone/torn")
        assert (torn.state, torn.title) == ("failed", "torn")
        assert "metadata.yaml" in torn.problem
        assert "tone/torn" not in {voice.model for voice in await engine.voices()}
        with pytest.raises(Refused, match=r"metadata\.yaml"):
            await Fleet(engine).load("tone/torn", worker.address)
