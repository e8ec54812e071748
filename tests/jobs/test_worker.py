"""The job worker on a real queue, in this process."""

import asyncio
import logging
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest

from tests.jobs.conftest import Enqueue, Flaky, Hosting, Queue, ToldWork, until
from viraltracker.errors import (
    NotFound,
    OutOfCredit,
    ProviderDown,
    StoreDown,
    TryLater,
)
from viraltracker.jobs import WorkerConfig, run_worker
from viraltracker.store import Actor, Postgres

ONE = {"cpu": 1}


async def test_takes_and_exports_are_made_under_fresh_claims(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork, owner: UUID
) -> None:
    take = await enqueue()  # before the worker is there
    async with hosting():
        await work.until(lambda: len(work.done) == 1)
        export = await enqueue("cpu", "episode.export")
        await work.until(lambda: len(work.done) == 2)
        await until(lambda: queue.jobs() == [])
    assert [run[:3] for run in work.runs] == [("take", owner, take), ("export", owner, export)]
    assert len({claim for *_, claim in work.runs}) == 2


async def test_what_matters_more_runs_first(hosting: Hosting, enqueue: Enqueue, work: ToldWork) -> None:
    asked = {priority: await enqueue("cpu", priority=priority) for priority in (-2, 0, 5, -1)}
    async with hosting(queues=ONE):
        await work.until(lambda: len(work.done) == 4)
    assert work.done == [asked[priority] for priority in (5, 0, -1, -2)]


async def test_a_full_queue_holds_no_other_up(hosting: Hosting, enqueue: Enqueue, work: ToldWork) -> None:
    slow = [await enqueue("cloud") for _ in range(3)]
    work.gates = {take: anyio.Event() for take in slow}
    async with hosting(queues={"cloud": 2, "cpu": 1}):
        await work.until(lambda: len(work.runs) == 2)
        quick = await enqueue("cpu", "episode.export")
        await work.until(lambda: work.done == [quick])


async def test_what_may_work_later_is_tried_again(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork
) -> None:
    take = await enqueue()
    work.outcomes[take] = [TryLater(after_s=0), ProviderDown()]
    async with hosting():
        await work.until(lambda: work.done == [take])
        await until(lambda: queue.jobs() == [])
    assert len({claim for *_, claim in work.runs}) == 3
    assert work.given_up == []


async def test_a_provider_is_not_asked_before_the_time_it_named(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork
) -> None:
    take = await enqueue()
    work.outcomes[take] = [TryLater(after_s=300)]
    async with hosting():
        await until(lambda: bool(queue.jobs()[0]["scheduled_at"]))
    (job,) = queue.ask(
        "select status::text as state, extract(epoch from scheduled_at - clock_timestamp()) as s "
        "from procrastinate.procrastinate_jobs"
    )
    assert job["state"] == "todo"
    assert 280 < job["s"] <= 300


async def test_when_retries_are_used_up_the_job_is_given_up(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork
) -> None:
    take = await enqueue()
    work.outcomes[take] = [ProviderDown("first"), ProviderDown("second"), ProviderDown("third")]
    work.refusals = [StoreDown()]  # it is written down however often the database is away
    async with hosting():
        await until(lambda: queue.states() == ["failed"])
    ((job, claim, error),) = work.given_up
    assert (job.subject, job.attempt, error.message) == (take, 2, "third")
    assert claim == work.runs[-1][3]
    assert len(work.runs) == 3


async def test_a_final_failure_is_not_tried_again(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork
) -> None:
    take = await enqueue()
    work.outcomes[take] = [OutOfCredit()]
    async with hosting():
        await until(lambda: queue.states() == ["failed"])
        after = await enqueue()
        await work.until(lambda: work.done == [after])
    assert len(work.runs) == 2
    assert work.given_up == []  # the work wrote it down itself


async def test_a_defect_fails_one_job_and_says_nothing_of_the_text(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork, caplog: pytest.LogCaptureFixture
) -> None:
    take = await enqueue()
    work.outcomes[take] = [KeyError("words somebody spoke")]
    with caplog.at_level(logging.DEBUG):
        async with hosting():
            await until(lambda: queue.states() == ["failed"])
            after = await enqueue()
            await work.until(lambda: work.done == [after])
    ((job, _, error),) = work.given_up
    assert job.subject == take
    assert "KeyError" in error.message
    assert "spoke" not in error.message
    assert not any("spoke" in record.getMessage() for record in caplog.records)
    assert not any(record.name.startswith("procrastinate") for record in caplog.records)
    events = [
        (record.getMessage(), vars(record)["job"]) for record in caplog.records if "job" in vars(record)
    ]
    assert [event for event, _ in events] == ["job.broke", "job.done"]


async def test_a_job_under_which_workers_die_is_given_up_unrun(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork
) -> None:
    await enqueue()
    queue.ask("update procrastinate.procrastinate_jobs set attempts = 3")
    async with hosting():  # with two retries
        await until(lambda: queue.states() == ["failed"])
    assert work.runs == []
    ((_, _, error),) = work.given_up
    assert "3 times" in error.message


async def test_a_graceful_stop_lets_running_work_finish(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork
) -> None:
    take = await enqueue("cpu")
    gate = work.gates[take] = anyio.Event()
    beats = "select max(last_heartbeat) as at from procrastinate.procrastinate_workers"
    async with hosting(queues=ONE, beat_s=0.02) as stop:
        await work.until(lambda: len(work.runs) == 1)
        waiting = await enqueue("cpu")
        stop.set()
        # It beats on meanwhile, or others would take its last job over.
        seen = queue.ask(beats)
        await until(lambda: queue.ask(beats) != seen)
        seen = queue.ask(beats)
        await until(lambda: queue.ask(beats) != seen)
        gate.set()
        await until(lambda: [job["args"]["take_id"] for job in queue.jobs()] == [str(waiting)])
        await until(lambda: queue.ask("select from private.workers") == [])
    assert work.done == [take]
    assert queue.states() == ["todo"]


async def test_what_outlasts_a_stop_goes_back_into_the_queue(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork
) -> None:
    take = await enqueue()
    work.gates[take] = anyio.Event()
    async with hosting(graceful_s=0.05) as stop:
        await work.until(lambda: len(work.runs) == 1)
        stop.set()
        await until(lambda: queue.states() == ["todo"])
        await until(lambda: bool(work.broken_off))
    assert work.done == []
    assert queue.jobs()[0]["attempts"] == 1


async def test_a_cancel_leaves_running_work_alone(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork, store: Actor
) -> None:
    running = await enqueue("cpu")
    gate = work.gates[running] = anyio.Event()
    async with hosting(queues=ONE):
        await work.until(lambda: len(work.runs) == 1)
        waiting = await enqueue("cpu")
        assert await store.call("private.job_drop_v1", subjects=[running, waiting]) == 1
        gate.set()
        await work.until(lambda: work.done == [running])
        await until(lambda: queue.jobs() == [])


async def test_lost_connections_break_no_work_off(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork, store: Actor
) -> None:
    take = await enqueue()
    gate = work.gates[take] = anyio.Event()
    cut = (
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    async with hosting(beat_s=0.02, lost_s=0.05):
        await work.until(lambda: len(work.runs) == 1)
        first = queue.jobs()[0]["worker_id"]
        queue.ask(cut)
        # A new incarnation registers, and beats for the run that is still under way in the first one's name.
        await until(lambda: bool(queue.ask("select from procrastinate_workers where id > %s + 2", first)))
        later = await enqueue()
        await work.until(lambda: work.done == [later])
        heard = "select from procrastinate_workers where id = %s and last_heartbeat > %s"
        (now,) = queue.ask("select clock_timestamp() as at")
        await until(lambda: bool(queue.ask(heard, first, now["at"])))
        gate.set()
        await work.until(lambda: work.done == [later, take])
    assert work.broken_off == []


async def test_a_job_that_comes_back_meets_its_run(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    take = await enqueue("cpu")
    gate = work.gates[take] = anyio.Event()
    async with hosting(queues={"cpu": 2}):
        await work.until(lambda: len(work.runs) == 1)
        queue.ask("update procrastinate_jobs set status = 'todo', worker_id = null, attempts = 1")
        await until(lambda: "job.met_again" in caplog.messages)
        gate.set()
        await until(lambda: queue.jobs() == [])
    assert len(work.runs) == 1
    assert work.done == [take]


async def test_the_worker_shows_itself_while_it_lives(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork, store: Actor
) -> None:
    assert await store.call("private.worker_list_v1") == []
    take = await enqueue()
    work.gates[take] = anyio.Event()
    async with hosting(beat_s=0.02):
        await work.until(lambda: len(work.runs) == 1)
        await until(
            lambda: bool(queue.ask("select from private.workers where cardinality(queue_workers) = 3"))
        )
        (listed,) = await store.call("private.worker_list_v1")
        assert listed["queues"] == ["cloud", "gpu", "cpu"]
        assert [item["id"] for item in listed["work"]] == [str(take)]
    assert await store.call("private.worker_list_v1") == []


async def test_a_worker_waits_for_a_database_that_is_not_there(work: ToldWork) -> None:
    asked = 0
    stop = anyio.Event()

    class Nowhere(Postgres):
        async def url(self) -> str:
            nonlocal asked
            asked += 1
            if asked == 3:
                stop.set()
            raise StoreDown

    with anyio.fail_after(20):
        await run_worker(WorkerConfig("here", reconnect_s=0.01), work, Nowhere(f"dbname={uuid4()}"), stop)
    assert asked == 3


async def test_a_job_whose_end_could_not_be_written_is_found_again(
    database_url: str, enqueue: Enqueue, queue: Queue, work: ToldWork
) -> None:
    class Stuttering(Postgres):
        def acting_as_worker(self) -> Any:
            return door

    take = await enqueue()
    stop = anyio.Event()
    config = WorkerConfig("here", beat_s=0.02, stalled_s=0.6, poll_s=0.05, lost_s=0.05)
    async with Stuttering(database_url) as postgres:
        door = Flaky(Actor(postgres, "studio_worker", ""))
        door.shut.update({"private.job_finish_v1": 1})
        async with anyio.create_task_group() as group:
            group.start_soon(run_worker, config, work, postgres, stop)
            await until(lambda: queue.jobs() == [])
            stop.set()
    assert work.done == [take, take]  # the second time it sees that it is done


async def test_what_can_not_even_be_given_up_ends_all_the_same(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork, caplog: pytest.LogCaptureFixture
) -> None:
    work.refusals = [KeyError("defect"), NotFound()]
    for outcome in (KeyError("first"), KeyError("second")):
        work.outcomes[await enqueue("cpu")] = [outcome]
    async with hosting(queues=ONE):
        await until(lambda: queue.states() == ["failed", "failed"])
    assert caplog.messages.count("job.unwritten") == 2


async def test_a_worker_that_is_broken_off_leaves_nothing_running(
    postgres: Postgres, enqueue: Enqueue, queue: Queue, work: ToldWork
) -> None:
    take = await enqueue()
    work.gates[take] = anyio.Event()
    before = asyncio.all_tasks()
    async with anyio.create_task_group() as group:
        group.start_soon(run_worker, WorkerConfig("here"), work, postgres, anyio.Event())
        await work.until(lambda: len(work.runs) == 1)
        group.cancel_scope.cancel()
    assert work.broken_off == [take]
    left = {task.get_name() for task in asyncio.all_tasks() - before}
    assert not left & {"queue worker", "keeper", "worker loop", "listener", "update_heartbeats"}
    assert not [name for name in left if name.startswith(("run ", "process job"))]
