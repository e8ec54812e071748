"""Every tool does its one thing on a real studio; what spends, destroys or writes refuses without a yes."""

import json
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_ai.exceptions import ApprovalRequired, ToolFailed

from tests.agent.conftest import Stage
from tests.fog import HOOKED
from viraltracker.agent.proposals import Draft, propose
from viraltracker.agent.toolset import TOOLS
from viraltracker.takes import Session

BLOCK = """[BEAT: 03_hook]
name: The Hook
---
And then all the lights went out.
[END_BEAT]"""
NAMES = {tool.name for tool in TOOLS}
GUARDED = sorted(tool.name for tool in TOOLS if tool.effect in {"spends", "destroys", "writes"})
WALLED: dict[str, dict[str, Any]] = {
    "generate_beat_audio": {"session": "Fog", "beats": ["03_hook"]},
    "regenerate_beat_audio": {"session": "Fog", "beat": "03_hook", "pace": "slow"},
    "generate_missing_or_stale": {"session": "Fog"},
    "complete_audio_workflow": {"session": "Fog"},
    "edit_beat": {"session": "Fog", "beat": "03_hook", "block": BLOCK},
    "delete_session": {"session": "Fog"},
}


async def walled(stage: Stage, tool: str) -> dict[str, Any]:
    """Arguments with which the tool would do its deed on the session "Fog"."""
    if tool != "accept_script":
        return WALLED[tool]
    els = HOOKED.replace("light went out", "lights went out")
    session = await stage.studio.sessions.find("Fog")
    draft = Draft(els, session[0].id, 1, HOOKED)
    return {"proposal": (await propose(stage.bench(), draft, "Change the hook")).proposal}


def refusal(failed: pytest.ExceptionInfo[ToolFailed]) -> dict[str, Any]:
    """What the model is told."""
    return json.loads(failed.value.message)


async def made(stage: Stage, session: Session) -> None:
    """A take of every beat, by a producer's yes."""
    with pytest.raises(ApprovalRequired):
        await stage.tool("generate_missing_or_stale", session=str(session.id))
    await stage.yes()
    await stage.tool("generate_missing_or_stale", session=str(session.id))


def test_all_that_the_studio_promises_is_there() -> None:
    promised = (
        "validate_els_script parse_els_script create_production_session get_production_session list_sessions "
        "get_voice_profile list_voice_profiles update_voice_profile generate_beat_audio "
        "regenerate_beat_audio generate_missing_or_stale compare_takes select_take estimate_cost edit_beat "
        "export_episode export_selected_takes update_session_status job_status cancel_jobs "
        "complete_audio_workflow write_els_script punch_up_beat suggest_directions accept_script"
    )
    assert set(promised.split()) <= NAMES


@pytest.mark.parametrize("tool", GUARDED)
async def test_a_direct_call_without_a_yes_is_refused_and_asked(stage: Stage, tool: str) -> None:
    session = await stage.session()
    with pytest.raises(ApprovalRequired) as missing:
        await stage.tool(tool, **await walled(stage, tool))
    (asked,) = await stage.approvals.listed()
    assert missing.value.metadata == {"approval": str(asked.id)}
    assert asked.tool == tool
    assert asked.question.title
    now = await stage.studio.sessions.get(session.id)
    assert (now.script_number, now.deleted_at) == (1, None)
    assert [take for beat in now.beats for take in beat.takes] == []
    assert stage.tone.calls == 0


@pytest.mark.parametrize("tool", GUARDED)
async def test_a_yes_is_good_for_one_call(stage: Stage, tool: str) -> None:
    await stage.session()
    arguments = await walled(stage, tool)
    with pytest.raises(ApprovalRequired):
        await stage.tool(tool, **arguments)
    await stage.yes()
    await stage.tool(tool, **arguments)
    statuses = [row.status for row in await stage.approvals.listed(every=True)]
    assert statuses == ["used"]


async def test_a_no_covers_nothing(stage: Stage) -> None:
    session = await stage.session()
    with pytest.raises(ApprovalRequired):
        await stage.tool("delete_session", session="Fog")
    (asked,) = await stage.approvals.listed()
    await stage.approvals.decide(asked.id, False)
    with pytest.raises(ApprovalRequired):
        await stage.tool("delete_session", session="Fog")
    assert (await stage.studio.sessions.get(session.id)).deleted_at is None


async def test_a_yes_is_not_for_other_beats(stage: Stage) -> None:
    await stage.session()
    with pytest.raises(ApprovalRequired):
        await stage.tool("generate_beat_audio", session="Fog", beats=["03_hook"])
    await stage.yes()
    with pytest.raises(ApprovalRequired):
        await stage.tool("generate_beat_audio", session="Fog", beats=["01_open"])
    assert stage.tone.calls == 0


async def test_a_yes_is_not_for_another_text(stage: Stage) -> None:
    session = await stage.session()
    with pytest.raises(ApprovalRequired):
        await stage.tool("generate_beat_audio", session="Fog", beats=["03_hook"])
    await stage.yes()
    els = HOOKED.replace("And then the light", "And much later the very last light")
    await stage.studio.sessions.save_script(session.id, els, 1, await stage.studio.script_cast())
    with pytest.raises(ApprovalRequired):
        await stage.tool("generate_beat_audio", session="Fog", beats=["03_hook"])
    assert stage.tone.calls == 0


async def test_scripts_are_checked_and_read(stage: Stage) -> None:
    report = await stage.tool("validate_els_script", els=HOOKED.replace("wojak", "wojack"))
    assert (report["ok"], report["errors"]) == (False, 1)
    assert "wojak" in json.dumps(report["findings"])
    report = await stage.tool("parse_els_script", els=HOOKED, offset=1)
    assert report["beats"] == ["02_reply", "03_hook"]


async def test_a_broken_script_makes_no_session_and_says_why(stage: Stage) -> None:
    with pytest.raises(ToolFailed) as failed:
        await stage.tool("create_production_session", els=HOOKED.replace("wojak", "wojack"))
    assert refusal(failed)["error"] == "ScriptRefused"
    assert "line" in refusal(failed)["findings"][0]
    assert await stage.studio.sessions.list() == ()


async def test_a_session_is_made_found_and_read_in_pages(stage: Stage) -> None:
    head, beat = HOOKED[: HOOKED.index("[BEAT")], "[BEAT: b{0:03d}]\nname: B\n---\nPage {0}.\n[END_BEAT]\n"
    done = await stage.tool(
        "create_production_session", els=head + "".join(beat.format(n) for n in range(1, 301))
    )
    listed = await stage.tool("list_sessions")
    assert [(row["id"], row["beats"]) for row in listed["sessions"]] == [(done["session_id"], 300)]
    view = await stage.tool("get_production_session", session=done["session_id"], offset=290)
    assert [row["beat"] for row in view["beats"]] == [f"b{n:03d}" for n in range(291, 301)]
    first = await stage.tool("get_production_session", session=done["session_id"])
    assert (len(first["beats"]), first["more"]) == (25, 275)
    assert len(json.dumps(first)) < 12_000


async def test_takes_are_made_compared_and_picked(stage: Stage) -> None:
    session = await stage.session()
    await made(stage, session)
    with pytest.raises(ApprovalRequired):
        await stage.tool("regenerate_beat_audio", session="Fog", beat="03_hook", pace="chaos")
    await stage.yes()
    again = await stage.tool("regenerate_beat_audio", session="Fog", beat="03_hook", pace="chaos")
    assert [(line["take"], line["status"], line["settings"]) for line in again["made"]] == [
        (2, "done", {"pace": "chaos"})
    ]
    side_by_side = await stage.tool("compare_takes", session="Fog", beat="03_hook")
    assert (side_by_side["shortest"], side_by_side["longest"]) == (2, 1)
    await stage.tool("select_take", session="Fog", beat="03_hook", take=2)
    row = (await stage.studio.sessions.get(session.id)).beat("03_hook")
    assert row is not None
    assert row.picked is not None
    assert row.picked.number == 2


async def test_a_yes_still_counts_after_another_new_take_of_the_beat(stage: Stage) -> None:
    await made(stage, await stage.session())
    for pace in ("chaos", "quick"):
        with pytest.raises(ApprovalRequired):
            await stage.tool("regenerate_beat_audio", session="Fog", beat="03_hook", pace=pace)
    await stage.yes()
    for number, pace in ((2, "quick"), (3, "chaos")):
        done = await stage.tool("regenerate_beat_audio", session="Fog", beat="03_hook", pace=pace)
        assert [line["take"] for line in done["made"]] == [number]
    with pytest.raises(ApprovalRequired):  # each yes was for one take
        await stage.tool("regenerate_beat_audio", session="Fog", beat="03_hook", pace="chaos")


async def test_nothing_missing_asks_nothing(stage: Stage) -> None:
    session = await stage.session()
    await made(stage, session)
    answer = await stage.tool("generate_missing_or_stale", session="Fog")
    assert (answer["made"], answer["under_way"]) == ([], 0)
    assert await stage.approvals.listed() == ()


async def test_costs_are_told_before(stage: Stage) -> None:
    await stage.session()
    cost = await stage.tool("estimate_cost", session="Fog", beats=["03_hook"])
    assert cost["characters"] == len("And then the light went out.")
    assert cost["usd"] == pytest.approx(cost["characters"] * 0.10 / 1000)
    assert (await stage.tool("estimate_cost", session="Fog"))["beats"] == 3


async def test_voices_are_told_and_changed(stage: Stage) -> None:
    everybody = await stage.tool("list_voice_profiles")
    assert {"fed", "wojak"} <= {line["character"] for line in everybody}
    await stage.tool("update_voice_profile", character="fed", engine="espeak", speed=0.8)
    line = await stage.tool("get_voice_profile", character="fed")
    assert (line["engine"], line["speed"], line["version"]) == ("espeak", 0.8, 3)
    assert "stability" in line["not_used"]
    with pytest.raises(ToolFailed, match="espeak"):
        await stage.tool("update_voice_profile", character="fed", engine="gramophone")
    with pytest.raises(ValidationError):
        await stage.tool("update_voice_profile", character="fed", speed=9)


async def test_an_edited_beat_is_a_new_version(stage: Stage) -> None:
    session = await stage.session()
    with pytest.raises(ApprovalRequired):
        await stage.tool("edit_beat", session="Fog", beat="03_hook", block=BLOCK)
    (asked,) = await stage.approvals.listed()
    assert [line for line in asked.question.diff if line[0] in "+-"] == [
        "-And then the light went out.",
        "+And then all the lights went out.",
    ]
    await stage.yes()
    await stage.tool("edit_beat", session="Fog", beat="03_hook", block=BLOCK)
    script = await stage.studio.sessions.script(session.id)
    assert script.number == 2
    assert script.els == HOOKED.replace("the light went", "all the lights went")


@pytest.mark.parametrize(
    "block", ["", "Just words.", BLOCK.replace("03_hook", "04_new"), BLOCK + "\n" + BLOCK.replace("03", "05")]
)
async def test_an_edit_that_is_no_beat_is_refused_before_anybody_is_asked(stage: Stage, block: str) -> None:
    await stage.session()
    with pytest.raises(ToolFailed):
        await stage.tool("edit_beat", session="Fog", beat="03_hook", block=block)
    assert await stage.approvals.listed() == ()


async def test_a_status_that_follows_from_facts_is_refused_with_the_reason(stage: Stage) -> None:
    session = await stage.session()
    with pytest.raises(ToolFailed, match="no picked take"):
        await stage.tool("update_session_status", session="Fog", status="completed")
    await made(stage, session)
    await stage.tool("select_take", session="Fog", beat="01_open", take=1)
    await stage.tool("update_session_status", session="Fog", status="completed")
    view = await stage.tool("get_production_session", session="Fog")
    assert view["session"]["status"] == "completed"
    await stage.tool("update_session_status", session="Fog", status="not completed")
    with pytest.raises(ToolFailed, match="Nobody has called"):
        await stage.tool("update_session_status", session="Fog", status="not completed")
    for beat in ("02_reply", "03_hook"):
        await stage.tool("select_take", session="Fog", beat=beat, take=1)
    with pytest.raises(ToolFailed, match="every beat has its pick"):
        await stage.tool("update_session_status", session="Fog", status="not completed")
    with pytest.raises(ValidationError):
        await stage.tool("update_session_status", session="Fog", status="exported")


async def test_a_session_goes_to_the_archive_the_trash_and_back(stage: Stage) -> None:
    session = await stage.session()
    await stage.tool("update_session_status", session="Fog", status="archived")
    assert (await stage.tool("list_sessions"))["sessions"] == []
    await stage.tool("update_session_status", session="Fog", status="active")
    with pytest.raises(ApprovalRequired):
        await stage.tool("delete_session", session="Fog")
    await stage.yes()
    await stage.tool("delete_session", session="Fog")
    assert [row["id"] for row in (await stage.tool("list_sessions", shelf="trash"))["sessions"]] == [
        str(session.id)
    ]
    await stage.tool("update_session_status", session=str(session.id), status="active")
    assert (await stage.studio.sessions.get(session.id)).deleted_at is None


async def test_an_export_without_picks_is_refused_and_with_them_is_measured(stage: Stage) -> None:
    session = await stage.session()
    with pytest.raises(ToolFailed, match="no picked take"):
        await stage.tool("export_episode", session="Fog")
    await made(stage, session)
    for beat in ("01_open", "02_reply", "03_hook"):
        await stage.tool("select_take", session="Fog", beat=beat, take=1)
    done = await stage.tool("export_episode", session="Fog")
    assert done["status"] == "done"
    assert done["integrated_lufs"] == pytest.approx(-19, abs=0.3)
    assert done["true_peak_dbtp"] <= -1
    packed = await stage.tool("export_selected_takes", session="Fog")
    assert (packed["kind"], packed["status"]) == ("zip", "done")


async def test_work_is_told_and_dropped(stage: Stage) -> None:
    session = await stage.session()
    await made(stage, session)
    work = await stage.tool("job_status")
    assert (work["under_way"], work["job_workers"]) == (0, 1)
    assert {line["what"] for line in work["lately"]} >= {"03_hook · take 1"}
    assert "0 takes were dropped" in (await stage.tool("cancel_jobs", session="Fog"))["done"]


async def test_the_whole_line_in_one_call(stage: Stage) -> None:
    with pytest.raises(ApprovalRequired):
        await stage.tool("complete_audio_workflow", els=HOOKED)
    (asked,) = await stage.approvals.listed()
    assert asked.question.beats == ("01_open", "02_reply", "03_hook")
    await stage.yes()
    episode = await stage.tool("complete_audio_workflow", els=HOOKED)
    assert episode["export"]["status"] == "done"
    assert (episode["takes"], episode["missing"]) == (3, [])
    assert stage.tone.calls == 4


@pytest.mark.parametrize("name", sorted(NAMES))
async def test_a_session_that_is_not_there_is_told(stage: Stage, name: str) -> None:
    with pytest.raises((ToolFailed, ValidationError)):
        await stage.tool(name, session="No such thing", beat="x", beats=["x"], take=1, character="x", els="x",
                         block="x", status="completed", shelf="x", offset="x")  # fmt: skip
    assert await stage.approvals.listed() == ()
