"""A turn over the wire: a model's server answers, calls, fails or is gone, and what a producer hears."""

import io
import logging
import re
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from pydantic_ai import models
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.models import Model

from tests.agent.conftest import Stage
from tests.fog import HOOKED
from tests.model.server import ModelServer
from tests.model.steps import KEY, Step, answers_in, calls, fault
from viraltracker.agent.conversations import Kept
from viraltracker.agent.events import Asked, Began, Ended, Failed, Said
from viraltracker.agent.models import Choice, chosen_model, make_model, save_choice
from viraltracker.agent.transcript import Call, Spoken, transcript
from viraltracker.errors import Denied
from viraltracker.log import configure
from viraltracker.settings import Settings

TABLES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
ROWS = sql.SQL("select t::text from {} t")


@pytest.fixture(autouse=True)
def _requests_are_allowed() -> Iterator[None]:
    with models.override_allow_model_requests(True):
        yield


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the studio's log says, at its most talkative."""
    root, factory, loud = logging.root, logging.getLogRecordFactory(), logging.raiseExceptions
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure("debug", "json", (), stream)
    yield stream
    root.handlers[:], logging.raiseExceptions = handlers, loud
    root.setLevel(level)
    logging.getLogger("viraltracker").setLevel(logging.NOTSET)
    logging.setLogRecordFactory(factory)


def over_the_wire(stage: Stage, server: ModelServer) -> Model:
    """The model as the studio makes it from what is set."""
    settings = Settings(data=stage.studio.settings.data, agent_api_key=SecretStr(KEY))
    return make_model(settings, Choice("local:stand-in", server.base_url, "page"))


async def say(stage: Stage, prompt: str, *steps: Step) -> tuple[Kept, ModelServer]:
    """One turn with a server that takes these steps."""
    with ModelServer(*steps, key=KEY) as server:
        session = await stage.session()
        kept = await stage.say(over_the_wire(stage, server), prompt, session=session.id)
    return kept, server


async def test_words_come_as_they_are_said(stage: Stage) -> None:
    kept, server = await say(stage, "What is up?", "The harbour is closed.")
    said = [each.text for each in stage.told if isinstance(each, Said)]
    assert "".join(said) == "The harbour is closed."
    assert len(said) >= 4
    assert kept.usage.output_tokens == 4
    (received,) = server.received
    assert received.messages[-1] == {"role": "user", "content": "What is up?"}
    assert {tool["function"]["name"] for tool in received.body["tools"]} >= {"list_sessions", "edit_beat"}


async def test_a_tool_is_called_and_its_answer_goes_back(stage: Stage) -> None:
    def tells(messages: list[dict[str, object]]) -> str:
        (view,) = answers_in(messages)
        return f"{view['session']['title']} has {view['session']['beats']} beats."

    kept, server = await say(stage, "How many?", calls(get_production_session={"session": ""}), tells)
    assert [type(each) for each in stage.told if not isinstance(each, Said)] == [Began, Ended]
    last = transcript(kept.history)[-1]
    assert isinstance(last, Spoken)
    assert last.text == "Fog has 3 beats."
    assert len(server.received) == 2


async def test_a_yes_is_asked_for_and_given_over_the_wire(stage: Stage) -> None:
    session = await stage.session()
    with ModelServer(calls(delete_session={"session": ""}), "It is gone.") as server:
        model = over_the_wire(stage, server)
        kept = await stage.say(model, "Delete it", session=session.id)
        assert isinstance(stage.told[-1], Asked)
        kept = await stage.answer(model, kept, session=session.id)
    assert (await stage.studio.sessions.get(session.id)).deleted_at is not None
    (call,) = [line for line in transcript(kept.history) if isinstance(line, Call)]
    assert call.outcome == "done"


async def test_a_writer_asks_for_whole_answers(stage: Stage) -> None:
    kept, server = await say(
        stage, "Write", calls(write_els_script={"source": "Fog."}), HOOKED, "Look at it."
    )
    assert [bool(each.body.get("stream")) for each in server.received] == [True, False, True]
    assert [line.outcome for line in transcript(kept.history) if isinstance(line, Call)] == ["done"]


async def test_outside_a_conversation_the_model_that_is_set_writes(stage: Stage) -> None:
    with pytest.raises(ToolFailed, match="no model of its own"):
        await stage.tool("write_els_script", source="Fog.")
    with ModelServer(HOOKED) as server:
        await save_choice(
            stage.studio.settings, stage.studio.records, stage.studio.owner, "local:stand-in", server.base_url
        )
        answer = await stage.tool("write_els_script", source="Fog.")
    assert answer["acceptable"]
    assert len(server.received) == 1


async def test_who_signed_in_neither_sets_the_model_nor_has_one_that_a_page_set(stage: Stage) -> None:
    given, somebody = stage.studio.settings, stage.studio.acting_for(uuid4())
    with pytest.raises(Denied, match="VIRALTRACKER_AGENT_MODEL"):
        await save_choice(given, somebody.records, somebody.owner, "stand-in", "https://example.org/v1")
    await somebody.records.call(
        "studio_agent_settings_v1", model="stand-in", base_url="https://example.org/v1"
    )
    assert await chosen_model(given, somebody.records, somebody.owner) is None


async def test_a_short_outage_is_waited_out(stage: Stage) -> None:
    _, server = await say(stage, "Hello?", fault("limited", times=1), fault("broken", times=1), "Here.")
    assert not [each for each in stage.told if isinstance(each, Failed)]
    assert "".join(each.text for each in stage.told if isinstance(each, Said)) == "Here."
    assert len(server.received) == 3


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unauthorized", r"error \(401\).*key"),
        ("limited", r"error \(429\).*limits"),
        ("broken", r"error \(500\)"),
        ("html", "made no sense"),
        ("cut off", "broke off|could not be reached"),
    ],
)
async def test_a_failure_is_told_in_words_and_gives_nothing_away(
    stage: Stage, admin_url: str, log: io.StringIO, kind: str, words: str
) -> None:
    kept, server = await say(stage, "Hello?", fault(kind))
    (failed,) = [each for each in stage.told if isinstance(each, Failed)]
    assert re.search(words, failed.message), failed.message
    with psycopg.connect(admin_url) as connection:
        tables = [name for (name,) in connection.execute(TABLES).fetchall()]
        rows = str([connection.execute(ROWS.format(sql.Identifier(name))).fetchall() for name in tables])
    assert "Hello?" in rows, "what the producer said is kept"
    assert KEY not in rows
    for secret in (KEY, server.base_url, "127.0.0.1"):
        assert secret not in failed.message
        assert secret not in log.getvalue()
    again, _ = await say_again(stage, kept, "I am back.")
    assert not again.line.busy
    assert isinstance(transcript(again.history)[-1], Spoken)


async def say_again(stage: Stage, kept: Kept, *steps: Step) -> tuple[Kept, ModelServer]:
    """The next turn of the same conversation, with a server that is well."""
    with ModelServer(*steps, key=KEY) as server:
        return await stage.say(over_the_wire(stage, server), "And now?", kept=kept), server


async def test_a_server_that_is_gone_is_told_in_words(stage: Stage) -> None:
    with ModelServer() as server:
        model = over_the_wire(stage, server)
    await stage.say(model, "Hello?")
    (failed,) = [each for each in stage.told if isinstance(each, Failed)]
    assert "could not be reached" in failed.message
    assert "127.0.0.1" not in failed.message
