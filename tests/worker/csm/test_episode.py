"""CSM voices in a whole studio: an episode of three voices, a worker that dies amid it, a live voice."""

import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from tests.jobs.conftest import until
from tests.worker.conftest import engine_over, served
from tests.worker.test_live_voice import voice_over
from tests.worker.voice_process import Starting, VoiceProcess
from viraltracker.audio import FRAME_BYTES, decode
from viraltracker.settings import Settings
from viraltracker.store import Postgres
from viraltracker.studio import Stores, Studio
from viraltracker.voices import EngineVoice
from viraltracker.worker.config import Csm
from viraltracker.worker.families import CsmFamily
from viraltracker.worker.serve import Serving
from viraltracker.workflow import Order, complete_audio_workflow, hands_for

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("csm")]

BROKEN = Path(__file__).with_name("broken_device")
SCRIPT = """[META]
video_title: Three Voices On One Model
project: harbour

[BEAT: 01_fed]
name: The Base
---
[CHARACTER: fed]
The harbour is closed. <|AUDIO|>
[END_BEAT]

[BEAT: 02_wojak]
name: An Adapter
---
[CHARACTER: wojak]
The harbour is closed.
[END_BEAT]

[BEAT: 03_all]
name: All Three
---
[CHARACTER: fed]
One of us.
[CHARACTER: wojak]
Two of us.
[CHARACTER: boomer]
And the third.
[END_BEAT]
"""
VOICES = {
    "fed": EngineVoice("default", "csm/tiny"),
    "wojak": EngineVoice("calm", "csm/anna", options={"temperature": 0.7}),
    "boomer": EngineVoice("default", "csm/ben"),
}


@asynccontextmanager
async def csm_worker(packs: Path, **rules: Any) -> AsyncIterator[Serving]:
    async with served(
        CsmFamily(Csm(slots=4, **rules)), engines=["csm"], packs=str(packs.parent), default=""
    ) as worker:
        yield worker


async def test_an_episode_of_two_adapters_and_the_base_voice(
    csm_packs: Path, postgres: Postgres, data_folder: Path
) -> None:
    async with csm_worker(csm_packs, attempts=2) as worker, engine_over(worker) as over:
        studio = Studio(Settings(data=data_folder), Stores.here(postgres, data_folder), {"worker": over})
        for character, voice in VOICES.items():
            member = await studio.cast.member(character)
            profile = replace(member.profile, engine="worker", voices={"worker": voice}, speed=1.0, seed=5)
            await studio.cast.save(profile, member.version)

        async def made(order: Order) -> Any:
            async with hands_for(studio) as hands:
                return await complete_audio_workflow(studio, order, lambda _: None, hands)

        outcome = await made(Order(SCRIPT))
        assert outcome.failures == ()
        assert outcome.export.facts["integrated_lufs"] == pytest.approx(-19, abs=0.3)
        assert outcome.export.facts["true_peak_dbtp"] <= -1
        assert (outcome.takes, outcome.generations_made, outcome.usd) == (3, 5, 0.0)

        session = await studio.sessions.get(outcome.session)
        shas = {beat.beat_id: str(beat.takes[0].audio_sha256) for beat in session.script_beats}
        assert len(set(shas.values())) == 3, "the same words, and every voice says them its own way"
        for sha256 in shas.values():
            assert decode(await studio.files.get(sha256), "audio/flac").length > 0

        again = await made(Order(SCRIPT, outcome.session))
        assert (again.generations_made, again.generations_reused) == (0, 5)


async def test_how_a_line_came_about_is_kept_with_it(csm_packs: Path) -> None:
    from viraltracker.speech import SpeechRequest

    async with csm_worker(csm_packs, attempts=3) as worker, engine_over(worker) as over:
        speech = await over.synthesize(
            SpeechRequest("Nobody <|AUDIO|> told the gulls.", "calm", model="csm/anna", seed=9, speed=0.9)
        )
    assert speech.facts["spoken_plainly"] == "<|AUDIO|>"
    assert speech.facts["time_stretched"] == "0.9"
    assert str(speech.facts["attempts"]).count("seed ") == 3
    assert str(speech.facts["seed"]) in str(speech.facts["attempts"])


async def test_processes_that_hang_and_are_killed_amid_an_episode_lose_nothing_and_make_nothing_twice(
    housing: Callable[..., Any], start_worker: Starting, csm_packs: Path, tmp_path: Path
) -> None:
    """With a hung device a process begins anew by itself; a killed one is started again."""
    config, plans = tmp_path / "csm.yaml", tmp_path / "plans"
    plans.write_text("hung killed")
    config.write_text(
        f"engines: [csm]\npacks: {csm_packs.parent}\ndefault: ''\nresidency: {{warm_up_ms: 0}}\n"
        "csm: {device: cpu, slots: 2, attempts: 1, hang_s: 5}\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "{}:{}".format(*free.getsockname())

    async def started() -> VoiceProcess:
        process = start_worker(
            f"--config={config}",
            "--name=ada",
            f"--address={address}",
            OMP_NUM_THREADS="1",
            PYTHONPATH=str(BROKEN),
            BROKEN_DEVICE=str(plans),
        )
        assert await anyio.to_thread.run_sync(getattr, process, "address") == address
        return process

    ada = await started()
    house = await housing(workers=address)
    beats = 4
    async with house.working(backoff_s=(0.5,) * 300):
        await house.asked(beats, VOICES["wojak"])
        assert await anyio.to_thread.run_sync(ada.process.wait) == -signal.SIGKILL
        assert house.count("done") < beats, "it dies in the middle"
        assert not set(plans.read_text().split()) & {"hung", "killed"}
        await started()
        await until(lambda: house.count("done") == beats)
    assert house.rows("select count(*), count(distinct key) from generations where status = 'done'") == [
        (beats, beats)
    ]
    logged = ada.log.read_text()
    assert logged.count("worker.starts_anew") == 1
    assert "the device has hung" in logged


async def test_a_live_voice_speaks_in_frames(csm_packs: Path) -> None:
    async with (
        csm_worker(csm_packs) as worker,
        voice_over(worker, model="csm/anna", voice="calm") as speaking,
    ):
        await speaking.say("It is ", generation=1, line=1, end=False)
        await speaking.say("closed.", generation=1, line=1)
        await speaking.finish()
        frames = [frame async for frame in speaking.frames()]
    assert {(frame.generation, frame.line, len(frame.pcm)) for frame in frames} == {(1, 1, FRAME_BYTES)}
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
    assert [frame.end_of_line for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert any(any(frame.pcm) for frame in frames)


async def test_voices_over_one_checkpoint_share_it_and_the_last_takes_it_along(csm_packs: Path) -> None:
    async with csm_worker(csm_packs) as worker:
        for model in ("csm/anna", "csm/ben"):
            await worker.residency.load(model)
        first, second = (worker.residency.about(model).memory_bytes for model in ("csm/anna", "csm/ben"))
        assert second < first / 10
        await worker.residency.unload("csm/anna")
        async with voice_over(worker, model="csm/ben") as speaking:
            await speaking.say("Still here.", generation=1, line=1)
            await speaking.finish()
            assert [frame async for frame in speaking.frames()]
        await worker.residency.unload("csm/ben")
        assert worker.residency.about("csm/ben").state == "absent"
