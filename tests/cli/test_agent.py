"""`viraltracker agent`: asked in the terminal, answered by a model on this machine, with the same walls."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import models

from tests.cli.conftest import Command, commanding
from tests.fog import SCRIPT
from tests.model.server import ModelServer
from tests.model.steps import Step, answers_in, calls, fault

PENDING = "This waits for your yes"


@pytest.fixture(autouse=True)
def _model_on_this_machine() -> Iterator[None]:
    with models.override_allow_model_requests(True):
        yield


def asking(settings: dict[str, str], model: ModelServer) -> Command:
    """The command with that model."""
    return commanding(
        {
            **settings,
            "VIRALTRACKER_AGENT_MODEL": "stand-in",
            "VIRALTRACKER_AGENT_BASE_URL": model.base_url,
        }
    )


def test_without_a_model_it_says_what_to_set(studio: Command) -> None:
    said = studio("agent", "Hello")
    assert said.code == 2
    assert "VIRALTRACKER_AGENT_MODEL" in said.err


def test_an_answer_is_printed_as_it_comes(settings: dict[str, str]) -> None:
    with ModelServer("The harbour is closed.") as model:
        said = asking(settings, model)("agent", "What", "is", "up?")
    assert (said.code, said.out.strip()) == (0, "The harbour is closed.")
    assert model.received[0].messages[-1]["content"] == "What is up?"


def test_spending_waits_for_a_yes_and_goes_on_with_it(settings: dict[str, str], script: Path) -> None:
    def told(messages: list[dict[str, Any]]) -> Step:
        return f"{len(answers_in(messages)[-1]['made'])} takes are made."

    steps: tuple[Step, ...] = (calls(generate_missing_or_stale={"session": ""}), told)
    with ModelServer(*steps) as model:
        studio = asking(settings, model)
        studio("sessions", "new", script)
        said = studio("agent", "--session", "Fog", "Make what is missing")
        assert PENDING in said.err
        assert 'Make what is missing or stale of "Fog"' in said.out
        assert "2 beats: 01_open, 02_reply" in said.out
        assert [row["takes"] for row in studio("takes", "list", "Fog", "--json").json] == [[], [], []]
        said = studio("agent", "--session", "Fog", "--yes")
    assert (said.code, said.out.strip()) == (0, "2 takes are made.")
    taken = [len(row["takes"]) for row in studio("takes", "list", "Fog", "--json").json]
    assert taken == [1, 1, 0]


def test_a_no_makes_nothing(settings: dict[str, str], script: Path) -> None:
    with ModelServer(calls(delete_session={"session": ""}), "Then it stays.") as model:
        studio = asking(settings, model)
        studio("sessions", "new", script)
        studio("agent", "--session", "Fog", "Delete it")
        said = studio("agent", "--session", "Fog", "--no")
        assert said.out.strip() == "Then it stays."
        assert [row["title"] for row in studio("sessions", "list", "--json").json] == ["Fog"]
        assert studio("agent", "--session", "Fog", "--yes").code == 2  # nothing waits any more


def test_a_script_is_saved_by_a_yes_alone(settings: dict[str, str]) -> None:
    with ModelServer(calls(write_els_script={"source": "Fog. A gull."}), SCRIPT, "Accept it?") as model:
        studio = asking(settings, model)
        said = studio("agent", "Write it as a script")
        assert "+[BEAT: 01_open]" in said.out
        assert PENDING in said.err
        assert studio("sessions", "list", "--json").json == []
        said = studio("agent", "--yes")
        assert "Saved as version 1" in said.err
    (made,) = studio("sessions", "list", "--json").json
    assert (made["title"], made["beats"]) == ("Fog", 3)


def test_programs_hear_every_event(settings: dict[str, str]) -> None:
    with ModelServer(calls(list_sessions={}), "None yet.") as model:
        said = asking(settings, model)("agent", "--json", "What is there?")
    events = [line["event"] for line in said.lines]
    assert events[:2] == ["began", "ended"]
    assert set(events[2:]) == {"said"}
    assert "".join(line["text"] for line in said.lines[2:]) == "None yet."


def test_the_talk_goes_on_where_it_was_and_a_new_one_begins(settings: dict[str, str]) -> None:
    with ModelServer("One.", "Two.", "Three.") as model:
        studio = asking(settings, model)
        for words in (("First",), ("Second",), ("--new", "Third")):
            studio("agent", *words)
    said = [
        [each["content"] for each in request.messages if each["role"] == "user"] for request in model.received
    ]
    assert said == [["First"], ["First", "Second"], ["Third"]]


def test_a_model_that_fails_is_told_without_its_key(settings: dict[str, str]) -> None:
    with ModelServer(fault("unauthorized")) as model:
        said = asking(settings, model)("agent", "Hello")
    assert "(401)" in said.err
    assert "sk-" not in said.err + said.out


def test_json_needs_something_to_say(studio: Command) -> None:
    assert studio("agent", "--json").code == 2
