"""Calls as somebody: values both ways, errors as ours, the same over either transport."""

import math
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from viraltracker.errors import BadInput, Conflict, Denied, Locked, NotFound, StoreError, StudioError
from viraltracker.store import Actor

PROBE = """
create function studio_probe_v1(a jsonb default null, b uuid[] default null, c real default null,
                                d text default null, e timestamptz default null, f bigint default null)
returns jsonb language sql security invoker set search_path = public, pg_temp as $$
    select jsonb_build_object('a', a, 'b', b, 'c', c, 'd', d, 'e', e, 'f', f,
                              'who', auth.uid(), 'role', current_user)
$$;
grant execute on function studio_probe_v1 to studio_worker;
create function studio_fail_v1(state text, detail text) returns jsonb language plpgsql as $$
begin
    raise exception using errcode = state, message = 'in words', detail = detail;
end
$$;
create function studio_numbers_v1() returns bigint[] language sql as 'select array[1, 2]::bigint[]';
notify pgrst, 'reload schema';
"""
SHA = "a" * 64


@pytest.fixture
def probed(admin_url: str) -> None:
    """Functions that show what arrives."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(PROBE.encode())


@pytest.mark.usefixtures("probed")
async def test_values_arrive_as_the_functions_types(store: Actor, owner: UUID) -> None:
    one, two = uuid4(), uuid4()
    when = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    got = await store.call(
        "studio_probe_v1",
        a={"list": [1, None, "'; drop table blobs"]},
        b=[one, two],
        c=0.5,
        d="ж\n%s",
        e=when,
        f=2**40,
    )
    assert got == {
        "a": {"list": [1, None, "'; drop table blobs"]},
        "b": [str(one), str(two)],
        "c": 0.5,
        "d": "ж\n%s",
        "e": "2026-05-04T03:02:01+00:00",
        "f": 2**40,
        "who": str(owner),
        "role": "authenticated",
    }


@pytest.mark.usefixtures("probed")
async def test_nothing_and_no_arguments(store: Actor) -> None:
    assert (await store.call("studio_probe_v1"))["a"] is None
    assert (await store.call("studio_probe_v1", a=None, d=None))["a"] is None
    assert await store.call("studio_numbers_v1") == [1, 2]


@pytest.mark.usefixtures("probed")
@pytest.mark.parametrize(
    ("state", "detail", "kind"),
    [
        ("PT409", '{"theirs": "text"}', Conflict),
        ("PT404", "", NotFound),
        ("PT400", "", BadInput),
        ("PT403", "", Denied),
        ("PT400", '{"error": "Locked"}', Locked),
        ("PT400", '{"error": "StoreDown"}', BadInput),
        ("PT400", '{"error": "Mapping"}', BadInput),
        ("PT400", '{"error": ["Locked"]}', BadInput),
        ("PT400", "no json", BadInput),
        ("PT400", "[1]", BadInput),
        ("P0001", "", BadInput),
    ],
)
async def test_a_functions_refusal_keeps_its_words(
    store: Actor, state: str, detail: str, kind: type[StudioError]
) -> None:
    with pytest.raises(kind) as caught:
        await store.call("studio_fail_v1", state=state, detail=detail)
    assert type(caught.value) is kind
    assert caught.value.message == "in words"
    assert caught.value.facts["sqlstate"] == state


@pytest.mark.usefixtures("probed")
async def test_a_conflicts_detail_becomes_facts(store: Actor) -> None:
    with pytest.raises(Conflict) as caught:
        await store.call("studio_fail_v1", state="PT409", detail='{"theirs": "text", "number": 3}')
    assert caught.value.facts == {"theirs": "text", "number": 3, "sqlstate": "PT409"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"sha256": "x", "bytes": 1, "media_type": "audio/wav"},
        {"sha256": SHA, "bytes": 10**30, "media_type": "audio/wav"},
        {"sha256": SHA, "bytes": "many", "media_type": "audio/wav"},
        {"sha256": SHA, "bytes": math.nan, "media_type": "audio/wav"},
        {"sha256": SHA, "bytes": 1, "media_type": "a\x00dio"},
        {"sha256": SHA, "bytes": 1, "media_type": "\ud800udio"},
    ],
)
async def test_a_value_that_cannot_be_kept_is_bad_input(store: Actor, arguments: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        await store.call("studio_blob_put_v1", **arguments)
    assert await store.call("studio_blob_put_v1", sha256=SHA, bytes=1, media_type="audio/wav") == {
        "sha256": SHA
    }


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("studio_nope_v1", {}),
        ("studio_blob_put_v1", {"no_such": 1}),
        ("studio_blob_put_v1", {}),
        ("pg_sleep(1); select 1", {}),
        ("pg_catalog.pg_sleep", {}),
        ('a"b', {}),
        ("", {}),
    ],
)
async def test_only_the_studios_functions_can_be_called(
    store: Actor, function: str, arguments: dict[str, object]
) -> None:
    with pytest.raises(StoreError):
        await store.call(function, **arguments)


async def test_a_function_made_later_is_found(store: Actor, admin_url: str) -> None:
    with pytest.raises(StoreError):
        await store.call("studio_numbers_v1")
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(PROBE.encode())
    assert await store.call("studio_numbers_v1") == [1, 2]
