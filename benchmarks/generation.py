"""What a take costs beyond its engine: 300 beats on the tone engine, one at a time, everything durable.

    python benchmarks/generation.py [--beats 300] [--json]

Time from one take's end to the next, less the time inside the engine (measured in the same run). The database
syncs its commits and the blobs their files, as in a studio. Target: 25 ms a beat.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import anyio

from viraltracker.jobs import WorkerConfig
from viraltracker.settings import Settings
from viraltracker.speech import Speech, SpeechRequest
from viraltracker.speech.tone import TONE_VOICES_HZ, ToneEngine
from viraltracker.studio import Studio, open_studio
from viraltracker.voices import EngineVoice

TARGET_MS = 25.0
LINE = "The harbour is closed, and it has always been closed, whatever the gulls may say."


class TimedTone(ToneEngine):
    """A tone engine that knows how long it was at work."""

    spent_s = 0.0

    async def synthesize(self, request: SpeechRequest) -> Speech:
        """Speak, and count the time."""
        began = time.perf_counter()
        speech = await super().synthesize(request)
        self.spent_s += time.perf_counter() - began
        return speech


def script(beats: int) -> str:
    """A script of that many beats, no two lines alike."""
    head = "[META]\nvideo_title: Overhead\nproject: bench\n\n"
    body = (
        f"[BEAT: {n:03d}_beat]\nname: Beat {n}\n---\n[CHARACTER: fed]\n{LINE} {n}.\n[END_BEAT]\n\n"
        for n in range(1, beats + 1)
    )
    return head + "".join(body)


async def speak_tones(studio: Studio) -> None:
    """The whole cast on the tone engine."""
    for member, voice in zip(await studio.cast.members(), TONE_VOICES_HZ, strict=True):
        voices = {**member.profile.voices, "tone": EngineVoice(voice)}
        await studio.cast.save(replace(member.profile, engine="tone", voices=voices), member.version)


async def measure(folder: Path, beats: int) -> Mapping[str, float]:
    """One run in a new studio."""
    engine = TimedTone()
    async with open_studio(Settings(data=folder), {"tone": engine}) as studio:
        await speak_tones(studio)
        saved = await studio.sessions.create(script(beats), await studio.script_cast())
        session = await studio.sessions.get(saved.session)
        stop = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.run_worker, stop, "bench", WorkerConfig("bench", queues={"cpu": 1}))
            while not await studio.workers():  # noqa: ASYNC110 - a database has no event to wait for
                await anyio.sleep(0.05)
            began = time.perf_counter()
            await (await studio.generate()).fill(session)
            asked_s = time.perf_counter() - began
            while (await studio.activity(0)).under_way:  # noqa: ASYNC110
                await anyio.sleep(0.2)
            stop.set()
        made = await studio.sessions.get(saved.session)
    times: list[datetime] = sorted(
        beat.takes[0].finished_at for beat in made.beats if beat.takes[0].finished_at is not None
    )
    assert len(times) == beats, "not every take was made"
    steps_ms = [(after - before).total_seconds() * 1000 for before, after in pairwise(times)]
    engine_ms = engine.spent_s * 1000 / beats
    return {
        "beats": beats,
        "request_ms_per_beat": asked_s * 1000 / beats,
        "take_ms_mean": statistics.mean(steps_ms),
        "take_ms_median": statistics.median(steps_ms),
        "engine_ms_mean": engine_ms,
        "overhead_ms_mean": statistics.mean(steps_ms) - engine_ms,
        "target_ms": TARGET_MS,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beats", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
        Path(folder).chmod(0o711)
        found = anyio.run(measure, Path(folder), wanted.beats)
    if wanted.json:
        print(json.dumps(found))
        return
    ratio = found["overhead_ms_mean"] / TARGET_MS
    print(
        f"overhead {found['overhead_ms_mean']:.1f} ms a beat, {ratio:.2f} x the target of {TARGET_MS:.0f} ms"
    )
    print(
        f"a take every {found['take_ms_mean']:.1f} ms, {found['engine_ms_mean']:.1f} ms of it in the engine"
    )
    print(f"request: {found['request_ms_per_beat']:.2f} ms a beat")


if __name__ == "__main__":
    main()
