"""What only the way over Supabase's HTTP has: tokens that end, keys that are wrong, and pages in between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from pydantic import SecretStr

from tests.store.both import gateway
from tests.store.gateway import Gateway
from viraltracker.errors import BadInput, StoreDown, StoreError, StudioError
from viraltracker.store import Hosted, Project

__all__ = ["gateway"]

BLOB = {"sha256": "a" * 64, "bytes": 1, "media_type": "audio/wav"}


class Clock:
    """Seconds that a test sets."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


@asynccontextmanager
async def hosted(gateway: Gateway, key: str = "", secret: str = "") -> AsyncIterator[Hosted]:
    keys = SecretStr(key or gateway.key), SecretStr(secret or gateway.secret)
    async with Project(gateway.url, *keys) as project:
        yield Hosted(project)


async def test_a_token_is_made_anew_before_it_ends(gateway: Gateway, owner: UUID) -> None:
    clock = Clock(gateway.clock())
    keys = SecretStr(gateway.key), SecretStr(gateway.secret)
    async with Project(gateway.url, *keys, clock=clock) as project:
        opened = Hosted(project)
        rows = opened.acting_for(owner)
        for _ in range(3):
            await rows.call("studio_blob_put_v1", **BLOB)
        assert len(gateway.tokens) == 1
        clock.now_s += 250
        await rows.call("studio_blob_put_v1", **BLOB)
        assert len(gateway.tokens) == 2
        clock.now_s -= 3_600  # this machine's clock goes wrong
        other = opened.acting_for(UUID(int=7))
        with pytest.raises(StoreError, match="clock"):
            await other.call("studio_blob_put_v1", **BLOB)


async def test_a_wrong_key_and_a_wrong_secret_are_named(gateway: Gateway, owner: UUID) -> None:
    async with hosted(gateway, key="another-key") as opened:
        with pytest.raises(StoreError, match="SUPABASE_KEY"):
            await opened.acting_for(owner).call("studio_blob_put_v1", **BLOB)
    async with hosted(gateway, secret="another-secret-that-is-as-long-as-it-must-be") as opened:
        with pytest.raises(StoreError, match="SUPABASE_JWT_SECRET"):
            await opened.acting_for(owner).call("studio_blob_put_v1", **BLOB)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, StoreError), (403, StoreError), (404, StoreError), (413, BadInput), (429, StoreDown)]
    + [(status, StoreDown) for status in (500, 502, 503, 504, 520)],
)
async def test_a_page_of_something_in_between_is_no_answer(
    gateway: Gateway, owner: UUID, status: int, kind: type[StudioError]
) -> None:
    gateway.faults = [(status, "<html><b>Nothing for a producer</b></html>")]
    async with hosted(gateway) as opened:
        with pytest.raises(StudioError) as caught:
            await opened.acting_for(owner).call("studio_blob_put_v1", **BLOB)
    assert type(caught.value) is kind
    assert "html" not in caught.value.message
    assert gateway.calls == ["studio_blob_put_v1"], "a call that may have counted is not made again by itself"


async def test_a_project_that_is_away_is_down(gateway: Gateway, owner: UUID) -> None:
    async with hosted(gateway) as opened:
        gateway.__exit__(None, None, None)
        with pytest.raises(StoreDown):
            await opened.acting_for(owner).call("studio_blob_put_v1", **BLOB)
        gateway.__enter__()


async def test_the_unexposed_schema_is_out_of_reach(gateway: Gateway, owner: UUID) -> None:
    async with hosted(gateway) as opened:
        with pytest.raises(StoreError, match="can't be called"):
            await opened.acting_for(owner).call("private.blob_census_v1")
    assert gateway.calls == []


async def test_no_error_shows_a_key(gateway: Gateway, owner: UUID) -> None:
    gateway.faults = [(401, "<html>"), (500, "")]
    async with hosted(gateway) as opened:
        for _ in range(2):
            with pytest.raises(StudioError) as caught:
                await opened.acting_for(owner).call("studio_blob_put_v1", **BLOB)
            shown = (
                repr(caught.value) + repr(caught.value.facts) + repr(opened) + repr(caught.value.__cause__)
            )
            assert gateway.key not in shown
            assert gateway.secret not in shown
