"""The voice worker measured from outside: worker processes of their own, asked over gRPC as a studio asks.

    python benchmarks/worker.py [--model espeak/espeak-ng] [--packs DIR] [--quick] [--json]

First audio, frame jitter with 1, 3, 10 and 30 sessions (the floor: what this machine's own timer does),
PAUSE to the last frame, the round trip of a command, load and evict times, the work for a second of audio,
and a 300-beat render through one and two workers beside the engine in this process. Goals: first audio p95
450 ms (Piper on two cores), jitter p95 8 ms with 3 sessions, PAUSE p95 50 ms with 3 sessions.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import anyio

from viraltracker.audio import FRAME_MS
from viraltracker.speech import SpeechRequest, Synthesizer
from viraltracker.speech.espeak import EspeakEngine
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.worker import Access, Links, StaticWorkers, WorkerEngine
from viraltracker.speech.worker.link import Link

LINE = "The harbour is closed, and it has always been closed, whatever the gulls may say about that."
ASK_S = 30.0
CONFIG = """
address: 127.0.0.1:0
metrics: ""
engines: [espeak, piper, tone]
default: ""
limits: {sessions: 64}
"""
LINES = 3
BURST = 4
"""Frames of a stream that come at once: the lead, and the one that is due."""


@dataclass
class Figures:
    """Milliseconds where the name says so; lists are p50, p95, p99."""

    model: str
    first_audio_ms: list[float] = field(default_factory=list)
    rtf: float = 0.0
    timer_jitter_ms: list[float] = field(default_factory=list)
    jitter_ms: dict[int, list[float]] = field(default_factory=dict)
    pause_ms: list[float] = field(default_factory=list)
    audible_ms: list[float] = field(default_factory=list)
    control_ms: list[float] = field(default_factory=list)
    load_ms: list[float] = field(default_factory=list)
    evict_ms: list[float] = field(default_factory=list)
    render_s: dict[str, float] = field(default_factory=dict)


def spread(seconds: Sequence[float]) -> list[float]:
    """p50, p95 and p99 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return [round(cuts[at] * 1000, 2) for at in (49, 94, 98)]


@asynccontextmanager
async def worker(folder: Path, packs: Path | None) -> AsyncIterator[str]:
    """A worker process; its address."""
    config = folder / "worker.yaml"
    config.write_text(CONFIG)
    command = [sys.executable, "-m", "viraltracker.cli", "worker", "serve", "--config", str(config)]
    command += ["--packs", str(packs)] if packs else []
    environ = {**os.environ, "VIRALTRACKER_DATA": str(folder), "VIRALTRACKER_LOG": "json"}
    environ.pop("REDIS_URL", None)
    async with await anyio.open_process(command, env=environ, stdout=None) as process:
        assert process.stderr is not None
        async for chunk in process.stderr:
            told = [json.loads(line) for line in chunk.decode().splitlines() if line.startswith("{")]
            if addresses := [event["address"] for event in told if event.get("event") == "worker.serving"]:
                break
        try:
            yield addresses[0]
        finally:
            process.terminate()


class Live:
    """One live session that speaks one line after the other; when its frames came."""

    def __init__(self, link: Link, session: str) -> None:
        self.link, self.session = link, session
        self.call = link.stub.Synthesize()
        self.arrived_s: list[float] = []
        self.lines = 0

    @classmethod
    async def open(cls, link: Link, model: str) -> "Live":
        """A session that has its model."""
        request = wire.StartSessionRequest(mode=wire.MODE_LIVE, model=model, load=True)
        return cls(link, (await link.ask("StartSession", request, ASK_S)).session)

    async def say(self) -> None:
        """The line, once more."""
        self.lines += 1
        chunk = wire.TextChunk(session=self.session, line=self.lines, text=LINE, end_of_line=True)
        await self.call.write(chunk)

    async def hear(self) -> wire.AudioFrame:
        """The next frame."""
        frame: wire.AudioFrame = await self.call.read()
        self.arrived_s.append(time.perf_counter())
        return frame

    async def hear_lines(self, lines: int) -> None:
        """All frames of so many lines."""
        while lines:
            lines -= (await self.hear()).end_of_line

    async def tell(self, command: wire.Command) -> float:
        """Give a command; the seconds until its answer."""
        began = time.perf_counter()
        await self.link.ask("Control", wire.ControlRequest(session=self.session, command=command), ASK_S)
        return time.perf_counter() - began

    async def close(self) -> None:
        """End the session."""
        await self.link.ask("EndSession", wire.EndSessionRequest(session=self.session), ASK_S)


async def first_audio(link: Link, model: str, lines: int) -> list[float]:
    """From sending a line's text to its first frame."""
    live, times = await Live.open(link, model), []
    for _ in range(lines):
        began = time.perf_counter()
        await live.say()
        while (await live.hear()).line != live.lines:
            pass  # frames of the line before were on their way
        times.append(time.perf_counter() - began)
        await live.tell(wire.FLUSH)
    await live.close()
    return spread(times)


def lateness(arrived_s: Sequence[float]) -> list[float]:
    """How far each step between two frames was from a frame's length, after the burst at the start."""
    steps = [after - before for before, after in zip(arrived_s[BURST:], arrived_s[BURST + 1 :], strict=False)]
    return [abs(step - FRAME_MS / 1000) for step in steps]


async def jitter(link: Link, model: str, sessions: int) -> list[float]:
    """With so many sessions that each speak some lines without a gap."""
    lives = [await Live.open(link, model) for _ in range(sessions)]
    async with anyio.create_task_group() as tasks:
        for live in lives:
            for _ in range(LINES):
                await live.say()
            tasks.start_soon(live.hear_lines, LINES)
    for live in lives:
        await live.close()
    return spread([late for live in lives for late in lateness(live.arrived_s)])


async def timer(steps: int) -> list[float]:
    """The floor: a loop that only wants to wake every 20 ms."""
    due, times = time.perf_counter(), []
    for _ in range(steps):
        due += FRAME_MS / 1000
        await anyio.sleep(max(0.0, due - time.perf_counter()))
        times.append(time.perf_counter())
    return spread(lateness(times))


async def pauses(link: Link, model: str, rounds: int) -> tuple[list[float], list[float]]:
    """From sending PAUSE to the last frame that came all the same, and to the last sample that is heard where
    what has come is played to its end. Two other sessions speak on.
    """
    lives = [await Live.open(link, model) for _ in range(3)]
    frames, samples = [], []
    async with anyio.create_task_group() as tasks:
        for live in lives:
            tasks.start_soon(_hear_on, live)  # breaking off a read would break off its call
        for other in lives[1:]:
            tasks.start_soon(_speak_on, other)
        live = lives[0]
        for _ in range(rounds):
            live.arrived_s.clear()
            await live.say()
            await anyio.sleep(0.3)
            began = time.perf_counter()
            await live.tell(wire.PAUSE)
            await anyio.sleep(0.2)
            frames.append(max(0.0, live.arrived_s[-1] - began))
            samples.append(max(0.0, played_s(live.arrived_s) - began))
            await live.tell(wire.FLUSH)
            await live.tell(wire.RESUME)
        tasks.cancel_scope.cancel()
    return spread(frames), spread(samples)


def played_s(arrived_s: Sequence[float]) -> float:
    """When the last frame has been played by somebody who plays each as soon as it may be."""
    ends_s = arrived_s[0]
    for came_s in arrived_s:
        ends_s = max(ends_s, came_s) + FRAME_MS / 1000
    return ends_s


async def _speak_on(live: Live) -> None:
    while True:
        await live.say()
        await anyio.sleep(4.0)


async def _hear_on(live: Live) -> None:
    while True:
        await live.hear()


async def controls(link: Link, model: str, rounds: int) -> list[float]:
    """A command's round trip."""
    live = await Live.open(link, model)
    times = [await live.tell(wire.RESUME) for _ in range(rounds)]
    await live.close()
    return spread(times)


async def loads(link: Link, model: str, rounds: int) -> tuple[list[float], list[float]]:
    """Into memory and out of it."""
    into, out = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        await link.ask("UnloadModel", wire.UnloadModelRequest(model=model), ASK_S)
        out.append(time.perf_counter() - began)
        began = time.perf_counter()
        await link.ask("LoadModel", wire.LoadModelRequest(model=model), ASK_S)
        into.append(time.perf_counter() - began)
    return spread(into), spread(out)


async def render(engine: Synthesizer, model: str | None, beats: int, at_once: int) -> tuple[float, float]:
    """Seconds for that many lines, `at_once` together; and seconds of audio."""
    limiter, audio_ms = anyio.CapacityLimiter(at_once), 0

    async def speak(number: int) -> None:
        nonlocal audio_ms
        async with limiter:
            voice = "default" if model else "en-us"
            speech = await engine.synthesize(SpeechRequest(f"{LINE} {number}.", voice, model))
            audio_ms += speech.clip.duration_ms

    await speak(0)
    began = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for number in range(beats):
            tasks.start_soon(speak, number)
    return time.perf_counter() - began, audio_ms / 1000


async def measure(model: str, packs: Path | None, quick: bool) -> Figures:
    """All figures of one run."""
    few = 5 if quick else 1
    figures = Figures(model)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vt-bench-")))
        addresses = [await stack.enter_async_context(worker(folder, packs)) for _ in range(2)]
        links = Links(Access())
        stack.push_async_callback(links.aclose)
        link = links.at(addresses[0])
        await link.ask("LoadModel", wire.LoadModelRequest(model=model), ASK_S)
        figures.load_ms, figures.evict_ms = await loads(link, model, 10)
        figures.first_audio_ms = await first_audio(link, model, 60 // few)
        figures.control_ms = await controls(link, model, 300 // few)
        figures.timer_jitter_ms = await timer(150)
        for sessions in (1, 3, 10, 30):
            figures.jitter_ms[sessions] = await jitter(link, model, sessions)
        figures.pause_ms, figures.audible_ms = await pauses(link, model, 40 // few)
        beats = 300 // few
        for count in (1, 2):
            engine = WorkerEngine(StaticWorkers(addresses[:count], links), links)
            took_s, audio_s = await render(engine, model, beats, 16)
            figures.render_s[f"{count} worker{'s' * (count - 1)}"] = round(took_s, 2)
            figures.rtf = round(took_s / audio_s, 4) if count == 1 else figures.rtf
        here = EspeakEngine()
        figures.render_s["espeak in this process"] = round((await render(here, None, beats, 16))[0], 2)
        await here.aclose()
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="espeak/espeak-ng")
    parser.add_argument("--packs", type=Path, default=None, help="where the model's pack is")
    parser.add_argument("--quick", action="store_true", help="a fifth of the rounds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wanted = parser.parse_args()
    # gRPC hands over every frame from a thread of its own; at the usual 5 ms that alone would be heard.
    sys.setswitchinterval(0.0005)
    figures = anyio.run(measure, wanted.model, wanted.packs, wanted.quick)
    if wanted.json:
        print(json.dumps(asdict(figures)))
        return
    print(f"{figures.model}; p50, p95, p99")
    print(f"first audio        {figures.first_audio_ms} ms (goal for Piper: p95 450)")
    print(f"work per second    {figures.rtf} s of a render with 16 lines at once")
    print(f"timer's own jitter {figures.timer_jitter_ms} ms (the floor)")
    for sessions, late_ms in figures.jitter_ms.items():
        print(f"jitter, {sessions:2} sessions {late_ms} ms (goal with 3: p95 8)")
    print(f"PAUSE to last frame{figures.pause_ms} ms with 3 sessions (goal: p95 50)")
    print(f"  to the last sample {figures.audible_ms} ms for who plays to its end what has come")
    print(f"command            {figures.control_ms} ms")
    print(f"load, evict        {figures.load_ms}, {figures.evict_ms} ms")
    for name, took_s in figures.render_s.items():
        print(f"render, {name}: {took_s} s")


if __name__ == "__main__":
    main()
