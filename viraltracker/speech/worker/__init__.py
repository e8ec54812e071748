"""The `worker` engine: lines spoken by voice workers, wherever they run. Knows the wire and no model.

In: the addresses of workers, or a registry that knows them. Out: a `Synthesizer` that picks a worker for
every line, and what the Voices page shows of the workers.
"""

from viraltracker.speech.worker.engine import WorkerEngine
from viraltracker.speech.worker.finding import (
    Finder,
    Links,
    RegisteredWorkers,
    RegistryOrList,
    StaticWorkers,
    finder_over,
)
from viraltracker.speech.worker.fleet import Fleet, Loaded, ModelStanding, Said, WorkerStanding
from viraltracker.speech.worker.link import Access
from viraltracker.speech.worker.live import LiveFrame, LiveVoice, open_live

__all__ = [
    "Access",
    "Finder",
    "Fleet",
    "Links",
    "LiveFrame",
    "LiveVoice",
    "Loaded",
    "ModelStanding",
    "RegisteredWorkers",
    "RegistryOrList",
    "Said",
    "StaticWorkers",
    "WorkerEngine",
    "WorkerStanding",
    "finder_over",
    "open_live",
]
