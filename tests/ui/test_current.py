from collections.abc import Iterator

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from viraltracker.errors import SettingsRefused
from viraltracker.ui.current import current_studio, errand, hold, release, run


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal("asyncio") as portal:
        yield portal


async def nothing() -> None:
    """Done at once."""


def test_without_a_studio_nothing_is_done() -> None:
    with pytest.raises(SettingsRefused):
        current_studio()
    with pytest.raises(SettingsRefused):
        run(nothing())
    with pytest.raises(SettingsRefused):
        errand(nothing)


def test_an_errand_runs_beside_and_ends_with_the_studio(portal: BlockingPortal) -> None:
    told: list[str] = []
    began = portal.call(anyio.Event)

    async def forever() -> None:
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
                told.append("kept what was said")

    hold("studio", portal)
    errand(forever)
    run(began.wait())
    assert current_studio() == "studio"
    assert told == []
    release()
    assert told == ["kept what was said"]
