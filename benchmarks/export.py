"""How long an episode's export takes, against one plain MP3 encode of the finished WAV, and how much memory.

Both run as processes of their own, in turn, with the same ffmpeg and the same encoding arguments: the plain
encode is what no exporter can do without. Run `python benchmarks/export.py --help`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import psutil
import soundfile

from viraltracker.audio import EPISODE_RATE_HZ, Clip, ClipReader, encode_flac, to_pcm16
from viraltracker.episode import (
    MONO,
    STEREO,
    Encoder,
    EpisodeBeat,
    Tags,
    Target,
    Timeline,
    find_encoder,
    lay_out,
    master,
)
from viraltracker.episode.mixing import windows

BEATS = 300
PAUSES_MS = (150, 250, 400, 600, 900)
RATIO_TARGET = 1.6
MEMORY_TARGET_MB = 150


@dataclass(frozen=True)
class Run:
    """One process: wall and CPU seconds of it and its children, and the highest memory of any.

    `others` is how many cores all other processes kept busy meanwhile: then a ratio says little.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    others: float


def spoken(number: int) -> Clip:
    """About 5.6 s that sound, to a meter and an encoder, like speech: gliding voice, formants, hiss, gaps."""
    rng = np.random.default_rng(number)
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < EPISODE_RATE_HZ * rng.uniform(4.6, 6.4):
        length = int(EPISODE_RATE_HZ * rng.uniform(0.09, 0.28))
        envelope = np.hanning(length) ** 0.5
        if rng.random() < 0.25:
            sound = 0.12 * np.diff(rng.standard_normal(length + 1))
        else:
            pitch_hz = np.linspace(rng.uniform(90, 220), rng.uniform(90, 220), length)
            turns = 2 * np.pi * np.cumsum(pitch_hz) / EPISODE_RATE_HZ
            formants_hz = rng.uniform([300, 900, 2300], [800, 2200, 3200])
            sound = 0.01 * rng.standard_normal(length)
            for overtone in range(1, 30):
                nearness = np.exp(-(((overtone * pitch_hz.mean() - formants_hz) / 250) ** 2)).sum()
                sound += (0.05 + nearness) / overtone**0.5 * np.sin(overtone * turns + rng.uniform(0, 0.6))
            sound /= np.abs(sound).max()
        parts += [sound * envelope * rng.uniform(0.3, 1.0), np.zeros(int(rng.uniform(0, 1500)))]
    samples = np.concatenate(parts)
    samples = 0.5 * samples / np.abs(samples).max() + 2e-4 * rng.standard_normal(len(samples))
    return Clip(samples.astype(np.float32), EPISODE_RATE_HZ)


def episode(folder: Path, hours: float) -> tuple[Timeline, dict[str, Path]]:
    """Beats for that long; the same 300 takes again and again."""
    takes = [folder / f"take-{number:03d}" for number in range(BEATS)]
    for number, path in enumerate(takes):
        if not path.exists():
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_bytes(encode_flac(spoken(number)))
            draft.rename(path)
    beats: list[EpisodeBeat] = []
    sources: dict[str, Path] = {}
    lengths = []
    for path in takes:
        with ClipReader(path) as reader:
            lengths.append(reader.length)
    for number in range(max(1, round(BEATS * 2 * hours))):
        beat_id = f"{number:04d}_beat"
        pause_ms = PAUSES_MS[number % len(PAUSES_MS)]
        beats.append(EpisodeBeat(beat_id, number, beat_id, ("fed",), pause_ms, lengths[number % BEATS]))
        sources[beat_id] = takes[number % BEATS]
    return lay_out(beats), sources


def finished_wav(path: Path, timeline: Timeline, sources: dict[str, Path]) -> None:
    """What the plain encode starts from."""
    with soundfile.SoundFile(path, "w", EPISODE_RATE_HZ, 1, "PCM_16", format="WAV") as file:
        for window in windows(timeline, sources):
            file.write(to_pcm16(window))


def plain_encode(encoder: Encoder, wav: Path, out: Path, target: Target) -> list[str]:
    """The plain encode's command line."""
    command = [str(encoder.path), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-f", "wav"]
    command += ["-i", f"file:{wav}", "-ac", str(target.channels), "-c:a", "libmp3lame"]
    return [*command, "-b:a", f"{target.kbits}k", "-id3v2_version", "3", "-f", "mp3", f"file:{out}"]


def measured(command: Sequence[str]) -> Run:
    """Run a command and take its figures from the kernel."""
    begin, busy_before_s = time.perf_counter(), busy_s()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - begin
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    cpu_s = usage.ru_utime + usage.ru_stime
    others = max(0.0, busy_s() - busy_before_s - cpu_s) / wall_s
    return Run(wall_s, cpu_s, usage.ru_maxrss / 1024, others)


def busy_s() -> float:
    """CPU seconds that this machine has worked since it started."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice)


def export_once(folder: Path, hours: float, encoder: Encoder, target: Target) -> None:
    """The measured process: one export, from the takes' files to the checked MP3."""
    timeline, sources = episode(folder, hours)

    async def run() -> None:
        tags = Tags("A benchmark", "viraltracker")
        begin = time.perf_counter()
        made = await master(
            timeline, sources, folder / "export.mp3", tags=tags, target=target, encoder=encoder
        )
        facts: dict[str, float] = {"export_s": time.perf_counter() - begin}
        facts |= {"lufs": made.integrated_lufs, "dbtp": made.true_peak_dbtp}
        facts |= {"limited": made.limiter_percent, "encodes": made.attempts}
        (folder / "facts.json").write_text(json.dumps(facts))

    anyio.run(run)


def compared(folder: Path, hours: float, rounds: int, encoder: Encoder, target: Target) -> dict[str, Any]:
    """Plain encode and export in turn; ratios are the medians over the rounds."""
    timeline, sources = episode(folder, hours)
    wav = folder / "finished.wav"
    finished_wav(wav, timeline, sources)
    again = [sys.executable, __file__, "--once", "--hours", str(hours), "--ffmpeg", str(encoder.path)]
    again += ["--stereo"] if target == STEREO else []
    plain = plain_encode(encoder, wav, folder / "plain.mp3", target)
    pairs = [(measured(plain), measured(again)) for _ in range(rounds)]
    wav.unlink()
    return {
        "beats": len(sources),
        "minutes": round(timeline.duration_ms / 60_000, 1),
        "ffmpeg": encoder.version,
        "ratio": round(statistics.median(export.wall_s / floor.wall_s for floor, export in pairs), 2),
        "cpu_ratio": round(statistics.median(export.cpu_s / floor.cpu_s for floor, export in pairs), 2),
        "peak_mb": round(max(export.peak_mb for _, export in pairs)),
        "target_ratio": RATIO_TARGET,
        "target_mb": MEMORY_TARGET_MB,
        "made": json.loads((folder / "facts.json").read_text()),
        "rounds": [{"plain": asdict(floor), "export": asdict(export)} for floor, export in pairs],
    }


def show(result: dict[str, Any]) -> None:
    """For people."""
    print("{beats} beats, {minutes} min, ffmpeg {ffmpeg}".format(**result))
    for pair in result["rounds"]:
        for name, run in pair.items():
            line = "  {0:7} {wall_s:6.2f} s, {cpu_s:6.2f} s cpu, {peak_mb:4.0f} MB, others {others:.1f} cores"
            print(line.format(name, **run))
    print(
        "  {lufs:.2f} LUFS, {dbtp:.2f} dBTP, limiter {limited:.1f} %, encodes {encodes}, "
        "{export_s:.2f} s of the last without starting Python".format(**result["made"])
    )
    print("median {ratio} x, cpu {cpu_ratio} x (target {target_ratio})".format(**result))
    print("peak {peak_mb} MB (target {target_mb})".format(**result))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=0.5, help="length of the episode (300 beats: 0.5)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ffmpeg", help="which ffmpeg; default: the one the studio finds")
    parser.add_argument("--stereo", action="store_true", help="192 kbit/s stereo instead of 128 kbit/s mono")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    folder = Path(tempfile.gettempdir()) / "viraltracker-benchmark-export"
    folder.mkdir(exist_ok=True)
    encoder, target = find_encoder(chosen.ffmpeg), STEREO if chosen.stereo else MONO
    if chosen.once:
        export_once(folder, chosen.hours, encoder, target)
        return
    result = compared(folder, chosen.hours, chosen.rounds, encoder, target)
    if chosen.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
