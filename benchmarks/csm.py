"""CSM in slots beside Hugging Face's `generate`, on the same weights in the same run.

    python benchmarks/csm.py [--size 1b|tiny] [--device cuda|cpu] [--frames 50]
        [--how plain|compiled|fused|overlapped] [--json]

Builds the model from its configuration with weights by chance: nothing is fetched, and the cost is the real
one. Measures seconds of work for a second of audio (RTF) and the first audio of one stream, the throughput of
1 to 32 slots, putting in and merging an adapter, memory, and an episode of 300 lines in three voices; beside
`generate` as it comes, `generate` with a static cache compiled, and the time that reading the weights alone
takes at this device's own bandwidth. Sizes: `1b` where there is a GPU, else `tiny`, the tests' own model.

Goals on an H200: RTF <= 0.06 and >= 8 x `generate`, 32 slots >= 300 x real time, first audio p95 <= 60 ms,
swap <= 20 ms, the episode <= 60 s. On a CPU with `tiny`: >= 2 x `generate`.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

import numpy as np
import torch
from transformers import CsmConfig, CsmForConditionalGeneration

from viraltracker.worker.config import FrameKind
from viraltracker.worker.csm.checkpoint import shape_of
from viraltracker.worker.csm.codec import Codec
from viraltracker.worker.csm.engine import COUNTS, SlotEngine, Start, Turn
from viraltracker.worker.csm.ensemble import frames_of
from viraltracker.worker.csm.lora import Adapter
from viraltracker.worker.csm.shape import Shape
from viraltracker.worker.csm.weights import weights_of

TEXT_IDS = 30
ANCHOR_FRAMES = 125
EPISODE_S, LINES, VOICES = 1_800, 300, 3
FIRST_FRAMES = 2
ADAPTERS, RANK = 3, 16


@dataclass
class Figures:
    """What was measured; milliseconds where the name says so, lists are p50 and p95."""

    size: str
    device: str
    how: str
    frames: int
    rtf: float = 0.0
    first_audio_ms: list[float] = field(default_factory=list)
    times_real: dict[int, float] = field(default_factory=dict)
    put_adapter_ms: list[float] = field(default_factory=list)
    merge_ms: list[float] = field(default_factory=list)
    memory_mb: int = 0
    episode_s: float = 0.0
    episode_audio_s: float = 0.0
    generate_rtf: float = 0.0
    generate_static_rtf: float | None = None
    bandwidth_gb_s: float = 0.0
    limit_rtf: float = 0.0


class Bench:
    """The model on its device, in both forms."""

    def __init__(self, size: str, device: torch.device, frames: int, how: FrameKind = "plain") -> None:
        self.device, self.frames, self.how = device, frames, how
        self.model = model_of(size, device)
        self.shape: Shape = shape_of(self.model.config)
        self.codec = Codec(self.model.codec_model.float(), self.shape)
        self.weights = weights_of(self.model, self.shape, adapters=ADAPTERS, rank=RANK)
        self.figures = Figures(size, name_of(device), how, frames)
        self.ids = tuple(range(5, 5 + TEXT_IDS))

    def engine(self, slots: int) -> SlotEngine:
        """An engine with adapters in place and every frame recorded."""
        engine = SlotEngine(self.weights, slots, 512, **frames_of(self.how, self.weights))
        for place in range(1, ADAPTERS + 1):
            engine.adapters.put(place, self.adapter(place))
        if engine.defers:
            engine.prepare()
        return engine

    def adapter(self, seed: int) -> Adapter:
        """An adapter of usual size for every projection."""
        chance = torch.Generator().manual_seed(seed)
        parts = {}
        for linear in self.weights.linears:
            for name, rows in zip(linear.names, linear.rows, strict=True):
                down = torch.randn(RANK, linear.weight.shape[1], generator=chance) / 100
                parts[name] = (down, torch.randn(rows, RANK, generator=chance) / 100)
        return Adapter(parts, RANK)

    def anchor(self, engine: SlotEngine, voice: int) -> torch.Tensor:
        """Ten seconds that the voice is known by."""
        codes = torch.randint(1, self.shape.codec_ids, (ANCHOR_FRAMES, self.shape.codebooks))
        return engine.heard([Turn(self.ids, codes)], voice)

    def settle(self) -> None:
        """Wait for the device."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def timed(self, work: Callable[[], object]) -> float:
        """Seconds that the work takes, the device's share included."""
        self.settle()
        began = time.perf_counter()
        work()
        self.settle()
        return time.perf_counter() - began

    def stream(self, engine: SlotEngine, heard: torch.Tensor, count: int, voice: int) -> float:
        """Seconds for `frames` frames of so many lines of a voice."""
        for slot in range(count):
            engine.begin(slot, Start(self.ids, voice, heard, seed=slot))
        seconds = self.timed(lambda: [engine.step().read() for _ in range(self.frames)])
        for slot in range(count):
            engine.end(slot)
        return seconds

    def speak(self) -> None:
        """One stream and many."""
        for slots in COUNTS:
            engine = self.engine(slots)
            heard = self.anchor(engine, 1)
            self.stream(engine, heard, slots, 1)
            seconds = min(self.stream(engine, heard, slots, 1) for _ in range(3))
            audio_s = self.frames * self.shape.frame_s
            self.figures.times_real[slots] = round(audio_s * slots / seconds, 2)
            if slots == 1:
                self.figures.rtf = round(seconds / audio_s, 4)
                self.figures.first_audio_ms = spread([self.first(engine, heard) for _ in range(30)])
            self.figures.memory_mb = round(self.held_bytes(engine) / 1e6)
            del engine, heard  # before the next ones take their room

    def held_bytes(self, engine: SlotEngine) -> int:
        """What so many slots need; on a GPU the most that was taken there, with recorded frames and codec."""
        if self.device.type != "cuda":
            return engine.memory_bytes
        taken = torch.cuda.max_memory_reserved()
        torch.cuda.reset_peak_memory_stats()
        return int(taken)

    def first(self, engine: SlotEngine, heard: torch.Tensor) -> float:
        """Seconds from a line's text to the sound of its first two frames, its voice's anchor warm."""

        def line() -> None:
            engine.begin(0, Start(self.ids, 1, heard))
            rows = [engine.step().read()[0] for _ in range(FIRST_FRAMES)]
            self.codec.decode([np.array(rows, np.int64)])
            engine.end(0)

        return self.timed(line)

    def swap(self) -> None:
        """Another adapter in place, and another one merged."""
        engine, adapters = self.engine(1), [self.adapter(seed) for seed in range(2)]
        engine.merge(1)
        puts = [self.timed(lambda at=at: engine.adapters.put(3, adapters[at % 2])) for at in range(20)]  # type: ignore[misc]
        merges = [self.timed(lambda at=at: engine.merge(1 + at % 2)) for at in range(1, 21)]  # type: ignore[misc]
        self.figures.put_adapter_ms, self.figures.merge_ms = spread(puts), spread(merges)

    def episode(self, lines: int) -> None:
        """Lines of three voices through all slots, the longest first, each decoded."""
        engine = self.engine(COUNTS[-1])
        heard = {voice: self.anchor(engine, voice) for voice in range(1, VOICES + 1)}
        usual = EPISODE_S / LINES / self.shape.frame_s
        lengths = np.random.default_rng(1).uniform(0.3, 1.7, lines) * usual
        waiting = sorted(((round(length), 1 + at % VOICES) for at, length in enumerate(lengths)))
        self.figures.episode_audio_s = round(sum(length for length, _ in waiting) * self.shape.frame_s, 1)

        def all_of_it() -> None:
            under: dict[int, tuple[int, list[tuple[int, ...]]]] = {}
            while waiting or under:
                while waiting and engine.free:
                    length, voice = waiting.pop()
                    slot = engine.free[0]
                    engine.begin(slot, Start(self.ids, voice, heard[voice], seed=length))
                    under[slot] = (length, [])
                done = []
                for slot, frame in engine.step().read().items():
                    under[slot][1].append(frame)
                    if len(under[slot][1]) == under[slot][0]:
                        done.append(np.array(under.pop(slot)[1], np.int64))
                        engine.end(slot)
                self.codec.decode(done)

        self.figures.episode_s = round(self.timed(all_of_it), 2)

    def generate(self) -> None:
        """Hugging Face's own loop, alone with one line, without an adapter: the least it can cost."""
        ids = torch.tensor([[*self.ids]], device=self.device)
        how: dict[str, Any] = {
            "max_new_tokens": self.frames,
            "do_sample": True,
            "temperature": 0.9,
            "top_k": 50,
        }
        how |= {"depth_decoder_do_sample": True, "depth_decoder_temperature": 0.9, "depth_decoder_top_k": 50}
        marks = list(range(self.shape.codec_ids, self.shape.vocabulary))
        how |= {"suppress_tokens": marks, "depth_decoder_suppress_tokens": marks}
        mask = torch.ones_like(ids)

        def line(**more: Any) -> float:
            with torch.no_grad():
                work = self.timed(
                    lambda: self.model.generate(input_ids=ids, attention_mask=mask, **how, **more)
                )
            return round(work / (self.frames * self.shape.frame_s), 4)

        line()
        self.figures.generate_rtf = min(line() for _ in range(2))
        if self.device.type == "cuda":
            static = {"cache_implementation": "static", "depth_decoder_cache_implementation": "static"}
            line(**static)
            self.figures.generate_static_rtf = min(line(**static) for _ in range(2))

    def limit(self) -> None:
        """How long a frame takes if only the weights are read: the backbone once, the depth each step."""
        block = torch.empty(
            1 << (28 if self.device.type == "cuda" else 25), dtype=torch.uint8, device=self.device
        )
        target = torch.empty_like(block)
        seconds = min(self.timed(lambda: target.copy_(block)) for _ in range(10))
        bandwidth = 2 * block.nbytes / seconds  # read and written
        backbone, depth = self.weights.backbone, self.weights.depth
        steps = self.shape.codebooks - 1
        read = sum(each.weight.nbytes for layer in backbone.layers for each in projections(layer))
        read += steps * sum(each.weight.nbytes for layer in depth.layers for each in projections(layer))
        read += self.weights.first_head.nbytes + self.weights.heads.nbytes
        self.figures.bandwidth_gb_s = round(bandwidth / 1e9, 1)
        self.figures.limit_rtf = round(read / bandwidth / self.shape.frame_s, 5)


def projections(layer: Any) -> tuple[Any, ...]:
    """The four matrices of a layer."""
    return layer.qkv, layer.out, layer.gate_up, layer.down


def model_of(size: str, device: torch.device) -> Any:
    """A model with weights by chance: as published, or the tests' own."""
    if size == "tiny":
        from tests.worker.csm.tiny import byte_tokenizer, tiny_model

        return tiny_model(byte_tokenizer(), 7).requires_grad_(False)
    with torch.device(device):
        model: Any = CsmForConditionalGeneration(CsmConfig())
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    return model.eval().requires_grad_(False).to(dtype)


def name_of(device: torch.device) -> str:
    """What the device is called."""
    return (
        torch.cuda.get_device_name() if device.type == "cuda" else f"cpu, {torch.get_num_threads()} thread(s)"
    )


def spread(seconds: Sequence[float]) -> list[float]:
    """p50 and p95 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return [round(cuts[at] * 1000, 2) for at in (49, 94)]


def main() -> None:
    """Measure and tell."""
    there = "cuda" if torch.cuda.is_available() else "cpu"
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", choices=("1b", "tiny"), default="1b" if there == "cuda" else "tiny")
    parser.add_argument("--device", choices=("cuda", "cpu"), default=there)
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--how", choices=get_args(FrameKind), default="plain", help="frames are made")
    parser.add_argument("--lines", type=int, default=LINES, help="of the episode")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    if told.device == "cpu":
        torch.set_num_threads(1)  # a frame is many small steps: threads wait for each other
    torch.set_grad_enabled(False)
    bench = Bench(told.size, torch.device(told.device), told.frames, told.how)
    for part in (bench.speak, bench.swap, lambda: bench.episode(told.lines), bench.generate, bench.limit):
        part()
    figures = bench.figures
    if told.json:
        json.dump(asdict(figures), sys.stdout, indent=1)
        return
    for name, value in asdict(figures).items():
        print(f"{name:>20}  {value}")
    print(f"{'faster':>20}  {figures.generate_rtf / figures.rtf:.2f} x generate, one stream")


if __name__ == "__main__":
    main()
