"""Whose job it is: fences, rescues and the worker list, in SQL. Time is moved by moving heartbeats."""

import json
from uuid import UUID, uuid4

import anyio
import pytest

from tests.jobs.conftest import Enqueue, Queue
from viraltracker.store import Actor, Postgres


@pytest.fixture
def worker(postgres: Postgres) -> Actor:
    return postgres.acting_as_worker()


async def test_only_the_worker_that_holds_a_job_ends_it(
    worker: Actor, enqueue: Enqueue, queue: Queue
) -> None:
    await enqueue()
    first, second = queue.worker(silent_s=0), queue.worker(silent_s=0)
    queue.running_under(second)
    (job,) = queue.jobs()
    ended = {"job": job["id"], "status": "succeeded", "remove": True}
    assert await worker.call("private.job_finish_v1", worker=first, **ended) is False
    assert await worker.call("private.job_retry_v1", job=job["id"], worker=first, after_s=0) is False
    assert queue.jobs() == [job]
    assert await worker.call("private.job_finish_v1", worker=second, **ended) is True
    assert queue.jobs() == []


async def test_a_job_waiting_to_be_retried_is_nobodys(worker: Actor, enqueue: Enqueue, queue: Queue) -> None:
    await enqueue()
    mine = queue.worker(silent_s=0)
    queue.running_under(mine)
    number = queue.jobs()[0]["id"]
    assert await worker.call("private.job_retry_v1", job=number, worker=mine, after_s=60) is True
    (job,) = queue.jobs()
    assert (job["state"], job["attempts"]) == ("todo", 1)
    (wait,) = queue.ask("select extract(epoch from %s - clock_timestamp()) as s", job["scheduled_at"])
    assert 50 < wait["s"] <= 60
    finish = {"job": number, "worker": mine, "status": "succeeded", "remove": True}
    assert await worker.call("private.job_finish_v1", **finish) is False


async def test_a_retry_gives_way_to_its_waiting_twin(worker: Actor, enqueue: Enqueue, queue: Queue) -> None:
    await enqueue(key="take:1")
    mine = queue.worker(silent_s=0)
    queue.running_under(mine)
    twin = await enqueue(key="take:1")
    number = queue.jobs()[0]["id"]
    assert await worker.call("private.job_retry_v1", job=number, worker=mine, after_s=0) is True
    (left,) = queue.jobs()
    assert (left["args"]["take_id"], left["state"]) == (str(twin), "todo")


@pytest.mark.parametrize(("silent_s", "rescued"), [(2.0, False), (3.5, True), (None, True)])
async def test_the_jobs_of_the_dead_come_back(
    worker: Actor, enqueue: Enqueue, queue: Queue, silent_s: float | None, rescued: bool
) -> None:
    await enqueue()
    queue.running_under(queue.worker(silent_s=silent_s or 0))
    if silent_s is None:  # its worker took its leave without settling it
        queue.ask("delete from procrastinate.procrastinate_workers")
    number = queue.jobs()[0]["id"]
    assert await worker.call("private.job_rescue_v1", stalled_s=3) == ([number] if rescued else [])
    (job,) = queue.jobs()
    assert (job["state"], job["attempts"]) == (("todo", 1) if rescued else ("doing", 0))


async def test_many_rescuers_take_a_job_over_once(worker: Actor, enqueue: Enqueue, queue: Queue) -> None:
    for _ in range(20):
        await enqueue()
    queue.running_under(queue.worker(silent_s=10))
    rescued: list[int] = []

    async def rescue() -> None:
        rescued.extend(await worker.call("private.job_rescue_v1", stalled_s=3))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(rescue)
    assert sorted(rescued) == [job["id"] for job in queue.jobs()]
    assert {job["attempts"] for job in queue.jobs()} == {1}


async def test_a_rescued_job_wakes_the_workers(
    postgres: Postgres, worker: Actor, enqueue: Enqueue, queue: Queue
) -> None:
    await enqueue("gpu")
    queue.running_under(queue.worker(silent_s=10))
    with anyio.fail_after(10):
        async with postgres.listen("procrastinate_queue_v1#gpu") as notices:
            assert await anext(notices) == ""
            await worker.call("private.job_rescue_v1", stalled_s=3)
            assert json.loads(await anext(notices))["job_id"] == queue.jobs()[0]["id"]


async def test_failed_jobs_are_swept_after_a_while(worker: Actor, enqueue: Enqueue, queue: Queue) -> None:
    for state, hours in (("failed", 2), ("failed", 0), ("doing", 2), ("todo", 2)):
        await enqueue()
        (last,) = queue.ask("select max(id) as id from procrastinate.procrastinate_jobs")
        queue.ask("update procrastinate.procrastinate_jobs set status = %s where id = %s", state, last["id"])
        queue.ask(
            "update procrastinate.procrastinate_events set at = at - make_interval(hours => %s) "
            "where job_id = %s",
            hours,
            last["id"],
        )
    await worker.call("private.job_sweep_v1", hours=1)
    assert queue.states() == ["failed", "doing", "todo"]


async def beat(actor: Actor, /, **changes: object) -> bool:
    facts = {"worker": uuid4(), "name": "w", "host": "h", "pid": 1, "queues": ["cloud"], "lingering": []}
    more = {"kept": False, "queue_workers": [], **changes}
    heard: dict[str, bool] = await actor.call("private.worker_beat_v2", **{**facts, **more})
    return heard["known"]


async def test_a_beat_says_whether_the_queue_still_knows_us(worker: Actor, queue: Queue) -> None:
    living, gone = queue.worker(silent_s=60), queue.worker(silent_s=60)
    assert await beat(worker, queue_workers=[living], lingering=[gone]) is True
    silent = queue.ask(
        "select max(extract(epoch from clock_timestamp() - last_heartbeat)) as s "
        "from procrastinate.procrastinate_workers"
    )
    assert silent[0]["s"] < 30
    assert await beat(worker, queue_workers=[living, 10**9]) is False
    assert await beat(worker, queue_workers=[living], lingering=[10**9]) is True


async def test_the_list_shows_who_lives_and_ones_own_work(
    worker: Actor, store: Actor, other_store: Actor, enqueue: Enqueue, queue: Queue
) -> None:
    number = queue.worker(silent_s=0)
    take = await enqueue()
    queue.running_under(number)
    dead = UUID(int=1)
    await beat(worker, worker=dead, name="dead")
    queue.ask("update private.workers set seen_at = seen_at - interval '10 s' where id = %s", dead)
    await beat(worker, name="alive", queue_workers=[number])
    (mine,) = await store.call("private.worker_list_v1")
    assert (mine["name"], mine["queues"], mine["running"]) == ("alive", ["cloud"], 1)
    assert [(item["task"], item["id"]) for item in mine["work"]] == [("take.make", str(take))]
    (theirs,) = await other_store.call("private.worker_list_v1")
    assert (theirs["running"], theirs["work"]) == (1, [])
