"""A producer's yes, by the client's own form or on the Agent page: given once, and good for one call."""

import re
from typing import Any
from uuid import UUID

import pytest
from mcp.client import ClientRequestContext
from mcp.server import Server
from mcp.types import ElicitRequestParams, ElicitResult

from tests.agent.conftest import Stage
from tests.agent.mcp.conftest import (
    CANCELLED,
    CANNOT,
    DECLINED,
    UNTICKED,
    YES,
    client,
    made,
    producer,
    refused,
)

THE_HOOK = {"session": "Fog", "beats": ["03_hook"], "takes_each": 2}


async def test_a_yes_in_the_client_makes_just_that(stage: Stage, server: Server[Any], era: str) -> None:
    session = await stage.session()
    fed = producer(YES)
    async with client(server, era, fed) as assistant:
        answer = made(await assistant.call_tool("generate_beat_audio", THE_HOOK))
    assert [take["status"] for take in answer["made"]] == ["done", "done"]
    (question,) = fed.asked
    assert question.message.splitlines() == [
        'Make takes of beat 03_hook of "Fog", 2 each',
        "1 beat: 03_hook",
        "56 characters, about $0.01",
    ]
    assert question.requested_schema["required"] == ["yes"]
    (asked,) = await stage.approvals.listed(every=True)
    assert (asked.status, asked.session) == ("used", session.id)


async def test_every_call_is_asked_anew(stage: Stage, server: Server[Any], era: str) -> None:
    await stage.session()
    fed = producer(YES, DECLINED)
    async with client(server, era, fed) as assistant:
        made(await assistant.call_tool("generate_beat_audio", THE_HOOK))
        refused(await assistant.call_tool("generate_beat_audio", THE_HOOK))
    assert (len(fed.asked), stage.tone.calls) == (2, 2)


@pytest.mark.parametrize("no", [DECLINED, CANCELLED, UNTICKED, ElicitResult(action="accept")])
async def test_all_else_is_a_no(stage: Stage, server: Server[Any], era: str, no: ElicitResult) -> None:
    session = await stage.session()
    async with client(server, era, producer(no)) as assistant:
        answer = refused(await assistant.call_tool("delete_session", {"session": "Fog"}))
    assert answer["error"] == "NeedsApproval"
    assert answer["message"] == 'The producer said no, and nothing was done: Delete "Fog".'
    assert (await stage.studio.sessions.get(session.id)).deleted_at is None
    (asked,) = await stage.approvals.listed(every=True)
    assert asked.status == "refused"


async def test_a_change_is_shown_line_by_line(stage: Stage, server: Server[Any], era: str) -> None:
    await stage.session()
    fed = producer(YES)
    block = "[BEAT: 03_hook]\nname: The Hook\n---\nAnd then all was dark.\n[END_BEAT]"
    async with client(server, era, fed) as assistant:
        made(await assistant.call_tool("edit_beat", {"session": "Fog", "beat": "03_hook", "block": block}))
    lines = fed.asked[0].message.splitlines()
    assert lines[0] == 'Change beat 03_hook of "Fog"'
    assert "-And then the light went out." in lines
    assert "+And then all was dark." in lines


# From 2026-07-28 on a call ends with its question: who can't ask then, never calls again.
@pytest.mark.parametrize(("era", "asks_in_vain"), [("legacy", False), ("auto", False), ("legacy", True)])
async def test_without_a_form_the_question_waits_on_the_agent_page_for_one_yes(
    stage: Stage, server: Server[Any], era: str, asks_in_vain: bool
) -> None:
    await stage.session()
    asker = producer(*[CANNOT] * 3) if asks_in_vain else None
    async with client(server, era, asker) as assistant:
        waits = refused(await assistant.call_tool("generate_beat_audio", THE_HOOK))
        assert waits["error"] == "NeedsApproval"
        assert waits["message"].endswith("After the yes there, make the same call again.")
        (asked,) = await stage.approvals.listed()
        assert re.findall(r"Agent page \((.*)\)", waits["message"]) == [str(asked.id)]
        refused(await assistant.call_tool("generate_beat_audio", THE_HOOK))
        assert len(await stage.approvals.listed()) == 1, "the same question is put once"

        await stage.approvals.decide(asked.id, True)
        assert len(made(await assistant.call_tool("generate_beat_audio", THE_HOOK))["made"]) == 2
        refused(await assistant.call_tool("generate_beat_audio", THE_HOOK))
    assert stage.tone.calls == 2


async def test_a_yes_covers_nothing_else(stage: Stage, server: Server[Any], era: str) -> None:
    await stage.session()
    async with client(server, era) as assistant:
        refused(await assistant.call_tool("generate_beat_audio", THE_HOOK))
        await stage.yes()
        for other in ({"takes_each": 3}, {"beats": ["01_open"]}):
            refused(await assistant.call_tool("generate_beat_audio", THE_HOOK | other))
    assert stage.tone.calls == 0


async def test_whoever_answers_first_has_answered(stage: Stage, server: Server[Any], era: str) -> None:
    """The yes comes on the Agent page while the client's form is open; the form's yes adds nothing."""
    await stage.session()
    fed = producer(YES)

    async def after_the_page(context: ClientRequestContext, params: ElicitRequestParams) -> Any:
        await stage.yes()
        return await fed(context, params)

    async with client(server, era, after_the_page) as assistant:
        made(await assistant.call_tool("generate_beat_audio", THE_HOOK))
    assert stage.tone.calls == 2
    assert await stage.approvals.listed() == ()


@pytest.mark.parametrize("question", ["", "yes", str(UUID(int=7))])
async def test_an_answer_to_no_question_is_none(stage: Stage, server: Server[Any], question: str) -> None:
    await stage.session()
    async with client(server, "auto") as assistant:
        answer = await assistant.call_tool(
            "delete_session", {"session": "Fog"}, input_responses={question: YES}
        )
    assert refused(answer)["error"] in {"BadInput", "NotFound"}


async def test_an_answer_counts_for_its_own_question_alone(stage: Stage, server: Server[Any]) -> None:
    await stage.session()
    async with client(server, "auto") as assistant:
        refused(await assistant.call_tool("generate_beat_audio", THE_HOOK))
        (asked,) = await stage.approvals.listed()
        answer = await assistant.call_tool(
            "delete_session", {"session": "Fog"}, input_responses={str(asked.id): YES}
        )
    assert refused(answer)["message"] == "That answers no question of delete_session."
    assert (await stage.approvals.get(asked.id)).status == "asked"
