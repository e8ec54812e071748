"""Runs of jobs in this process: a claim for each, giving up. Knows the work and nothing of the queue.

A run belongs to the process, not to the queue's connection: when the database is lost the queue lets go of
its jobs, but a paid call in flight goes on. While it does, the process keeps beating for the worker it was
started under, so that nobody takes the job over; should the job come back here, it meets the run under way.
"""

import asyncio
import logging
import time
from uuid import UUID, uuid4

from viraltracker.errors import StudioError
from viraltracker.jobs.model import Job
from viraltracker.jobs.ports import Work
from viraltracker.jobs.retries import wait_before_retry_s

__all__ = ["Runs"]

_log = logging.getLogger(__name__)


class Runs:
    """The runs under way in this process, by job number."""

    def __init__(self, work: Work, backoff_s: tuple[float, ...]) -> None:
        self._work = work
        self._backoff_s = backoff_s
        self._under_way: dict[int, tuple[Job, asyncio.Task[None]]] = {}

    @property
    def workers(self) -> set[int]:
        """The queue's numbers of the workers that runs here were started under."""
        return {job.worker for job, _ in self._under_way.values()}

    @property
    def under_way(self) -> bool:
        """Whether any run is."""
        return bool(self._under_way)

    async def carry_out(self, job: Job) -> None:
        """Run the job, or wait for its run that is under way here. Cancelling this leaves the run alone.

        Raises what the work raised: a retryable error while retries are left, else one that is recorded.
        """
        if job.number in self._under_way:
            _, run = self._under_way[job.number]
            _log.info("job.met_again", extra=_facts(job))
        else:
            run = asyncio.create_task(self._run(job), name=f"run {job.number}")
            run.add_done_callback(lambda done: self._forget(job.number, done))
        self._under_way[job.number] = (job, run)
        await asyncio.shield(run)

    async def finished(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait([run for _, run in self._under_way.values()])

    async def end(self) -> None:
        """Break off what is still under way: the process ends."""
        runs = [run for _, run in self._under_way.values()]
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)

    def _forget(self, number: int, done: asyncio.Task[None]) -> None:
        self._under_way.pop(number, None)
        if not done.cancelled():
            done.exception()  # marks it as seen: nobody may be waiting when the queue let go of the job

    async def _run(self, job: Job) -> None:
        claim, started = uuid4(), time.monotonic()
        try:
            await self._do(job, claim)
        except StudioError as error:
            wait_s = wait_before_retry_s(error, job.attempt, self._backoff_s)
            if wait_s is not None:
                _log.info("job.later", extra=_facts(job, started, error=error.code, wait_s=wait_s))
            else:
                if error.retryable:
                    await self._give_up(job, claim, error)
                _log.warning("job.failed", extra=_facts(job, started, error=error.code))
            raise
        except Exception as error:  # noqa: BLE001 - process edge: a defect must fail one job, not the worker
            _log.exception("job.broke", extra=_facts(job, started))
            broken = StudioError(
                f"The studio itself failed in the middle of this ({type(error).__name__}). The job worker's "
                "log says where. Please report it; trying again may help."
            )
            await self._give_up(job, claim, broken)
            raise broken from None
        _log.info("job.done", extra=_facts(job, started))

    async def _do(self, job: Job, claim: UUID) -> None:
        if job.attempt > len(self._backoff_s):
            # Only a rescue counts beyond the retries: workers died under this job, again and again.
            ended = StudioError(
                f"The job worker ended {job.attempt} times in the middle of this, so it is not tried again. "
                "The worker's log may say why; then generate it once more."
            )
            await self._give_up(job, claim, ended)
            raise ended
        if job.task == "take.make":
            await self._work.make_take(job.owner, job.subject, claim)
        else:
            await self._work.make_export(job.owner, job.subject, claim)

    async def _give_up(self, job: Job, claim: UUID, error: StudioError) -> None:
        """Have the failure written down, however long the database is away."""
        pauses = iter(self._backoff_s)
        while True:
            try:
                await self._work.give_up(job, claim, error)
            except StudioError as refused:
                if refused.retryable:
                    await asyncio.sleep(next(pauses, 60.0))
                    continue
                _log.warning("job.unwritten", extra=_facts(job, error=refused.code))
            except Exception:  # noqa: BLE001 - process edge: the job ends failed either way
                _log.exception("job.unwritten", extra=_facts(job))
            return


def _facts(job: Job, started: float | None = None, **more: str | float) -> dict[str, object]:
    kind = "take" if job.task == "take.make" else "export"
    facts: dict[str, object] = {"job": job.number, kind: str(job.subject), "attempt": job.attempt, **more}
    if started is not None:
        facts["ms"] = round((time.monotonic() - started) * 1000)
    return facts
