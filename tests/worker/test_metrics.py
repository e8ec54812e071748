"""A worker's figures, read as Prometheus reads them; and a dashboard that asks for figures that exist."""

import json
import re
from pathlib import Path

import anyio.to_thread
import grpc
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.worker.conftest import engine_over, linked, served
from viraltracker.errors import SettingsRefused
from viraltracker.speech import SpeechRequest
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.worker.serve import Serving

pytestmark = pytest.mark.anyio

SECRET = "words that are spoken and logged nowhere"


async def figures(worker: Serving) -> dict[str, float]:
    url = f"http://127.0.0.1:{worker.metrics_port}/metrics"
    page = (await anyio.to_thread.run_sync(lambda: httpx.get(url, trust_env=False))).text
    assert SECRET not in page
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            labels = {name: value for name, value in sample.labels.items() if name != "le"}
            found[" ".join([sample.name, *labels.values()])] = sample.value
    return found


async def test_what_a_worker_does_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    async with served(metrics="127.0.0.1:0") as worker, linked(worker) as link:
        session = await link.stub.StartSession(
            wire.StartSessionRequest(mode=wire.MODE_LIVE, model="tone/tone", load=True)
        )
        chunk = wire.TextChunk(session=session.session, text=SECRET, end_of_line=True)
        heard = [frame async for frame in link.stub.Synthesize(iter([chunk]))]
        async with engine_over(worker) as engine:
            await engine.synthesize(SpeechRequest(SECRET, "alto", "tone/tone"))
        with pytest.raises(grpc.aio.AioRpcError):
            await link.stub.LoadModel(wire.LoadModelRequest(model="tone/nobody"))
        await link.stub.EndSession(wire.EndSessionRequest(session=session.session))
        await link.stub.UnloadModel(wire.UnloadModelRequest(model="tone/tone"))
        seen = await figures(worker)
    assert seen["tts_first_audio_seconds_count tone/tone"] == 1
    assert seen["tts_frame_jitter_seconds_count"] == len(heard) - 1, "all but the line's first"
    assert seen["tts_rtf_count tone/tone"] == 2, "the live line, and the rendered one"
    assert seen["tts_render_wait_seconds_count"] == 1
    assert seen["tts_load_seconds_count tone/tone"] == 1
    assert seen["tts_evictions_total tone/tone asked"] == 1
    assert seen["tts_refusals_total NotFound"] == 1
    assert (seen["tts_sessions"], seen["tts_queue_depth"], seen["tts_resident_models"]) == (0, 0, 0)
    assert SECRET not in caplog.text


async def test_a_taken_address_for_figures_is_said() -> None:
    async with served(metrics="127.0.0.1:0") as worker:
        with pytest.raises(SettingsRefused, match="figures"):
            async with served(metrics=f"127.0.0.1:{worker.metrics_port}"):
                pass


DASHBOARD = json.loads(Path("docs/grafana/voice-workers.json").read_text())


async def test_the_dashboard_asks_for_figures_that_there_are() -> None:
    asked = {
        name
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
        for name in re.findall(r"tts_\w+", target["expr"])
    }
    async with served(metrics="127.0.0.1:0") as worker, linked(worker) as link:
        url = f"http://127.0.0.1:{worker.metrics_port}/metrics"
        page = (await anyio.to_thread.run_sync(lambda: httpx.get(url, trust_env=False))).text
        del link
    described = set(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE))
    known = {f"{name}{end}" for name in described for end in ("", "_bucket", "_count", "_sum")}
    assert asked <= known
    assert {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in asked} == {
        re.sub(r"_(total|created)$", "", name) for name in described
    }, "every figure has its panel"
