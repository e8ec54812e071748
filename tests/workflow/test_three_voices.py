"""One script, three ways to a voice: the embedded engine, the same behind a worker, Piper behind it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.worker.conftest import engine_over, served
from tests.worker.piper_voice import make_voice, pack_of
from tests.workflow.conftest import Line, MoodyEngine
from viraltracker.audio import decode, levels
from viraltracker.settings import Settings
from viraltracker.speech import Synthesizer
from viraltracker.speech.espeak import EspeakEngine
from viraltracker.store import Postgres
from viraltracker.studio import Stores, Studio
from viraltracker.voices import EngineVoice
from viraltracker.worker.families import EspeakFamily, PiperFamily
from viraltracker.worker.packs import write_metadata
from viraltracker.workflow import Order

SCRIPT = """[META]
video_title: Three Ways
project: harbour

[BEAT: 01_fed]
name: Embedded
---
[CHARACTER: fed]
The harbour is closed today, and nobody says why.
[END_BEAT]

[BEAT: 02_wojak]
name: Behind A Worker
---
[CHARACTER: wojak]
The harbour is closed today, and nobody says why.
[END_BEAT]

[BEAT: 03_all]
name: All Three
---
[CHARACTER: fed]
One of us.
[CHARACTER: wojak]
Two of us.
[CHARACTER: boomer]
And the third. It hums.
[END_BEAT]
"""
VOICES = {
    "fed": ("espeak", EngineVoice("en-us+m3")),
    "wojak": ("worker", EngineVoice("en-us+m3", "espeak/espeak-ng")),
    "boomer": ("worker", EngineVoice("default", "piper/hum")),
}


@pytest.fixture
async def engines(tmp_path: Path) -> AsyncIterator[dict[str, Synthesizer]]:
    """The embedded engine, and one over a worker that has it too, and a neural voice besides."""
    folder = make_voice(tmp_path / "voicepacks" / "piper" / "hum")
    write_metadata(folder, pack_of(folder))
    embedded = EspeakEngine()
    async with (
        served(
            EspeakFamily(),
            PiperFamily(),
            engines=["espeak", "piper"],
            packs=str(tmp_path / "voicepacks"),
            default="",
        ) as worker,
        engine_over(worker) as over,
    ):
        yield {"espeak": embedded, "worker": over}
    await embedded.aclose()


async def test_an_episode_has_all_three(
    engines: dict[str, Synthesizer], postgres: Postgres, data_folder: Path
) -> None:
    studio = Studio(Settings(data=data_folder), Stores.here(postgres, data_folder), engines)
    line = Line(studio, MoodyEngine())
    for character, (engine, voice) in VOICES.items():
        member = await studio.cast.member(character)
        voices = {**member.profile.voices, engine: voice}
        await studio.cast.save(
            replace(member.profile, engine=engine, voices=voices, speed=1.0), member.version
        )
    outcome = await line.make(Order(SCRIPT))
    assert outcome.failures == ()
    assert outcome.export is not None
    assert outcome.export.facts is not None
    assert outcome.export.facts["integrated_lufs"] == pytest.approx(-19, abs=0.3)
    assert outcome.export.facts["true_peak_dbtp"] <= -1
    assert (outcome.takes, outcome.generations_made, outcome.usd) == (3, 5, 0.0)

    session = await studio.sessions.get(outcome.session)
    takes = {beat.beat_id: beat.takes[0] for beat in session.script_beats}
    audio = {
        beat: decode(await studio.files.get(str(take.audio_sha256)), "audio/flac")
        for beat, take in takes.items()
    }
    assert not any(levels(clip).silent for clip in audio.values())
    embedded, behind_a_worker = takes["01_fed"], takes["02_wojak"]
    assert embedded.audio_sha256 == behind_a_worker.audio_sha256, "the wire changes no sample"

    again = await line.make(Order(SCRIPT, outcome.session))
    assert (again.generations_made, again.generations_reused) == (0, 5)
