"""What goes into an export is what the script says and the producer picked, as it was when asked for."""

from uuid import UUID

import pytest

from tests.fog import SCRIPT
from tests.takes.conftest import CAST, Stage
from viraltracker.episode import Exports
from viraltracker.errors import BadInput, Unpicked

WORDS = "[CHARACTER: wojak]\nNo no no, my whole lunch is out there!\n"


async def taken_in(stage: Stage, export: UUID) -> dict[str, bool]:
    """The export's beats, and whether each is heard."""
    row = await stage.records.call(
        "studio_export_step_v1",
        export=export,
        claim=UUID(int=1),
        step="start",
    )
    return {beat["content"]["id"]: beat["take"] is not None for beat in row["beats"]}


async def test_a_beat_that_lost_its_words_is_not_heard(stage: Stage) -> None:
    session = await stage.filled(pick=True)
    before = stage.sessions
    silent = SCRIPT.replace(WORDS, "[PAUSE: 500]\n")
    await before.save_script(session.id, silent, session.script_number, CAST)
    mute = await before.get(session.id)
    assert mute.beats[1].picked is not None
    asked = await Exports(stage.records).request_mp3(mute)
    assert await taken_in(stage, asked.id) == {"01_open": True, "02_reply": False, "03_silence": False}


async def test_silence_alone_is_no_episode(stage: Stage) -> None:
    session = await stage.session()
    exports = Exports(stage.records)
    with pytest.raises(Unpicked):
        await exports.request_mp3(session)
    for ask in (exports.request_mp3, exports.request_zip):
        with pytest.raises(BadInput, match="nothing to hear"):
            await ask(session, leave_out=True)
    assert (await stage.sessions.get(session.id)).exports == ()


async def test_a_dead_workers_export_is_soon_anothers(stage: Stage) -> None:
    session = await stage.filled(pick=True)
    asked = await Exports(stage.records).request_zip(session)
    await taken_in(stage, asked.id)
    busy = await stage.records.call("studio_export_step_v1", export=asked.id, claim=UUID(int=2), step="start")
    assert busy["why"] == "busy"
    assert 0 < busy["wait_s"] <= 10
