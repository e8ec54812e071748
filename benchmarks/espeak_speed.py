"""How long eSpeak NG takes: the child's start against a bare Python's, a line against its own audio.

python -m benchmarks.espeak_speed
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import anyio

from viraltracker.speech import SpeechRequest
from viraltracker.speech.espeak import EspeakEngine

LINE = "The harbour is closed. It has always been closed, and the fog has opinions about that."
ROUNDS = 10
LINES = 40


def timed_ms(run: Callable[[], object]) -> float:
    """How long one run takes."""
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000


async def first_line_ms() -> float:
    """From nothing to the first line's audio: start, load, fork, speak. The catalogue is read before."""
    engine = EspeakEngine()
    await engine.voices()
    began = time.perf_counter()
    await engine.synthesize(SpeechRequest(text="Go.", voice="en-us+m3"))
    took_ms = (time.perf_counter() - began) * 1000
    await engine.aclose()
    return took_ms


async def lines_ms(engine: EspeakEngine, at_once: int) -> float:
    """Milliseconds a line, `at_once` of them at a time."""
    request = SpeechRequest(text=LINE, voice="en-us+m3")

    async def speak() -> None:
        for _ in range(LINES // at_once):
            await engine.synthesize(request)

    began = time.perf_counter()
    async with anyio.create_task_group() as group:
        for _ in range(at_once):
            group.start_soon(speak)
    return (time.perf_counter() - began) * 1000 / LINES


async def main() -> None:
    """Print the figures and their ratios."""
    bare_ms = statistics.median(
        timed_ms(lambda: subprocess.run([sys.executable, "-I", "-c", "pass"], check=True))
        for _ in range(ROUNDS)
    )
    start_ms = statistics.median([await first_line_ms() for _ in range(ROUNDS)])
    engine = EspeakEngine()
    speech = await engine.synthesize(SpeechRequest(text=LINE, voice="en-us+m3"))
    audio_ms = speech.clip.duration_ms
    one_ms, two_ms = await lines_ms(engine, 1), await lines_ms(engine, 2)
    await engine.aclose()
    bare = start_ms / bare_ms
    print(
        f"first line from nothing {start_ms:6.1f} ms   {bare:.1f} x a bare Python's start ({bare_ms:.1f} ms)"
    )
    print(
        f"a line of {audio_ms / 1000:.1f} s of audio {one_ms:5.1f} ms   {audio_ms / one_ms:.0f} x real time"
    )
    print(f"two at a time, a line   {two_ms:6.1f} ms   {one_ms / two_ms:.2f} x one at a time")


if __name__ == "__main__":
    asyncio.run(main())
