"""Durable work on Postgres: the queue, the job worker, slots at providers.

In: jobs that SQL functions enqueue in the transaction that writes their rows; the `Work` that does them.
Out: runs of that work, each under a fresh claim, on whichever worker is alive. May import units and errors
only; knows nothing of the store: what it needs is named in `ports`. The truth about a take is in the studio's
tables, never in the queue's.
"""

from viraltracker.jobs.model import QUEUES, Job, QueueName, TaskName, WorkerConfig, worker_config
from viraltracker.jobs.ports import Calls, Database, Wakes, Work
from viraltracker.jobs.schema import QUEUE_SCHEMA, queue_schema_sql, queue_schema_version
from viraltracker.jobs.slots import LeasedSlots
from viraltracker.jobs.worker import run_worker

__all__ = [
    "QUEUES",
    "QUEUE_SCHEMA",
    "Calls",
    "Database",
    "Job",
    "LeasedSlots",
    "QueueName",
    "TaskName",
    "Wakes",
    "Work",
    "WorkerConfig",
    "queue_schema_sql",
    "queue_schema_version",
    "run_worker",
    "worker_config",
]
