"""The studio's MCP server with the official client at it, in this process, in both eras of the protocol."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.server import Server
from mcp.types import (
    INVALID_REQUEST,
    CallToolResult,
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitResult,
    ErrorData,
    TextContent,
)

from tests.agent.conftest import Stage
from viraltracker.agent.mcp import studio_server

YES = ElicitResult(action="accept", content={"yes": True})
UNTICKED = ElicitResult(action="accept", content={"yes": False})
DECLINED = ElicitResult(action="decline")
CANCELLED = ElicitResult(action="cancel")
CANNOT = ErrorData(code=INVALID_REQUEST, message="Elicitation not supported")

ERAS = ("legacy", "auto")
"""How a client may open: with the older handshake, or with what the server can best."""


@dataclass
class Producer:
    """Somebody at the client, who gives these answers; `asked` is what was read."""

    answers: list[ElicitResult | ErrorData]
    asked: list[ElicitRequestFormParams] = field(default_factory=list)

    async def __call__(
        self, context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult | ErrorData:
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params)
        return self.answers.pop(0)


def producer(*answers: ElicitResult | ErrorData) -> Producer:
    """A producer who gives these answers and no more."""
    return Producer(list(answers))


def words(result: CallToolResult) -> str:
    """The one text of an answer."""
    (text,) = result.content
    assert isinstance(text, TextContent)
    return text.text


def made(result: CallToolResult) -> Any:
    """What a call that went well answered; its text is the same as JSON."""
    assert not result.is_error, words(result)
    assert json.loads(words(result)) == result.structured_content
    return result.structured_content


def refused(result: CallToolResult) -> dict[str, Any]:
    """What a refusal says."""
    assert result.is_error
    assert result.structured_content is None
    return json.loads(words(result))


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    """Both eras of the protocol."""
    return str(request.param)


@pytest.fixture
async def server(stage: Stage) -> Server[Any]:
    """The server of the stage's studio."""
    return await studio_server(stage.bench())


def client(server: Server[Any], era: str, producer: ElicitationFnT | None = None) -> Client:
    """A client in this process; without a producer it can't ask."""
    return Client(server, mode=era, elicitation_callback=producer)
