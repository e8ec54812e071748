"""Into the queue and out of it again: in the caller's transaction, for the caller alone."""

from uuid import UUID, uuid4

import anyio
import psycopg
import pytest

from tests.jobs.conftest import Enqueue, Queue
from viraltracker.errors import BadInput, Denied
from viraltracker.store import Actor, Postgres, Seat


def as_owner(connection: psycopg.Connection, owner: UUID) -> None:
    connection.execute("set local role authenticated")
    claims = Seat(owner, owner).claims
    connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])


ENQUEUE = """select private.job_enqueue_v1('take.make', 'cloud',
    jsonb_build_object('owner', auth.uid(), 'take_id', gen_random_uuid()), 0, %s)"""


@pytest.mark.parametrize("kept", [True, False])
def test_a_job_shares_its_transactions_fate(database_url: str, owner: UUID, queue: Queue, kept: bool) -> None:
    with psycopg.connect(database_url) as connection:
        as_owner(connection, owner)
        for number in range(3):
            connection.execute(ENQUEUE, [f"key {number}"])
        assert queue.jobs() == []  # nobody sees it before the commit
        if not kept:
            connection.rollback()
    assert queue.states() == (["todo"] * 3 if kept else [])


async def test_a_key_waits_once(store: Actor, other_store: Actor, owner: UUID, queue: Queue) -> None:
    async def put(actor: Actor, whose: UUID) -> int:
        args = {"owner": whose, "take_id": uuid4()}
        number: int = await actor.call(
            "private.job_enqueue_v1", task="take.make", queue="cloud", args=args, key="take:1"
        )
        return number

    numbers: list[int] = []

    async def put_one() -> None:
        numbers.append(await put(store, owner))

    async with anyio.create_task_group() as group:
        for _ in range(12):
            group.start_soon(put_one)
    assert len(set(numbers)) == 1
    assert len(queue.jobs()) == 1


async def test_a_key_of_somebody_else_is_another_key(postgres: Postgres, queue: Queue) -> None:
    for whose in (uuid4(), uuid4()):
        args = {"owner": whose, "take_id": uuid4()}
        await postgres.acting_for(whose).call(
            "private.job_enqueue_v1", task="take.make", queue="cloud", args=args, key="take:1"
        )
    assert len(queue.jobs()) == 2


async def test_a_key_that_is_being_run_may_wait_again(enqueue: Enqueue, queue: Queue) -> None:
    await enqueue(key="take:1")
    queue.running_under(queue.worker(silent_s=0))
    await enqueue(key="take:1")
    assert sorted(queue.states()) == ["doing", "todo"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"args": {"owner": str(uuid4()), "take_id": str(uuid4())}}, Denied),
        ({"args": {"take_id": str(uuid4())}}, Denied),
        ({"args": {"owner": "'; drop table takes", "take_id": str(uuid4())}}, BadInput),
        ({"task": "builtin:procrastinate.builtin_tasks.remove_old_jobs"}, BadInput),
        ({"queue": "default"}, BadInput),
        ({"queue": None}, BadInput),
        ({"extra": "spoken words"}, BadInput),
        ({"subject": None}, BadInput),
        ({"subject": "no id"}, BadInput),
    ],
)
async def test_nothing_else_gets_in(
    store: Actor, owner: UUID, queue: Queue, changes: dict[str, object], error: type[Exception]
) -> None:
    args: dict[str, object] = {"owner": owner, "take_id": changes.pop("subject", uuid4())}
    if "extra" in changes:
        args["extra"] = changes.pop("extra")
    call = {"task": "take.make", "queue": "cloud", "args": args, **changes}
    with pytest.raises(error):
        await store.call("private.job_enqueue_v1", **call)
    assert queue.jobs() == []


async def test_dropping_takes_what_waits_and_is_ones_own(
    store: Actor, other_store: Actor, enqueue: Enqueue, queue: Queue
) -> None:
    running = await enqueue()
    queue.running_under(queue.worker(silent_s=0))
    take = await enqueue()
    export = await enqueue("cpu", "episode.export")
    kept = await enqueue()
    everything = [running, take, export]
    assert await other_store.call("private.job_drop_v1", subjects=everything) == 0
    assert await store.call("private.job_drop_v1", subjects=everything) == 2
    assert await store.call("private.job_drop_v1", subjects=everything) == 0
    assert [(job["args"]["take_id"], job["state"]) for job in queue.jobs()] == [
        (str(running), "doing"),
        (str(kept), "todo"),
    ]


async def test_the_workers_own_functions_are_closed_to_producers(store: Actor, queue: Queue) -> None:
    found = queue.ask(
        "select p.oid::regprocedure::text as name, "
        "has_function_privilege('authenticated', p.oid, 'execute') as open, p.prosecdef as definer "
        "from pg_proc p where p.pronamespace = 'private'::regnamespace "
        "and p.proname ~ '^(job|slot|worker)_'"
    )
    opened = {row["name"].split("(")[0] for row in found if row["open"]}
    assert opened == {
        "private.job_enqueue_v1",
        "private.job_drop_v1",
        "private.slot_take_v1",
        "private.slot_release_v1",
        "private.slot_renew_v1",
        "private.worker_list_v1",
        "private.worker_tell_v1",
    }
    # The closed ones need no rights of their own; the open ones do just what they say, with their maker's.
    assert {row["name"].split("(")[0] for row in found if row["definer"]} == opened
    with pytest.raises(Denied):
        await store.call("private.job_rescue_v1", stalled_s=0)
