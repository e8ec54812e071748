"""A session's life: saved, saved against somebody else, copied, binned, restored; and nobody else's."""

import pytest

from tests.fog import SCRIPT
from tests.takes.conftest import CAST, Stage
from viraltracker.errors import BadInput, Conflict, NotFound, ScriptRefused
from viraltracker.store import Actor
from viraltracker.takes import Revision, Sessions, session_standing


async def test_a_refused_script_changes_nothing_and_says_where(stage: Stage) -> None:
    with pytest.raises(ScriptRefused, match="line 16") as refused:
        await stage.session(SCRIPT.replace("[CHARACTER: wojak]", "[CHARACTER: wojack]"))
    assert refused.value.facts["diagnostics"]
    assert await stage.sessions.list() == ()


async def test_beats_keep_their_takes_through_edits_moves_and_removal(stage: Stage) -> None:
    session = await stage.filled()
    head, *beats = SCRIPT.split("[BEAT: ")
    moved = head + "".join(f"[BEAT: {beat}" for beat in (beats[1], beats[0]))
    saved = await stage.sessions.save_script(session.id, moved, 1, CAST)
    assert (saved.script_number, saved.changed) == (2, True)
    now = await stage.sessions.get(session.id)
    assert [beat.beat_id for beat in now.script_beats] == ["02_reply", "01_open"]
    assert {b.beat_id: b.takes for b in now.script_beats} == {
        b.beat_id: b.takes for b in session.beats if b.beat_id != "03_silence"
    }
    assert [beat.beat_id for beat in now.beats if beat.position is None] == ["03_silence"]
    back = await stage.sessions.save_script(session.id, SCRIPT, 2, CAST)
    assert back.script_number == 3
    assert len((await stage.sessions.get(session.id)).script_beats) == 3


async def test_two_producers_saving_see_both_texts_and_lose_neither(stage: Stage) -> None:
    session = await stage.session()
    mine, theirs = SCRIPT.replace("closed", "shut"), SCRIPT.replace("closed", "open")
    await stage.sessions.save_script(session.id, theirs, 1, CAST)
    with pytest.raises(Conflict) as conflict:
        await stage.sessions.save_script(session.id, mine, 1, CAST)
    assert (conflict.value.facts["theirs"], conflict.value.facts["yours"]) == (theirs, mine)
    assert (await stage.sessions.script(session.id)).els == theirs
    assert (await stage.sessions.script(session.id, 1)).els == SCRIPT


async def test_saving_the_same_text_again_is_no_new_version(stage: Stage) -> None:
    session = await stage.session()
    again = await stage.sessions.save_script(session.id, SCRIPT, 1, CAST)
    assert (again.changed, again.script_number) == (False, 1)
    assert [line.number for line in await stage.sessions.versions(session.id)] == [1]


@pytest.mark.parametrize("picks", [True, False])
async def test_a_copy_shares_the_picked_audio_and_makes_nothing(stage: Stage, picks: bool) -> None:
    session = await stage.filled(pick=True)
    made = stage.engine.calls
    copy = await stage.sessions.get(await stage.sessions.duplicate(session.id, "Fog, again", picks))
    assert copy.title == "Fog, again"
    assert [beat.content for beat in copy.beats] == [beat.content for beat in session.beats]
    taken = [beat.picked.audio_sha256 if beat.picked else None for beat in copy.beats]
    wanted = [beat.picked.audio_sha256 if beat.picked and picks else None for beat in session.beats]
    assert taken == wanted
    assert stage.engine.calls == made
    status = session_standing(copy, stage.planner).status
    assert status == ("completed" if picks else "draft")


async def test_trash_and_back(stage: Stage) -> None:
    session = await stage.session()
    await stage.generate.beats(session, ["01_open"])
    await stage.sessions.delete(session.id)
    assert await stage.sessions.list() == ()
    (binned,) = await stage.sessions.list("trash")
    assert [take.status for take in binned.beats[0].takes] == ["cancelled"]
    with pytest.raises(BadInput, match="in the trash"):
        await stage.generate.beats(session, ["01_open"])
    await stage.sessions.restore(session.id)
    assert [held.id for held in await stage.sessions.list()] == [session.id]
    with pytest.raises(NotFound):
        await stage.sessions.restore(session.id)


async def test_a_revised_take_is_no_staler_on_the_list_than_on_its_board(stage: Stage) -> None:
    session = await stage.filled(pick=True)
    revised = await stage.another(session.id, "02_reply", Revision(pace="slow"))
    await stage.choose.pick(session.id, {revised.beats[1].id: revised.beats[1].takes[1].id})
    (listed,) = await stage.sessions.list()
    assert session_standing(listed, stage.planner).count("stale") == 0


async def test_rename_archive_and_bad_titles(stage: Stage) -> None:
    session = await stage.session()
    await stage.sessions.rename(session.id, "  Fog II  ")
    await stage.sessions.archive(session.id)
    assert await stage.sessions.list() == ()
    (archived,) = await stage.sessions.list("archived")
    assert archived.title == "Fog II"
    for title in ("", "   ", "x" * 256, "a\x00b", "\ud800"):
        with pytest.raises(BadInput):
            await stage.sessions.rename(session.id, title)
    assert (await stage.sessions.get(session.id)).title == "Fog II"


async def test_another_user_finds_nothing(stage: Stage, other_store: Actor) -> None:
    session = await stage.filled(pick=True)
    stranger = Sessions(other_store)
    assert await stranger.list() == ()
    for attempt in (
        stranger.get(session.id),
        stranger.script(session.id),
        stranger.rename(session.id, "Mine"),
        stranger.duplicate(session.id, "Mine", True),
        stranger.save_script(session.id, SCRIPT, 1, CAST),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await stage.sessions.get(session.id)).title == "Fog"


@pytest.mark.parametrize("hostile", ["'; drop table takes; --", "\\'; select 1", "%(session)s", "<script>"])
async def test_hostile_text_is_text(stage: Stage, hostile: str) -> None:
    session = await stage.session(SCRIPT.replace("The harbour is closed.", hostile))
    assert session.beats[0].content.segments[0].text == hostile
    await stage.sessions.rename(session.id, hostile)
    assert (await stage.sessions.get(session.id)).title == hostile


async def test_a_session_is_found_by_title_id_or_the_beginning_of_one(
    stage: Stage, other_store: Actor
) -> None:
    first, second = await stage.session(), await stage.session()
    await stage.sessions.rename(second.id, "Fog 100%_")
    for name in (str(first.id), str(first.id).upper()[:-1], "Fog"):
        assert [found.id for found in await stage.sessions.find(name)] == [first.id], name
    assert [found.title for found in await stage.sessions.find("Fog 100%_")] == ["Fog 100%_"]
    for name in ("fog", "Fo", "", "%", str(first.id)[:3], "____", str(first.id) + "0"):
        assert await stage.sessions.find(name) == (), name
    assert await Sessions(other_store).find("Fog") == ()


async def test_what_a_name_can_mean_says_where_it_lies_last_changed_first(stage: Stage) -> None:
    made = [await stage.session() for _ in range(3)]
    await stage.sessions.archive(made[1].id)
    await stage.sessions.delete(made[0].id)
    found = await stage.sessions.find("Fog")
    assert [(each.id, each.shelf) for each in found] == [
        (made[0].id, "trash"),
        (made[1].id, "archived"),
        (made[2].id, "active"),
    ]


async def test_a_rename_outlives_the_next_save_of_the_script(stage: Stage) -> None:
    session = await stage.session()
    await stage.sessions.rename(session.id, "Fog, take two")
    await stage.sessions.save_script(session.id, SCRIPT.replace("always", "never"), 1, CAST)
    assert (await stage.sessions.get(session.id)).title == "Fog, take two"
    await stage.sessions.save_script(session.id, SCRIPT.replace("Fog\n", "Mist\n", 1), 2, CAST)
    assert (await stage.sessions.get(session.id)).title == "Mist"
