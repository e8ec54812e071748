"""The voice worker: a process that keeps voice models in memory and speaks lines for studios, over gRPC.

In: voice packs on disk, lines and commands from the wire. Out: audio, live in paced 20 ms frames or as whole
lines; figures for a registry and for Prometheus. May import speech and what stands below it. Not the job
worker (`viraltracker.jobs`), which makes takes and may ask this one for their audio.
"""

from viraltracker.worker.model import Line, ModelFacts, Pack, Rendered, Voice
from viraltracker.worker.ports import Family, Model

__all__ = ["Family", "Line", "Model", "ModelFacts", "Pack", "Rendered", "Voice"]
