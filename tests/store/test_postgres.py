"""What only the transport over psycopg has: other roles, the unexposed schema, a login that stays bare."""

import psycopg
import pytest

from viraltracker.errors import NotFound
from viraltracker.store import Actor, Postgres

PROBE = """
create function studio_role_v1() returns text language sql as 'select current_user::text';
grant execute on function studio_role_v1 to studio_worker;
create function studio_miss_v1() returns jsonb language plpgsql set search_path = public as $$
begin
    perform private.fail_v1('PT404', 'NotFound', 'in words');
end
$$;
create function private.nothing_v1() returns void language sql as 'select';
"""


@pytest.fixture
def probed(admin_url: str) -> None:
    """Functions that show who calls."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(PROBE.encode())


@pytest.mark.usefixtures("probed")
async def test_a_worker_is_no_user_and_a_function_may_answer_nothing(
    postgres: Postgres, store: Actor
) -> None:
    assert await store.call("studio_role_v1") == "authenticated"
    assert await store.call("private.nothing_v1") is None
    assert await postgres.acting_as_worker().call("studio_role_v1") == "studio_worker"


@pytest.mark.usefixtures("probed")
async def test_claims_and_role_end_with_the_call(postgres: Postgres, store: Actor, database_url: str) -> None:
    await store.call("studio_role_v1")
    with pytest.raises(NotFound):
        await store.call("studio_miss_v1")
    async with postgres._pool.connection() as connection:
        row = await (
            await connection.execute("select current_user, current_setting('request.jwt.claims', true)")
        ).fetchone()
    assert row == ("studio_login", "")
    assert "studio_login" in database_url
