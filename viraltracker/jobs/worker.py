"""The job worker: runs jobs until it is told to stop, through lost databases and after dead colleagues.

It lives in incarnations. Each has its own connections and its own registration; when the database goes away
the incarnation ends and the next one begins as soon as the database is back. Knows nothing of what jobs do.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import anyio
from procrastinate import App
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker

from viraltracker.jobs.keeper import Keeper
from viraltracker.jobs.model import WorkerConfig
from viraltracker.jobs.orders import Orders
from viraltracker.jobs.ports import Database, Work
from viraltracker.jobs.queue import ASK_S, build_app
from viraltracker.jobs.runs import Runs

__all__ = ["run_worker"]

_log = logging.getLogger(__name__)

NEVER_S = 3600.0
FIRST_PAUSE_S = 0.1


async def run_worker(config: WorkerConfig, work: Work, database: Database, stop: anyio.Event) -> None:
    """Run jobs of the configured queues until `stop` is set; then let running ones finish for `graceful_s`.

    Returns only after `stop`, or after the database said that somebody told this worker to end; told to
    drain, it lets running jobs finish however long they take, or until `stop`. A database that is away is
    tried again for ever. Signals are the caller's.
    """
    runs, orders = Runs(work, config.backoff_s), Orders()
    me = uuid4()
    pause_s = FIRST_PAUSE_S
    listening = asyncio.create_task(_heed(stop, orders), name="own stop")
    try:
        while not orders.stop.is_set() or (runs.under_way and not orders.hurry.is_set()):
            began = asyncio.get_running_loop().time()
            try:
                await _incarnation(config, me, runs, database, orders)
            except Exception as error:  # noqa: BLE001 - process edge: a worker outlives everything but its stop
                _log.warning("worker.waiting", extra={"error": type(error).__name__})
            lasted_s = asyncio.get_running_loop().time() - began
            pause_s = FIRST_PAUSE_S if lasted_s > 10.0 else min(pause_s * 2, config.reconnect_s)
            with anyio.move_on_after(pause_s):
                await (orders.hurry if orders.stop.is_set() else orders.stop).wait()
    finally:
        listening.cancel()
        with anyio.CancelScope(shield=True):
            await runs.end()


async def _heed(stop: anyio.Event, orders: Orders) -> None:
    await stop.wait()
    orders.end()


async def _incarnation(
    config: WorkerConfig, me: UUID, runs: Runs, database: Database, orders: Orders
) -> None:
    lost, stop = asyncio.Event(), orders.stop
    if stop.is_set():  # what was lost while it drained is come back for, and for nothing new
        config = replace(config, queues={})
    calls = database.acting_as_worker()
    app = build_app(await database.url(), config, calls, runs, lost)
    async with asyncio.timeout(ASK_S):
        await app.open_async()
    workers = [_worker(app, config, queue, places) for queue, places in config.queues.items()]
    keeper = Keeper(config, me, calls, lambda: _numbers(workers), lambda: runs.workers, lost, orders)
    running = [asyncio.create_task(worker.run(), name="queue worker") for worker in workers]
    keeping = asyncio.create_task(keeper.keep(ASK_S), name="keeper")
    _log.info("worker.started", extra={"worker": config.name})
    try:
        await _first_of(stop.wait(), lost.wait(), *running)
        if not stop.is_set():
            lost.set()  # a queue worker that ends by itself has lost its database
        keeper.ending()
        limit_s = config.lost_s if lost.is_set() else config.graceful_s if orders.hurry.is_set() else None
        for worker in workers:
            worker.shutdown_graceful_timeout = limit_s
            worker.stop()
        # The keeper beats on meanwhile: the vendor stops its own, and running jobs would be taken over.
        if limit_s is None:
            await _first_of(_all(running, runs), orders.hurry.wait(), lost.wait())
            limit_s = config.graceful_s
        if running:
            await asyncio.wait(running, timeout=limit_s + 2 * ASK_S)
    finally:
        for worker in workers:
            worker.shutdown_graceful_timeout = 0.0
        with anyio.CancelScope(shield=True):
            await _end([*running, keeping])
            with suppress(Exception):  # the database may be away; a row without a beat counts as dead
                async with asyncio.timeout(ASK_S):
                    if not lost.is_set():
                        await calls.call("private.worker_leave_v1", worker=me)
                    await app.close_async()
        _log.info("worker.lost" if lost.is_set() else "worker.stopped", extra={"worker": config.name})


def _worker(app: App, config: WorkerConfig, queue: str, places: int) -> Any:  # its methods are untyped
    return Worker(
        app,
        queues=[queue],
        name=config.name,
        concurrency=places,
        fetch_job_polling_interval=config.poll_s,
        abort_job_polling_interval=NEVER_S,  # running jobs are never aborted
        shutdown_graceful_timeout=config.lost_s,
        delete_jobs=DeleteJobCondition.SUCCESSFUL,
        install_signal_handlers=False,
        update_heartbeat_interval=NEVER_S,  # the keeper beats, in a shutdown too
        stalled_worker_timeout=NEVER_S,  # after an outage every worker looks stalled for a moment
    )


def _numbers(workers: Iterable[Any]) -> set[int]:
    return {worker.worker_id for worker in workers if worker.worker_id is not None}


async def _first_of(*waits: Any) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task, wait in zip(tasks, waits, strict=True):
            if task is not wait:
                task.cancel()


async def _all(running: Iterable[asyncio.Task[Any]], runs: Runs) -> None:
    await asyncio.gather(*running, return_exceptions=True)
    await runs.finished()


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel until they are gone; what hangs on a dead connection after that is left behind."""
    pending = set(tasks)
    for _ in range(4):
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=2.0)
        if not pending:
            break
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("worker.broke", extra={"error": type(error).__name__})
