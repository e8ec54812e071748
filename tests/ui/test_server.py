import sys
from contextlib import asynccontextmanager

import pytest
from anyio import from_thread, to_thread
from streamlit import config as streamlit_options

from viraltracker.errors import SettingsRefused
from viraltracker.ui import current
from viraltracker.ui.doorway import bound_address, refuse_open_bind

ANYWHERE = "0.0.0.0"  # noqa: S104 - what is refused


class Studio:
    def __init__(self) -> None:
        self.closed = False

    async def double(self, number: int) -> int:
        return number * 2


async def test_pages_reach_the_studio_in_its_own_loop() -> None:
    studio = Studio()

    @asynccontextmanager
    async def opener():
        yield studio
        studio.closed = True

    async with current.opened(opener):
        assert current.current_studio() is studio
        assert await to_thread.run_sync(lambda: current.run(studio.double(21))) == 42
    assert studio.closed
    with pytest.raises(SettingsRefused, match="viraltracker studio"):
        current.current_studio()


async def test_what_fails_in_the_studio_fails_on_the_page() -> None:
    @asynccontextmanager
    async def opener():
        yield Studio()

    async def broken() -> None:
        raise SettingsRefused("no")

    async with current.opened(opener):
        with pytest.raises(SettingsRefused, match="no"):
            await to_thread.run_sync(lambda: current.run(broken()))


async def test_a_studio_that_does_not_open_is_not_held() -> None:
    @asynccontextmanager
    async def opener():
        raise SettingsRefused("the database is elsewhere")
        yield

    with pytest.raises(SettingsRefused, match="elsewhere"):
        async with current.opened(opener):
            pass
    with pytest.raises(SettingsRefused):
        current.current_studio()


def test_without_a_studio_nothing_runs() -> None:
    with pytest.raises(SettingsRefused):
        current.run(Studio().double(1))


def test_a_test_may_hold_a_studio_of_its_own() -> None:
    studio = Studio()
    with from_thread.start_blocking_portal() as portal:
        current.hold(studio, portal)
        assert current.run(studio.double(2)) == 4
        current.release()


@pytest.fixture
def run_by_streamlit():
    before = streamlit_options._server_mode, streamlit_options.get_option("server.address")
    streamlit_options._server_mode = "starlette-app"
    yield
    streamlit_options._server_mode = before[0]
    streamlit_options.set_option("server.address", before[1])


@pytest.mark.usefixtures("run_by_streamlit")
@pytest.mark.parametrize("address", [ANYWHERE, "::", "192.168.1.7", "studio.example"])
def test_streamlit_may_not_open_the_studio_to_the_network(address: str) -> None:
    streamlit_options.set_option("server.address", address)
    with pytest.raises(SettingsRefused):
        refuse_open_bind()


@pytest.mark.usefixtures("run_by_streamlit")
def test_streamlit_without_an_address_binds_everywhere_and_is_refused() -> None:
    streamlit_options.set_option("server.address", None)
    assert bound_address([]) == ANYWHERE
    with pytest.raises(SettingsRefused):
        refuse_open_bind()


@pytest.mark.usefixtures("run_by_streamlit")
def test_streamlit_on_this_machine_is_let_start() -> None:
    streamlit_options.set_option("server.address", "127.0.0.1")
    refuse_open_bind()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["uvicorn", "viraltracker.ui.asgi:app", "--host", ANYWHERE], ANYWHERE),
        (["uvicorn", "--host=10.0.0.1", "x:app"], "10.0.0.1"),
        (["uvicorn", "x:app", "--host"], None),
        (["uvicorn", "x:app"], None),
    ],
)
def test_uvicorns_host_is_read_from_its_command_line(arguments: list[str], expected: str | None) -> None:
    assert bound_address(arguments) == expected


def test_uvicorn_on_the_network_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["uvicorn", "x:app", "--host", ANYWHERE])
    with pytest.raises(SettingsRefused, match="no login"):
        refuse_open_bind()
    monkeypatch.setattr(sys, "argv", ["uvicorn", "x:app"])
    monkeypatch.setenv("UVICORN_HOST", ANYWHERE)
    with pytest.raises(SettingsRefused):
        refuse_open_bind()
