"""The nouns of the queue. Knows no database and no vendor."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from uuid import UUID

__all__ = ["QUEUES", "Job", "QueueName", "TaskName", "WorkerConfig", "worker_config"]

QueueName = Literal["cloud", "gpu", "cpu"]
TaskName = Literal["take.make", "episode.export"]

QUEUES: Mapping[QueueName, int] = MappingProxyType({"cloud": 16, "gpu": 16, "cpu": 2})
"""Queue name -> jobs at once in one worker process.

`cloud` stands above any provider's own limit (slots hold that one), so that a job waiting for a slot keeps
nobody out; `gpu` takes wait for voice workers, which batch them. Each queue has its own places: a hundred
waiting cloud takes don't hold up an export.
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it is run. `subject` is the take or export it is about; `attempt` counts earlier runs.

    `worker` is the queue's number for the worker that holds it.
    """

    number: int
    task: TaskName
    owner: UUID
    subject: UUID
    attempt: int
    worker: int


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """How a job worker runs. Times are seconds.

    `stalled_s` without a beat and a worker's jobs are taken over. `backoff_s` are the waits before each
    retry; when they are used up the job is given up. `graceful_s` is how long running jobs may go on after a
    stop; `lost_s` how long the queue waits for them when the database was lost (they go on, see `runs`).
    `reconnect_s` is the longest pause between attempts to reach the database; it is under `stalled_s`, so
    that after an outage nobody takes over the jobs of a worker that is just coming back. `kept`: whoever
    started it would start it again, so nobody may tell it to end.
    """

    name: str
    queues: Mapping[QueueName, int] = field(default_factory=lambda: QUEUES)
    beat_s: float = 1.0
    stalled_s: float = 3.0
    poll_s: float = 1.0
    graceful_s: float = 30.0
    lost_s: float = 1.0
    reconnect_s: float = 2.0
    backoff_s: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0)
    kept: bool = False


def worker_config(
    name: str, most: int, queues: Collection[str] = tuple(QUEUES), *, kept: bool = False
) -> WorkerConfig:
    """A job worker that serves `queues`, with at most so many jobs at once in each.

    Only `cpu` keeps its few places whatever `most` says: its jobs wait for this machine, the others' for
    somebody else.
    """
    places = {queue: min(usual, most) if queue == "cpu" else most for queue, usual in QUEUES.items()}
    return WorkerConfig(name, {queue: places[queue] for queue in QUEUES if queue in queues}, kept=kept)
