"""A producer's yes, asked through a client: the form, who can show one, and what counts as a yes.

Clients of the session-based protocol are asked in the middle of a call. From 2026-07-28 on a call is answered
with the question instead, and made again with the answer. Knows no tool.
"""

from typing import Any

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp.types import (
    CallToolRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp.types.version import is_version_at_least
from pydantic import ValidationError

from viraltracker.agent.approvals import Approval
from viraltracker.agent.words import question_lines

__all__ = ["answer_of", "answers_in", "asked_again", "can_ask", "question_for"]

_ASKS_BY_RESULT = "2026-07-28"
"""From this protocol on a server sends no requests of its own."""

_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"yes": {"type": "boolean", "title": "Yes, do it", "default": False}},
    "required": ["yes"],
}


def can_ask(context: ServerRequestContext[Any]) -> bool:
    """Whether the client shows forms. One that names no mode means forms, as there was no other at first."""
    capabilities = context.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def question_for(asked: Approval) -> ElicitRequestFormParams:
    """The question in words, with one yes or no."""
    return ElicitRequestFormParams(message="\n".join(question_lines(asked.question)), requested_schema=_FORM)


def asked_again(context: ServerRequestContext[Any], asked: Approval) -> InputRequiredResult | None:
    """The answer that makes a client ask and call again; None for one that is asked while it waits.

    The question goes by its id, so that an answer can't be taken for another question's.
    """
    if not is_version_at_least(context.protocol_version, _ASKS_BY_RESULT):
        return None
    return InputRequiredResult(input_requests={str(asked.id): ElicitRequest(params=question_for(asked))})


async def answer_of(context: ServerRequestContext[Any], asked: Approval) -> bool | None:
    """Ask while the call waits. None: this client can't ask after all, whatever it said of itself."""
    question = question_for(asked)
    try:
        answer = await context.session.elicit_form(
            question.message, question.requested_schema, context.request_id
        )
    except (MCPError, ValidationError):
        return None
    return _is_yes(answer)


def answers_in(call: CallToolRequestParams) -> dict[str, bool]:
    """The answers that a call brings along: a question's id -> yes or no."""
    return {
        question: _is_yes(answer)
        for question, answer in (call.input_responses or {}).items()
        if isinstance(answer, ElicitResult)
    }


def _is_yes(answer: ElicitResult) -> bool:
    # A form that was sent without a tick is a no.
    return answer.action == "accept" and (answer.content or {}).get("yes") is True
