"""The guards of the suite work: a test that could reach the world, or read the developer's keys, fails."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from tests.loops import StudioLoop


@pytest.fixture
def outside(_no_network: None, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What the guard saw; emptied here, because these tests reach outside on purpose."""
    module = request.config.pluginmanager.get_plugin(str(request.config.rootpath / "tests" / "conftest.py"))
    assert module is not None
    reached: list[str] = module._reached
    yield reached
    reached.clear()


def test_a_name_on_the_internet_is_not_looked_up(outside: list[str]) -> None:
    with pytest.raises(RuntimeError, match=r"reached for example\.org"):
        socket.create_connection(("example.org", 443), timeout=1)
    assert outside == ["example.org"]


def test_an_address_on_the_internet_is_not_connected(outside: list[str]) -> None:
    with socket.socket() as plug, pytest.raises(RuntimeError, match=r"192\.0\.2\.1:80"):
        plug.connect(("192.0.2.1", 80))
    assert outside == ["192.0.2.1:80"]


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_keys_and_home_of_the_developer_are_out_of_reach() -> None:
    names = [name for name in os.environ if name.startswith(("VIRALTRACKER_", "ELEVENLABS_", "DATABASE_URL"))]
    assert names == []
    assert Path.home().name.startswith("vt-home-")


def test_coroutines_run_by_themselves(anyio_backend_name: str) -> None:
    assert anyio_backend_name == "asyncio"


async def test_async_tests_are_run() -> None:
    assert anyio.get_current_task() is not None


def test_a_closed_loop_takes_nothing_but_grpcs_late_ends() -> None:
    def late(*_: object) -> None:
        raise AssertionError("nobody runs this")

    loop = StudioLoop()
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.call_soon_threadsafe(late)
    late.__module__ = "grpc._cython.cygrpc"
    loop.call_soon_threadsafe(late, None, True)


@pytest.mark.xdist_group("guards")
def test_tests_of_a_group_stay_together(request: pytest.FixtureRequest) -> None:
    grouping = bool(getattr(request.config.option, "loadgroup", False))
    assert request.node.nodeid.endswith("@guards") == grouping
