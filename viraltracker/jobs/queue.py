"""The vendor's queue, fitted to ours: connection, tasks by name, and a job manager that asks whose job it is.

All that touches procrastinate's own classes is here and in `worker`.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager, NotificationCallback

from viraltracker.errors import StudioError
from viraltracker.jobs.model import Job, TaskName, WorkerConfig
from viraltracker.jobs.ports import Calls
from viraltracker.jobs.retries import wait_before_retry_s
from viraltracker.jobs.runs import Runs

__all__ = ["ASK_S", "build_app"]

_log = logging.getLogger(__name__)

ASK_S = 3.0
"""Longest wait for a connection or an answer. A database that is away longer ends the incarnation."""

_OURS = (
    "select set_config('search_path', 'procrastinate', false), "
    "set_config('synchronous_commit', 'off', false), set_config('role', 'studio_worker', false)"
)
_SUBJECTS: dict[TaskName, str] = {"take.make": "take_id", "episode.export": "export_id"}


def build_app(url: str, config: WorkerConfig, calls: Calls, runs: Runs, lost: asyncio.Event) -> App:
    """A queue application over its own connection pool; `lost` is set when an answer can't be written.

    Once `lost` is set nothing is written about its jobs any more: their runs go on (see `runs`). One
    application is good for one connected stretch: after a lost database the next one starts afresh, because
    the vendor's worker may otherwise keep beating for jobs that it no longer runs.
    """
    # Its records carry every argument of every job; ours say what is needed.
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    app = App(connector=_connector(url))
    app.job_manager = FencedJobs(app.connector, calls, lost)
    for task, subject in _SUBJECTS.items():
        register = app.task(name=task, pass_context=True, retry=Backoff(config.backoff_s))
        register(_task(runs, task, subject))
    return app


class FencedJobs(JobManager):
    """Ends and retries jobs only while they are this worker's. The vendor's own functions don't ask."""

    def __init__(self, connector: Any, calls: Calls, lost: asyncio.Event) -> None:
        super().__init__(connector)
        self._calls = calls
        self._lost = lost

    async def finish_job(self, job: QueuedJob, status: Status, delete_job: bool) -> None:
        """Write the end of a job, or give the incarnation up."""
        await self._settle("private.job_finish_v1", job, status=status.value, remove=delete_job)

    async def retry_job(
        self,
        job: QueuedJob,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Send a job back. The wait is counted on the database's clock, whatever this machine's says."""
        after_s = (retry_at - datetime.now(UTC)).total_seconds() if retry_at else 0.0
        await self._settle("private.job_retry_v1", job, after_s=after_s)

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Hear of new jobs. A listener that ends ends the incarnation, which the vendor doesn't notice."""
        try:
            await super().listen_for_jobs(on_notification=on_notification, queues=queues)
        except Exception as error:  # process edge: whatever ends it is told and goes on to the vendor
            _log.warning("worker.deaf", extra={"error": type(error).__name__})
            self._lost.set()
            raise

    async def unregister_worker(self, worker_id: int) -> None:
        """Take the worker off the list, except when runs of this process are still under way in its name."""
        if not self._lost.is_set():
            await super().unregister_worker(worker_id)

    async def _settle(self, function: str, job: QueuedJob, **arguments: Any) -> None:
        if self._lost.is_set():
            return
        try:
            await self._calls.call(function, job=job.id, worker=job.worker_id, **arguments)
        except StudioError:
            # A job whose end could not be written would stay "being run" under a worker that lives. Ending
            # the incarnation makes its worker a dead one, whose jobs are rescued and found done.
            self._lost.set()


class Backoff(BaseRetryStrategy):
    """The queue's question "again, and when?" put to `retries`."""

    def __init__(self, backoff_s: tuple[float, ...]) -> None:
        self._backoff_s = backoff_s

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        """Retry what may succeed later, and at once what a stopping worker had to let go of."""
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_at=datetime.now(UTC))
        wait_s = wait_before_retry_s(exception, job.attempts, self._backoff_s)
        return (
            None if wait_s is None else RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=wait_s))
        )


def _connector(url: str) -> PsycopgConnector:
    return PsycopgConnector(
        conninfo=url,
        min_size=0,  # nothing to wait for when a pool is opened while the database is away
        max_size=3,  # each queue fetches its jobs one by one; their ends are written through `calls`
        timeout=ASK_S,
        reconnect_timeout=1.0,
        configure=_made_ours,
        kwargs={
            "connect_timeout": 3,
            # A database machine that vanished without a word is noticed in seconds, not in hours.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 10_000,
        },
    )


async def _made_ours(connection: Any) -> None:
    """No transaction around the vendor's queries: each is one statement, and two round trips are saved.

    Who has which job need not outlive a crash of the database: those jobs are rescued anyway.
    """
    await connection.set_autocommit(True)
    # Not as options of the connection: poolers refuse those.
    await connection.execute(_OURS)


def _task(runs: Runs, task: TaskName, subject: str) -> Callable[..., Any]:
    async def carry_out(context: JobContext, /, **args: str) -> None:
        queued = context.job
        await runs.carry_out(
            Job(
                number=cast("int", queued.id),
                task=task,
                owner=UUID(args["owner"]),
                subject=UUID(args[subject]),
                attempt=queued.attempts,
                worker=cast("int", queued.worker_id),
            )
        )

    return carry_out
